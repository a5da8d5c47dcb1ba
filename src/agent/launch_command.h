// From a command as frameworks write it to a program and its arguments (EXE-115, EXE-131).
#pragma once

#include "agent/effects.h"
#include "proto/forward.h"

namespace stoa::agent {

// Returns whether there is anything to run.
bool set_command(const mesos::v1::CommandInfo& command, Launch& launch);

}  // namespace stoa::agent
