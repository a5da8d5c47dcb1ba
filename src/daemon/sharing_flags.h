// Flags that say something of each of several roles: `eng=2,ads=3.5` (ALC-200, ALC-232).
#pragma once

#include <map>
#include <string>

#include "allocator/allocator.h"
#include "base/result.h"
#include "daemon/master_flags.h"

namespace stoa::daemon {

// Fail with invalid_argument if a role is invalid or named twice, or a value is out of bounds.
Result<std::map<std::string, double>> parse_weights(const std::string& text);
Result<std::map<std::string, int>> parse_priorities(const std::string& text);

// What the flags say of allocation; they are valid.
allocator::Options allocation_options(const MasterFlags& flags);

}  // namespace stoa::daemon
