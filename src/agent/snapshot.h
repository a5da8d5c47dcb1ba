// Snapshot: what an agent is at one moment, for readers (/state, GET_STATE, GET_TASKS, ...). Records are immutable and
// shared with the core, which replaces them on change: taking a snapshot copies pointers only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/garbage.h"
#include "base/id.h"
#include "base/time.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace mesos::v1 {
class DrainConfig;
class Operation;
}  // namespace mesos::v1

namespace stoa::agent {

// The one list of AGT-202 that a task is in.
enum class TaskStage {
  queued,      // Accepted; its process is not started yet.
  launched,    // Handed to its executor, not ended.
  terminated,  // Ended; the terminal status is not acknowledged yet.
  completed,   // Ended and acknowledged.
};

struct TaskRecord {
  FrameworkId framework;
  TaskId id;
  TaskStage stage = TaskStage::queued;
  std::shared_ptr<const mesos::v1::TaskInfo> info;  // As accepted, without the values of secrets.
  std::shared_ptr<const mesos::v1::Task> task;      // With its state and statuses; executor_id unset (command task).
  ContainerId container;                            // Its own, nested in its executor's; empty: it has none.
  int pid = 0;                                      // Of that container's first process; 0 before there is one.
};

// EXE-095
enum class ExecutorStage {
  registering,  // Its container starts, or it has not subscribed in this life of the agent.
  running,
  terminating,  // It was asked to stop, or its container to end.
  terminated,   // Nothing of it runs; its tasks' last updates wait for acknowledgement.
};

struct ExecutorRecord {
  std::shared_ptr<const mesos::v1::ExecutorInfo> info;
  ContainerId container;
  std::string directory;  // The sandbox, absolute.
  bool command = true;    // The built-in command executor of one task.
  ExecutorStage stage = ExecutorStage::running;
  int pid = 0;  // Of the container's first process; 0 before there is one.
  std::vector<std::shared_ptr<const TaskRecord>> tasks;
};

struct FrameworkRecord {
  std::shared_ptr<const mesos::v1::FrameworkInfo> info;
  std::vector<std::shared_ptr<const ExecutorRecord>> executors;
  std::vector<std::shared_ptr<const ExecutorRecord>> completed_executors;  // Oldest first, at most 150 (AGT-203).
};

// Since the agent started (AGT-150).
struct Counters {
  std::uint64_t valid_status_updates = 0;  // Of executors.
  std::uint64_t invalid_status_updates = 0;
  std::uint64_t valid_framework_messages = 0;  // Both ways.
  std::uint64_t invalid_framework_messages = 0;
  std::uint64_t registrations_refused = 0;  // For now, by the master (AGT-044).
};

struct Snapshot {
  std::shared_ptr<const mesos::v1::AgentInfo> info;  // With id, once there is one.
  std::shared_ptr<const model::Resources> total;     // With reservations and volumes applied.
  bool recovered = false;                            // Containers are known; before that, most calls are 503 (AGT-090).
  bool registered = false;                           // With a leading master, now.
  std::vector<FrameworkRecord> frameworks;
  std::vector<FrameworkRecord> completed_frameworks;                    // Oldest first, at most 50.
  std::vector<std::shared_ptr<const mesos::v1::Operation>> operations;  // Not both ended and acknowledged.
  std::shared_ptr<const mesos::v1::DrainConfig> drain_config;  // While it drains (AGT-183), with the time since.
  WallSeconds drain_since = 0;
  Garbage::Counts garbage;
  Counters counters;
};

}  // namespace stoa::agent
