// ExecutorBench: a framework with custom executors on the World's agent, and those executors' side of the API.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/testing.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

class ExecutorBench : public testing::Test {
 protected:
  using Capability = mesos::v1::FrameworkInfo::Capability;
  using Event = mesos::v1::executor::Event;
  using Types = std::vector<Event::Type>;
  using States = std::vector<int>;

  void TearDown() override { EXPECT_EQ(world.broken, std::vector<std::string>()); }

  static TaskKey key(const std::string& task) { return {FrameworkId("f"), TaskId(task)}; }
  static ExecutorKey executor_key(const std::string& id = "e") { return {FrameworkId("f"), ExecutorId(id)}; }
  static mesos::v1::FrameworkInfo framework(std::initializer_list<Capability::Type> capabilities = {}) {
    auto info = test_framework("f");
    for (const auto type : capabilities) info.add_capabilities()->set_type(type);
    return info;
  }
  static mesos::v1::FrameworkInfo partition_aware() { return framework({Capability::PARTITION_AWARE}); }

  static mesos::v1::ExecutorInfo executor(const std::string& id = "e") {
    mesos::v1::ExecutorInfo info;
    info.mutable_executor_id()->set_value(id);
    info.set_type(mesos::v1::ExecutorInfo::CUSTOM);
    info.mutable_command()->set_value("./executor");
    for (const auto& [name, value] : {std::pair{"cpus", 0.5}, {"mem", 64.0}}) {
      auto& resource = *info.add_resources();
      resource.set_name(name);
      resource.set_type(mesos::v1::Value::SCALAR);
      resource.mutable_scalar()->set_value(value);
      resource.mutable_allocation_info()->set_role("web");
    }
    return info;
  }
  static mesos::v1::ExecutorInfo default_executor(const std::string& id = "e") {
    auto info = executor(id);
    info.set_type(mesos::v1::ExecutorInfo::DEFAULT);
    info.clear_command();
    return info;
  }
  // For the custom executor.
  static mesos::v1::TaskInfo task(const std::string& id, const std::string& executor_id = "e") {
    auto info = test_task(id);
    info.clear_command();
    *info.mutable_executor() = executor(executor_id);
    return info;
  }

  // The first task of the executor, up to its process.
  void launch(const std::string& id = "a", const mesos::v1::FrameworkInfo& info = framework()) {
    world.run(info, task(id));
    world.settle();
  }
  void launch_another(const std::string& id, const mesos::v1::FrameworkInfo& info = framework()) {
    world.run(info, task(id), false);
    world.settle();
  }
  // ... up to its delivery.
  StreamNumber launch_and_subscribe(const std::string& id = "a", const mesos::v1::FrameworkInfo& info = framework()) {
    world.start_and_register();
    launch(id, info);
    return subscribe();
  }

  static mesos::v1::executor::Call call(const std::string& id = "e") {
    mesos::v1::executor::Call result;
    result.mutable_framework_id()->set_value("f");
    result.mutable_executor_id()->set_value(id);
    return result;
  }
  static mesos::v1::TaskStatus status(const std::string& task, mesos::v1::TaskState state, char uuid = 'u') {
    mesos::v1::TaskStatus result;
    result.mutable_task_id()->set_value(task);
    result.set_state(state);
    result.set_source(mesos::v1::TaskStatus::SOURCE_EXECUTOR);
    result.set_uuid(std::string(16, uuid));
    return result;
  }
  StreamNumber subscribe(mesos::v1::executor::Call said = call()) {
    const StreamNumber stream = world.subscribe(std::move(said));
    world.settle();
    return stream;
  }
  Result<> update(const mesos::v1::TaskStatus& status, const std::string& id = "e") {
    auto said = call(id);
    said.set_type(mesos::v1::executor::Call::UPDATE);
    *said.mutable_update()->mutable_status() = status;
    const ReplyNumber reply = world.call(std::move(said));
    world.settle();
    return world.replies.at(reply);
  }
  Result<> message(const std::string& data) {
    auto said = call();
    said.set_type(mesos::v1::executor::Call::MESSAGE);
    said.mutable_message()->set_data(data);
    const ReplyNumber reply = world.call(std::move(said));
    world.settle();
    return world.replies.at(reply);
  }
  void shut_down(const std::string& id = "e") {
    link::ToAgent order;
    order.mutable_shutdown_executor()->mutable_framework_id()->set_value("f");
    order.mutable_shutdown_executor()->mutable_executor_id()->set_value(id);
    world.say(order);
    world.settle();
  }
  void remove_framework() {
    link::ToAgent order;
    order.mutable_shutdown_framework()->mutable_framework_id()->set_value("f");
    world.say(order);
    world.settle();
  }
  void kill(const std::string& task, std::optional<Duration> grace = std::nullopt) {
    world.kill(key(task), grace);
    world.settle();
  }
  void end_executor(int wait_status, const std::string& id = "e") {
    world.process_ends(world.newest_executor.at(executor_key(id)), wait_status);
    world.settle();
  }

  const std::vector<std::shared_ptr<const Event>>& events(StreamNumber stream) {
    return world.streams.at(stream).events;
  }
  Types types(StreamNumber stream) {
    Types result;
    for (const auto& event : events(stream)) result.push_back(event->type());
    return result;
  }
  // The tasks delivered on the stream, in order.
  std::vector<std::string> delivered(StreamNumber stream) {
    std::vector<std::string> result;
    for (const auto& event : events(stream)) {
      if (event->type() == Event::LAUNCH) result.push_back(event->launch().task().task_id().value());
      if (event->type() != Event::LAUNCH_GROUP) continue;
      for (const auto& task : event->launch_group().task_group().tasks()) result.push_back(task.task_id().value());
    }
    return result;
  }
  std::vector<int> exits() {
    std::vector<int> result;
    for (const auto& message : world.from_executors)
      if (message->has_executor_exited()) result.push_back(message->executor_exited().status());
    return result;
  }
  void expect_last(const std::string& task, mesos::v1::TaskState state, mesos::v1::TaskStatus::Reason reason,
                   const std::string& message) {
    const auto& last = world.last_status(key(task));
    EXPECT_EQ(last.state(), state) << last.ShortDebugString();
    EXPECT_EQ(last.reason(), reason) << last.ShortDebugString();
    EXPECT_EQ(last.message(), message);
    EXPECT_EQ(last.source(), mesos::v1::TaskStatus::SOURCE_AGENT);
    EXPECT_EQ(last.executor_id().value(), "e");
  }
  std::size_t executors() {
    std::size_t count = 0;
    for (const auto& framework : world.agent().snapshot().frameworks) count += framework.executors.size();
    return count;
  }

  World world;
};

}  // namespace stoa::agent
