// TaskKey: the name of a task for as long as any of its updates is unacknowledged; ExecutorKey: that of an executor.
// Task and executor ids are a framework's own.
#pragma once

#include <compare>
#include <string>

#include "base/id.h"

namespace stoa::agent {

struct TaskKey {
  FrameworkId framework;
  TaskId task;

  auto operator<=>(const TaskKey&) const = default;

  // Key of its records in the store, and its name in logs.
  std::string text() const { return framework.value + "/" + task.value; }
};

struct ExecutorKey {
  FrameworkId framework;
  ExecutorId executor;

  auto operator<=>(const ExecutorKey&) const = default;

  std::string text() const { return framework.value + "/" + executor.value; }
};

}  // namespace stoa::agent
