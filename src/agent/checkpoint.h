// The records of the store: what each life leaves to the next one. Formats are in proto/stoa/checkpoint.proto.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/command_executor.h"
#include "agent/events.h"
#include "agent/resources.h"
#include "agent/task_key.h"
#include "base/result.h"
#include "base/time.h"
#include "proto/forward.h"

namespace mesos::v1 {
class DrainConfig;
class Operation;
}  // namespace mesos::v1

namespace stoa::agent {

inline constexpr const char* agent_kind = "agent";
inline constexpr const char* framework_kind = "framework";
inline constexpr const char* executor_kind = "executor";
inline constexpr const char* task_kind = "task";
inline constexpr const char* progress_kind = "progress";
inline constexpr const char* resources_kind = "resources";
inline constexpr const char* operation_kind = "operation";
inline constexpr const char* drain_kind = "drain";
inline constexpr const char* agent_record_id = "self";

struct StoredAgent {
  std::shared_ptr<const mesos::v1::AgentInfo> info;  // With id.
  std::string boot_id;
  std::uint64_t epoch = 0;
};

struct StoredExecutor {
  ExecutorKey key;
  std::shared_ptr<const mesos::v1::ExecutorInfo> info;  // With framework id.
  ContainerId container;
  int pid = 0;
  bool subscribed = false;
  bool terminating = false;
  bool had_task = false;
};

struct StoredTask {
  FrameworkId framework;
  ContainerId container;  // Its own; empty for a task that was refused, and for one of a custom executor.
  std::shared_ptr<const mesos::v1::TaskInfo> info;
  std::optional<ExecutorId> executor;  // One that outlives it.
  std::uint64_t batch = 0;             // Number of its launch order among those for that executor.
};

struct StoredProgress {
  TaskKey key;
  std::vector<std::shared_ptr<const mesos::v1::TaskStatus>> pending;
  std::shared_ptr<const mesos::v1::TaskStatus> latest;  // Also when it is among the pending ones.
  int pid = 0;
  std::optional<WallSeconds> started;
  std::optional<CommandExecutor::SavedKill> kill;
  std::vector<std::string> received;  // Uuids of its executor's newest updates, oldest first.
};

struct StoredOperation {
  std::shared_ptr<const mesos::v1::Operation> operation;
  std::vector<std::shared_ptr<const mesos::v1::OperationStatus>> pending;
};

struct StoredDrain {
  std::shared_ptr<const mesos::v1::DrainConfig> config;
  WallSeconds since = 0;
};

std::string encode(const StoredAgent& agent);
std::string encode(const mesos::v1::FrameworkInfo& framework);
std::string encode(const StoredExecutor& executor);
std::string encode(const StoredTask& task);
std::string encode(const StoredProgress& progress);
std::string encode(const StoredResources& resources);
std::string encode(const StoredOperation& operation);
std::string encode(const StoredDrain& drain);

struct Checkpoint {
  std::optional<StoredAgent> agent;
  std::map<FrameworkId, std::shared_ptr<const mesos::v1::FrameworkInfo>> frameworks;
  std::map<ExecutorKey, StoredExecutor> executors;
  std::map<TaskKey, StoredTask> tasks;
  std::map<TaskKey, StoredProgress> progress;
  std::optional<StoredResources> resources;
  std::vector<StoredOperation> operations;
  std::optional<StoredDrain> drain;
  std::vector<std::string> problems;  // One line for each record that could not be read, naming it.
};

// Empty records count as never written (AGT-087). O(bytes).
Checkpoint decode(const std::vector<StoredRecord>& records);

// Whether an agent that stored `before` may go on as `now` (AGT-083, AGT-084). Fails with failed_precondition, saying
// what differs.
Result<> check_reconfiguration(const mesos::v1::AgentInfo& before, const mesos::v1::AgentInfo& now, bool additive);

}  // namespace stoa::agent
