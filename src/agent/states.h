// Task states as the core weighs them, and the enums of the wire without their heavy headers.
#pragma once

#include <string>

#include "model/task_state.h"

namespace mesos::v1 {
enum TaskState : int;
enum TaskStatus_Reason : int;
enum TaskStatus_Source : int;
class FrameworkInfo;
}  // namespace mesos::v1

namespace stoa::agent {

using model::is_terminal;

// `state`, or TASK_LOST for a framework that does not know the states of PARTITION_AWARE (SCH-226).
mesos::v1::TaskState state_for(const mesos::v1::FrameworkInfo& framework, mesos::v1::TaskState state);

bool has_task_killing(const mesos::v1::FrameworkInfo& framework);

// Both of what is known, the first one first (EXE-099).
std::string join_message(const std::string& first, const std::string& second);

// What happened to a process, in the words of EXE-119: "exited with status 1", "terminated with signal Killed".
std::string describe_wait_status(int wait_status);

}  // namespace stoa::agent
