// The calls that both a driver's user and the driver itself make.
#pragma once

#include "proto/forward.h"

namespace stoa::sdk {

// ACKNOWLEDGE of an update with a uuid.
mesos::v1::scheduler::Call acknowledgement(const mesos::v1::TaskStatus& status);
// ACKNOWLEDGE_OPERATION_STATUS of an update with a uuid.
mesos::v1::scheduler::Call acknowledgement(const mesos::v1::OperationStatus& status);

}  // namespace stoa::sdk
