// ExecutorBench: a framework with custom executors on the World's agent, and those executors' side of the API.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/testing.h"
#include "proto/forward.h"

namespace stoa::agent {

class ExecutorBench : public testing::Test {
 protected:
  using Types = std::vector<int>;  // Of events.
  using States = std::vector<int>;

  void TearDown() override;

  static TaskKey key(const std::string& task);
  static ExecutorKey executor_key(const std::string& id = "e");
  // With capabilities by their numbers.
  static mesos::v1::FrameworkInfo framework(std::initializer_list<int> capabilities = {});
  static mesos::v1::FrameworkInfo partition_aware();
  static mesos::v1::ExecutorInfo executor(const std::string& id = "e");
  static mesos::v1::ExecutorInfo default_executor();
  // For the custom executor.
  static mesos::v1::TaskInfo task(const std::string& id, const std::string& executor_id = "e");

  // The first task of the executor, up to its process.
  void launch(const std::string& id = "a");
  void launch(const std::string& id, const mesos::v1::FrameworkInfo& info);
  void launch_another(const std::string& id);
  void launch_another(const std::string& id, const mesos::v1::FrameworkInfo& info);
  // In a new agent, up to its delivery.
  StreamNumber launch_and_subscribe(const std::string& id = "a");
  StreamNumber launch_and_subscribe(const std::string& id, const mesos::v1::FrameworkInfo& info);

  static mesos::v1::executor::Call call(const std::string& id = "e");
  // The uuid is sixteen times this letter.
  static mesos::v1::TaskStatus status(const std::string& task, mesos::v1::TaskState state, char uuid = 'u');
  StreamNumber subscribe();
  StreamNumber subscribe(const mesos::v1::executor::Call& said);
  Result<> update(const mesos::v1::TaskStatus& status, const std::string& id = "e");
  Result<> message(const std::string& data);
  void shut_down();
  void remove_framework();
  void kill(const std::string& task, std::optional<Duration> grace = std::nullopt);
  void end_executor(int wait_status);

  const std::vector<std::shared_ptr<const mesos::v1::executor::Event>>& events(StreamNumber stream) const;
  Types types(StreamNumber stream) const;
  // The tasks delivered on the stream, in order.
  std::vector<std::string> delivered(StreamNumber stream) const;
  // What the master was told of executors that ended.
  std::vector<int> exits() const;
  void expect_last(const std::string& task, mesos::v1::TaskState state, int reason, const std::string& message) const;
  std::size_t executors() const;

  World world;
};

}  // namespace stoa::agent
