// Task statuses that the master itself makes, and the names of states as each framework knows them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "master/state.h"

namespace stoa::master {

// The facts of one status; `state`, `reason` are values of mesos::v1::TaskState and TaskStatus::Reason.
struct StatusFacts {
  TaskId task;
  int state = 0;
  int reason = 0;
  std::string message;
  std::optional<AgentId> agent;
  std::optional<WallSeconds> unreachable_time;
};

// The state as `capabilities` allow it to be told: without PARTITION_AWARE the states UNREACHABLE, DROPPED, GONE,
// GONE_BY_OPERATOR and UNKNOWN are all TASK_LOST (SCH-041, SCH-226).
int told_state(const Capabilities& capabilities, int state);

// A status from SOURCE_MASTER, without uuid: it must not be acknowledged (SCH-213). The state is translated for the
// framework.
mesos::v1::TaskStatus make_status(const Context& context, const Framework& framework, const StatusFacts& facts);

// Sends such a status to the framework and counts it.
void tell_status(Context& context, const Framework& framework, const StatusFacts& facts);

// Sends a status as it is in an UPDATE event.
void send_update(Context& context, const Framework& framework, const mesos::v1::TaskStatus& status);

// Counts one status by state, source and reason (V0-133).
void count_status(Metrics& metrics, const mesos::v1::TaskStatus& status);

}  // namespace stoa::master
