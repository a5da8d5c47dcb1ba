// Which states of a task are final (SCH-208).
#pragma once

#include "proto/forward.h"

namespace stoa::model {

// True for FINISHED, FAILED, KILLED, ERROR, LOST, DROPPED, GONE and GONE_BY_OPERATOR: nothing of the task runs any
// more.
bool is_terminal(mesos::v1::TaskState state);

}  // namespace stoa::model
