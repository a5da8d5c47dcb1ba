// What a status that an executor sends must look like, before anything is known of its task (EXE-032 to EXE-036).
#pragma once

#include "base/result.h"
#include "proto/forward.h"

namespace stoa::agent {

// `status` came in `call`. Fails with invalid_argument and the reason alone.
Result<> check_executor_status(const mesos::v1::executor::Call& call, const mesos::v1::TaskStatus& status);

}  // namespace stoa::agent
