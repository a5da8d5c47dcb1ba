// The rule for identifiers that clients choose: they become names of directories and parts of paths.
#pragma once

#include <string_view>

#include "base/result.h"

namespace stoa::model {

// 1 to 255 bytes, not `.` or `..`, no control character, '/' or '\' (HTTP-178). Fails with invalid_argument and the
// text of row 1 of SCH-138.
Result<> validate_identifier(std::string_view id);

}  // namespace stoa::model
