// LaunchOrder: what the master asks to be launched together, whichever frame said it; and what an order's own content
// forbids.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/states.h"
#include "agent/task_key.h"
#include "proto/forward.h"

namespace stoa::agent {

// Views of a message that outlives it.
struct LaunchOrder {
  const mesos::v1::FrameworkInfo* framework = nullptr;
  const mesos::v1::ExecutorInfo* executor = nullptr;  // Null: one command task.
  std::vector<const mesos::v1::TaskInfo*> tasks;      // In order, at least one.
  bool is_group = false;
  bool expects_new_executor = true;

  FrameworkId framework_id() const;
  ExecutorId executor_id() const;  // With an executor.
  std::vector<TaskKey> keys() const;
};

// Of a Run or RunGroup. None if there is no task in it. A lone task for the default executor is a group of one
// (EXE-153).
std::optional<LaunchOrder> launch_order(const link::ToAgent& message);

// Why the tasks of an order are dropped.
struct Refusal {
  mesos::v1::TaskStatus_Reason reason{};
  std::string message;
};

// Why no agent like this one can carry out the order: ids that may not be in paths (AGT-076), nothing to run, limits
// that nothing enforces (AGT-053), a default executor with a command or image (EXE-135).
std::optional<Refusal> unacceptable(const LaunchOrder& order);

bool is_default_executor(const mesos::v1::ExecutorInfo& info);

}  // namespace stoa::agent
