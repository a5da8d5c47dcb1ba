#include "agent/executor_testing.h"

#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

void ExecutorBench::TearDown() { EXPECT_EQ(world.broken, std::vector<std::string>()); }

TaskKey ExecutorBench::key(const std::string& task) { return {FrameworkId("f"), TaskId(task)}; }

ExecutorKey ExecutorBench::executor_key(const std::string& id) { return {FrameworkId("f"), ExecutorId(id)}; }

v1::FrameworkInfo ExecutorBench::framework(std::initializer_list<int> capabilities) {
  auto info = test_framework("f");
  for (const int type : capabilities)
    info.add_capabilities()->set_type(static_cast<v1::FrameworkInfo::Capability::Type>(type));
  return info;
}

v1::FrameworkInfo ExecutorBench::partition_aware() {
  return framework({v1::FrameworkInfo::Capability::PARTITION_AWARE});
}

v1::ExecutorInfo ExecutorBench::executor(const std::string& id) {
  v1::ExecutorInfo info;
  info.mutable_executor_id()->set_value(id);
  info.set_type(v1::ExecutorInfo::CUSTOM);
  info.mutable_command()->set_value("./executor");
  for (const auto& [name, value] : {std::pair{"cpus", 0.5}, {"mem", 64.0}}) {
    auto& resource = *info.add_resources();
    resource.set_name(name);
    resource.set_type(v1::Value::SCALAR);
    resource.mutable_scalar()->set_value(value);
    resource.mutable_allocation_info()->set_role("web");
  }
  return info;
}

v1::ExecutorInfo ExecutorBench::default_executor() {
  auto info = executor();
  info.set_type(v1::ExecutorInfo::DEFAULT);
  info.clear_command();
  return info;
}

v1::TaskInfo ExecutorBench::task(const std::string& id, const std::string& executor_id) {
  auto info = test_task(id);
  info.clear_command();
  *info.mutable_executor() = executor(executor_id);
  return info;
}

void ExecutorBench::launch(const std::string& id) { launch(id, framework()); }

void ExecutorBench::launch(const std::string& id, const v1::FrameworkInfo& info) {
  world.run(info, task(id));
  world.settle();
}

void ExecutorBench::launch_another(const std::string& id) { launch_another(id, framework()); }

void ExecutorBench::launch_another(const std::string& id, const v1::FrameworkInfo& info) {
  world.run(info, task(id), false);
  world.settle();
}

StreamNumber ExecutorBench::launch_and_subscribe(const std::string& id) {
  return launch_and_subscribe(id, framework());
}

StreamNumber ExecutorBench::launch_and_subscribe(const std::string& id, const v1::FrameworkInfo& info) {
  world.start_and_register();
  launch(id, info);
  return subscribe();
}

v1::executor::Call ExecutorBench::call(const std::string& id) {
  v1::executor::Call result;
  result.mutable_framework_id()->set_value("f");
  result.mutable_executor_id()->set_value(id);
  return result;
}

v1::TaskStatus ExecutorBench::status(const std::string& task, v1::TaskState state, char uuid) {
  v1::TaskStatus result;
  result.mutable_task_id()->set_value(task);
  result.set_state(state);
  result.set_source(v1::TaskStatus::SOURCE_EXECUTOR);
  result.set_uuid(std::string(16, uuid));
  return result;
}

StreamNumber ExecutorBench::subscribe() { return subscribe(call()); }

StreamNumber ExecutorBench::subscribe(const v1::executor::Call& said) {
  const StreamNumber stream = world.subscribe(said);
  world.settle();
  return stream;
}

Result<> ExecutorBench::update(const v1::TaskStatus& status, const std::string& id) {
  auto said = call(id);
  said.set_type(v1::executor::Call::UPDATE);
  *said.mutable_update()->mutable_status() = status;
  const ReplyNumber reply = world.call(std::move(said));
  world.settle();
  return world.replies.at(reply);
}

Result<> ExecutorBench::message(const std::string& data) {
  auto said = call();
  said.set_type(v1::executor::Call::MESSAGE);
  said.mutable_message()->set_data(data);
  const ReplyNumber reply = world.call(std::move(said));
  world.settle();
  return world.replies.at(reply);
}

void ExecutorBench::shut_down() {
  link::ToAgent order;
  order.mutable_shutdown_executor()->mutable_framework_id()->set_value("f");
  order.mutable_shutdown_executor()->mutable_executor_id()->set_value("e");
  world.say(order);
  world.settle();
}

void ExecutorBench::remove_framework() {
  link::ToAgent order;
  order.mutable_shutdown_framework()->mutable_framework_id()->set_value("f");
  world.say(order);
  world.settle();
}

void ExecutorBench::kill(const std::string& task, std::optional<Duration> grace) {
  world.kill(key(task), grace);
  world.settle();
}

void ExecutorBench::end_executor(int wait_status) {
  world.process_ends(world.newest_executor.at(executor_key()), wait_status);
  world.settle();
}

const std::vector<std::shared_ptr<const v1::executor::Event>>& ExecutorBench::events(StreamNumber stream) const {
  return world.streams.at(stream).events;
}

ExecutorBench::Types ExecutorBench::types(StreamNumber stream) const {
  Types result;
  for (const auto& event : events(stream)) result.push_back(event->type());
  return result;
}

std::vector<std::string> ExecutorBench::delivered(StreamNumber stream) const {
  std::vector<std::string> result;
  for (const auto& event : events(stream)) {
    if (event->type() == v1::executor::Event::LAUNCH) result.push_back(event->launch().task().task_id().value());
    if (event->type() != v1::executor::Event::LAUNCH_GROUP) continue;
    for (const auto& task : event->launch_group().task_group().tasks()) result.push_back(task.task_id().value());
  }
  return result;
}

std::vector<int> ExecutorBench::exits() const {
  std::vector<int> result;
  for (const auto& message : world.from_executors)
    if (message->has_executor_exited()) result.push_back(message->executor_exited().status());
  return result;
}

void ExecutorBench::expect_last(const std::string& task, v1::TaskState state, int reason,
                                const std::string& message) const {
  const auto& last = world.last_status(key(task));
  EXPECT_EQ(last.state(), state) << last.ShortDebugString();
  EXPECT_EQ(last.reason(), reason) << last.ShortDebugString();
  EXPECT_EQ(last.message(), message);
  EXPECT_EQ(last.source(), v1::TaskStatus::SOURCE_AGENT);
  EXPECT_EQ(last.executor_id().value(), "e");
}

std::size_t ExecutorBench::executors() const {
  std::size_t count = 0;
  for (const auto& framework : world.agent().snapshot().frameworks) count += framework.executors.size();
  return count;
}

}  // namespace stoa::agent
