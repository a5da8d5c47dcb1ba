// The order to kill a task, as it goes to its agent.
#pragma once

#include <memory>

#include "base/id.h"
#include "base/time.h"
#include "proto/forward.h"

namespace stoa::master {

// With the policy that the task has itself, its grace period at most so long (ALC-216).
std::shared_ptr<const link::ToAgent> kill_message(const FrameworkId& framework, const mesos::v1::Task& task,
                                                  Duration grace_max);
// Without a policy.
std::shared_ptr<const link::ToAgent> kill_message(const FrameworkId& framework, const std::string& task);
// From a KILL call of the framework.
std::shared_ptr<const link::ToAgent> kill_message(const FrameworkId& framework, const mesos::v1::scheduler::Call& call);

}  // namespace stoa::master
