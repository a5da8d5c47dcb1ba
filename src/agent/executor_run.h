// ExecutorRun: what an agent remembers of one executor that outlives its tasks, from the first task for it until the
// last update of its tasks is acknowledged (EXE-095, EXE-106).
//
// Two kinds share one life. A custom executor is a process that speaks the executor API. The default executor is built
// into the agent: its container is a directory, and each task of its groups is a nested container run by the same state
// machine as a command task, so a group costs no process and no connection of its own. Pure state; what happens to it
// is the core's to decide (executors.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/snapshot.h"
#include "agent/states.h"
#include "agent/task_key.h"
#include "base/id.h"
#include "proto/forward.h"

namespace stoa::agent {

struct ExecutorRun {
  enum class Kind { custom, built_in };
  using Phase = ExecutorStage;
  // Tasks of one launch order, delivered together or not at all (EXE-061).
  struct Batch {
    std::uint64_t number = 0;
    bool is_group = false;
    bool stored = false;     // Durable: it may be delivered.
    bool announced = false;  // The container's resources were set, or are being set, with these tasks in mind.
    std::vector<TaskId> tasks;
  };
  // A group of the default executor whose sandboxes are being made.
  struct Preparation {
    std::size_t waiting = 0;
    std::map<TaskId, std::string> failed;  // With the cause.
  };
  // What its tasks are told when its container ends, if it was the agent that ended it.
  struct Verdict {
    mesos::v1::TaskState state{};
    mesos::v1::TaskStatus_Reason reason{};
    std::string message;
  };
  // What waits for the container to have its new limits, oldest first.
  struct Resizing {
    std::shared_ptr<const mesos::v1::TaskStatus> terminal;  // To be forwarded then; none: tasks are to be delivered.
    ExecutorKey from;                                       // Who sent that status.
  };

  static constexpr std::size_t ended_max = 10'000;
  static constexpr std::size_t completed_max = 200;  // AGT-203

  ExecutorKey key;
  Kind kind = Kind::custom;
  Phase phase = Phase::registering;
  ContainerId container;
  std::string directory;                                       // The sandbox, relative to work_dir.
  std::shared_ptr<const mesos::v1::ExecutorInfo> info;         // Without secrets.
  std::shared_ptr<const mesos::v1::ExecutorInfo> undelivered;  // With secrets, until the launch.
  bool launched = false;                                       // A container was asked for.
  int pid = 0;
  bool has_subscribed = false;         // Ever: a next life waits for it (EXE-049).
  bool subscription_stored = false;    // And that is durable.
  bool had_task = false;               // It has shown that a task reached it (EXE-046, EXE-105).
  std::optional<StreamNumber> stream;  // Of its events.
  bool announced = false;              // SUBSCRIBED was sent on it.
  std::optional<Verdict> verdict;

  std::uint64_t last_batch = 0;
  std::deque<Batch> queue;                         // Not delivered, in the order of arrival.
  std::map<std::uint64_t, Preparation> preparing;  // By the number of the group.
  std::deque<Resizing> resizing;
  std::set<TaskId> tasks;  // All that are not both ended and acknowledged.
  std::size_t live = 0;    // Those of them that have not ended.

  // For readers, and to know a late update by: the newest ones that have come and gone.
  std::deque<std::shared_ptr<const TaskRecord>> completed;
  std::set<TaskId> ended;
  std::deque<TaskId> ended_order;

  bool is_custom() const { return kind == Kind::custom; }
  bool is_alive() const { return phase == Phase::registering || phase == Phase::running; }

  Batch* find_batch(const TaskId& task);
  Batch* find_batch(std::uint64_t number);
  void remove_batch(std::uint64_t number);
  // Puts back what was delivered on a stream that broke, before everything that waits.
  void requeue(Batch batch);
  // Takes out what may be delivered: the announced ones at the front.
  std::vector<Batch> take_announced();
  // Marks all that may be delivered as announced. Returns whether there is anything new.
  bool announce_stored();

  void remember(std::shared_ptr<const TaskRecord> record);
  void forget_ended(const TaskId& task) { ended.erase(task); }
};

}  // namespace stoa::agent
