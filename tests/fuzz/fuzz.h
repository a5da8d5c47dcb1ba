// What every fuzz program needs: its entry, and a way to say that a law was broken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
