// Events to executors (executor.md section 5). Resources in them are in the `reservations` form (EXE-068).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/id.h"
#include "proto/forward.h"

namespace stoa::agent {

using ExecutorEvent = std::shared_ptr<const mesos::v1::executor::Event>;

struct Subscription {
  const mesos::v1::ExecutorInfo& executor;
  const mesos::v1::FrameworkInfo& framework;
  const mesos::v1::AgentInfo& agent;
  ContainerId container;
};
ExecutorEvent subscribed_event(const Subscription& subscription);
ExecutorEvent launch_event(const mesos::v1::TaskInfo& task);
ExecutorEvent launch_group_event(const std::vector<std::shared_ptr<const mesos::v1::TaskInfo>>& tasks);
ExecutorEvent kill_event(const TaskId& task, const mesos::v1::KillPolicy* policy);
ExecutorEvent acknowledged_event(const TaskId& task, const std::string& uuid);
ExecutorEvent message_event(const std::string& data);
ExecutorEvent shutdown_event();
ExecutorEvent heartbeat_event();

}  // namespace stoa::agent
