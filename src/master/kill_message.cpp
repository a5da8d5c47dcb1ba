#include "master/kill_message.h"

#include <algorithm>

#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {

std::shared_ptr<const link::ToAgent> kill_message(const FrameworkId& framework, const std::string& task) {
  auto message = std::make_shared<link::ToAgent>();
  message->mutable_kill()->mutable_framework_id()->set_value(framework.value);
  message->mutable_kill()->mutable_task_id()->set_value(task);
  return message;
}

std::shared_ptr<const link::ToAgent> kill_message(const FrameworkId& framework, const mesos::v1::Task& task,
                                                  Duration grace_max) {
  auto message = std::make_shared<link::ToAgent>();
  auto& kill = *message->mutable_kill();
  kill.mutable_framework_id()->set_value(framework.value);
  *kill.mutable_task_id() = task.task_id();
  if (task.kill_policy().has_grace_period()) {
    const std::int64_t own = task.kill_policy().grace_period().nanoseconds();
    kill.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(std::min(own, grace_max.count()));
  }
  return message;
}

std::shared_ptr<const link::ToAgent> kill_message(const FrameworkId& framework,
                                                  const mesos::v1::scheduler::Call& call) {
  auto message = std::make_shared<link::ToAgent>();
  auto& kill = *message->mutable_kill();
  kill.mutable_framework_id()->set_value(framework.value);
  *kill.mutable_task_id() = call.kill().task_id();
  if (call.kill().has_kill_policy()) *kill.mutable_kill_policy() = call.kill().kill_policy();
  return message;
}

}  // namespace stoa::master
