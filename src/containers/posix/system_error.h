// Refusals of the kernel as errors, as this folder knows them.
#pragma once

#include "base/system_error.h"

namespace stoa::containers {

using stoa::system_failure;

}  // namespace stoa::containers
