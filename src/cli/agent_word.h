// The agent that a user names: by its id, the end of its id, its host name or an address of it.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/json_value.h"

namespace stoa::cli {

// The one of `slaves` in the master's state. Fails with not_found, or with failed_precondition if the word fits
// several.
Result<const JsonValue*> find_agent(const JsonValue& state, const std::string& word);

// The address in a pid `slave(1)@HOST:PORT`, without brackets.
std::string address_of(const JsonValue& agent);

}  // namespace stoa::cli
