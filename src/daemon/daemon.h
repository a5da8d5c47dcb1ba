// The daemons as commands of the program: each reads its flags, runs until it is told to end, and returns the exit code
// (FE-141).
#pragma once

#include <span>
#include <string>

namespace stoa::daemon {

// `args`: the words behind `stoa master`, `stoa agent`, `stoa up`.
int run_master(std::span<const std::string> args);
int run_agent(std::span<const std::string> args);
int run_up(std::span<const std::string> args);
// What a leading master starts beside it (guardian.h).
int run_guardian(std::span<const std::string> args);

}  // namespace stoa::daemon
