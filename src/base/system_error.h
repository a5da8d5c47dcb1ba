// Refusals of the kernel as errors: what was attempted, on what, and why it failed.
#pragma once

#include <string>

#include "base/result.h"

namespace stoa {

// "what: reason of errno `number`", with the code that fits.
std::unexpected<Error> system_failure(const std::string& what, int number);

}  // namespace stoa
