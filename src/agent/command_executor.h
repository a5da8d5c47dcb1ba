// CommandExecutor is the built-in executor of one task that is a command: what its framework is told and what is done
// to its process, from the finished sandbox to the end (EXE-111..131). It runs inside the agent, over the container's
// shim, where others spend a process for each task.
//
// Pure: each call returns what to do, in order. A kill is saved before its first signal leaves, so that a task that
// was asked to end is TASK_KILLED whatever crashes in between.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/events.h"
#include "agent/states.h"
#include "base/result.h"
#include "base/time.h"

namespace stoa::agent {

// Tell the framework. `reason` none: the state says it all.
struct Report {
  mesos::v1::TaskState state{};
  std::optional<mesos::v1::TaskStatus_Reason> reason;
  bool from_agent = false;  // Source is the agent, else the executor.
  std::string message;
  std::shared_ptr<const mesos::v1::TaskResourceLimitation> limitation;
};

struct StartProcess {};
struct SaveKill {};          // Make `saved_kill()` durable, then call `kill_saved`.
struct TerminateProcess {};  // SIGTERM to all processes of the task.
struct DestroyProcess {};    // SIGKILL to all processes of the task.

mesos::v1::TaskStatus_Reason reason_of(Limit limit);

using ExecutorAction = std::variant<Report, StartProcess, SaveKill, TerminateProcess, DestroyProcess>;
using ExecutorActions = std::vector<ExecutorAction>;

class CommandExecutor {
 public:
  struct Options {
    bool task_killing = false;  // The framework has TASK_KILLING_STATE.
    Duration kill_grace{};      // Of the task's kill policy, or the default.
    std::optional<Duration> completion_max;
  };
  struct SavedKill {
    Duration grace{};
    bool timed_out = false;  // For max_completion_time: ends TASK_FAILED.
  };
  enum class Phase {
    queued,    // The task is not delivered: no process, no status yet.
    starting,  // The launch is under way.
    running,   // There is a process.
    ended,     // A terminal status was reported; nothing more happens.
  };

  explicit CommandExecutor(Options options) : options_(options) {}

  Phase phase() const { return phase_; }
  Duration kill_grace() const { return options_.kill_grace; }
  const std::optional<SavedKill>& saved_kill() const { return kill_; }

  // The sandbox is ready: the task is delivered.
  ExecutorActions start();
  ExecutorActions launched(const Result<int>& pid, TimePoint now);
  ExecutorActions exited(const ContainerExited& exit);

  // A kill from the framework; without `grace` the task's own. Repeated ones may shorten the grace (EXE-122).
  ExecutorActions kill(std::optional<Duration> grace, TimePoint now);
  ExecutorActions kill_saved(TimePoint now);
  ExecutorActions advance(TimePoint now);
  // When to call `advance`.
  std::optional<TimePoint> deadline() const;

  // After a restart of the agent: what the store says. `latest` none: not even TASK_STARTING was saved.
  struct Recovery {
    std::optional<mesos::v1::TaskState> latest;
    std::optional<SavedKill> kill;
    Duration ran{};                               // Since the process started, where that is known.
    std::optional<RecoveredContainer> container;  // None: no trace of it.
  };
  ExecutorActions recover(const Recovery& recovery, TimePoint now);

 private:
  ExecutorActions begin_kill(SavedKill kill, bool report);
  void end_process(TimePoint now, ExecutorActions& actions);
  ExecutorActions end(Report report);

  Options options_;
  Phase phase_ = Phase::queued;
  std::optional<SavedKill> kill_;
  bool kill_is_saved_ = false;
  bool killed_before_launch_ = false;
  std::optional<TimePoint> kill_started_;  // SIGTERM has left.
  std::optional<TimePoint> destroy_at_;
  std::optional<TimePoint> completion_at_;
};

}  // namespace stoa::agent
