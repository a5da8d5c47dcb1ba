// The instructions of one container in the form that its shim reads (shim/protocol.h).
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "containers/posix/user.h"
#include "ports/container_runtime.h"

namespace stoa::containers {

// Fails with invalid_argument if there is nothing to execute, a text holds a NUL, a variable's name is empty or holds
// `=`, or there are more than 100,000 arguments or variables.
Result<std::string> encode_instructions(const ports::ContainerSpec& spec, const std::optional<User>& user,
                                        const std::string& runtime_directory, const std::string& boot_id);

// What will be executed, for messages: `sh` with shell, else the executable's name.
const std::string& program_name(const ports::ContainerSpec& spec);

}  // namespace stoa::containers
