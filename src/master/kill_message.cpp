#include "master/kill_message.h"

#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {

std::shared_ptr<const link::ToAgent> kill_message(const FrameworkId& framework, const std::string& task) {
  auto message = std::make_shared<link::ToAgent>();
  message->mutable_kill()->mutable_framework_id()->set_value(framework.value);
  message->mutable_kill()->mutable_task_id()->set_value(task);
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
