// --executor_environment_variables: what executors start with instead of the agent's environment (EXE-091).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::daemon {

// From a JSON object of strings; an empty text is an empty object. Fails with invalid_argument and what is wrong.
Result<std::map<std::string, std::string>> parse_executor_variables(std::string_view text);

}  // namespace stoa::daemon
