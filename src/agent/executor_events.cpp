#include "agent/executor_events.h"

#include "agent/container_status.h"
#include "mesos/v1/executor/executor.pb.h"
#include "model/resources.h"

namespace stoa::agent {

namespace v1 = mesos::v1;
using Message = v1::executor::Event;

namespace {

// The master has checked them; what cannot be read is passed on as it came.
void to_new_form(google::protobuf::RepeatedPtrField<v1::Resource>& resources) {
  const auto read = model::Resources::from_messages(resources);
  if (!read.has_value()) return;
  resources.Clear();
  read->to_messages(model::WireForm::new_form, resources);
}

void put_executor(const v1::ExecutorInfo& info, v1::ExecutorInfo& result) {
  result = info;
  to_new_form(*result.mutable_resources());
}

void put_task(const v1::TaskInfo& info, v1::TaskInfo& result) {
  result = info;
  to_new_form(*result.mutable_resources());
  if (info.has_executor()) to_new_form(*result.mutable_executor()->mutable_resources());
}

std::shared_ptr<Message> make(Message::Type type) {
  auto event = std::make_shared<Message>();
  event->set_type(type);
  return event;
}

}  // namespace

ExecutorEvent subscribed_event(const Subscription& subscription) {
  auto event = make(Message::SUBSCRIBED);
  Message::Subscribed& body = *event->mutable_subscribed();
  put_executor(subscription.executor, *body.mutable_executor_info());
  *body.mutable_framework_info() = subscription.framework;
  *body.mutable_agent_info() = subscription.agent;
  to_new_form(*body.mutable_agent_info()->mutable_resources());
  put_container_id(subscription.container, *body.mutable_container_id());
  return event;
}

ExecutorEvent launch_event(const v1::TaskInfo& task) {
  auto event = make(Message::LAUNCH);
  put_task(task, *event->mutable_launch()->mutable_task());
  return event;
}

ExecutorEvent launch_group_event(const std::vector<std::shared_ptr<const v1::TaskInfo>>& tasks) {
  auto event = make(Message::LAUNCH_GROUP);
  for (const auto& task : tasks) put_task(*task, *event->mutable_launch_group()->mutable_task_group()->add_tasks());
  return event;
}

ExecutorEvent kill_event(const TaskId& task, const v1::KillPolicy* policy) {
  auto event = make(Message::KILL);
  event->mutable_kill()->mutable_task_id()->set_value(task.value);
  if (policy != nullptr) *event->mutable_kill()->mutable_kill_policy() = *policy;
  return event;
}

ExecutorEvent acknowledged_event(const TaskId& task, const std::string& uuid) {
  auto event = make(Message::ACKNOWLEDGED);
  event->mutable_acknowledged()->mutable_task_id()->set_value(task.value);
  event->mutable_acknowledged()->set_uuid(uuid);
  return event;
}

ExecutorEvent message_event(const std::string& data) {
  auto event = make(Message::MESSAGE);
  event->mutable_message()->set_data(data);
  return event;
}

ExecutorEvent shutdown_event() { return make(Message::SHUTDOWN); }

ExecutorEvent heartbeat_event() { return make(Message::HEARTBEAT); }

}  // namespace stoa::agent
