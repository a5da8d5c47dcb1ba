// Precompiled for the tests of every folder but those that use Asio: code.h and GoogleTest.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code.h"
