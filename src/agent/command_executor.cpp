#include "agent/command_executor.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

v1::TaskStatus_Reason reason_of(Limit limit) {
  switch (limit) {
    case Limit::memory:
      return v1::TaskStatus::REASON_CONTAINER_LIMITATION_MEMORY;
    case Limit::disk:
      return v1::TaskStatus::REASON_CONTAINER_LIMITATION_DISK;
    default:
      return v1::TaskStatus::REASON_CONTAINER_LIMITATION;
  }
}

namespace {

// A grace or a limit that somebody meant to be endless must not become a moment of the past.
TimePoint later(TimePoint now, Duration wait) {
  return now + std::min(wait, Duration(std::chrono::hours(24 * 36'500)));
}

// What the end of a process means that nobody asked to end (EXE-119, EXE-099).
Report report_of(const ContainerExited& exit) {
  if (exit.limit != Limit::none)
    return {.state = v1::TASK_FAILED,
            .reason = reason_of(exit.limit),
            .from_agent = true,
            .message = exit.message.empty() ? "The container exceeded a resource limit" : exit.message,
            .limitation = exit.limitation};
  if (exit.wait_status == wait_status_unknown)
    return {.state = v1::TASK_FAILED,
            .reason = v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
            .from_agent = true,
            .message = exit.message.empty() ? "Executor terminated" : exit.message};
  const bool success = WIFEXITED(exit.wait_status) && WEXITSTATUS(exit.wait_status) == 0;
  return {.state = success ? v1::TASK_FINISHED : v1::TASK_FAILED,
          .message = join_message("Command " + describe_wait_status(exit.wait_status), exit.message)};
}

}  // namespace

ExecutorActions CommandExecutor::start() {
  if (phase_ != Phase::queued) return {};
  phase_ = Phase::starting;
  return {Report{.state = v1::TASK_STARTING}, StartProcess{}};
}

ExecutorActions CommandExecutor::launched(const Result<int>& pid, TimePoint now) {
  if (phase_ != Phase::starting) return {};
  if (!pid.has_value()) {
    const std::string message = "Failed to launch container: " + pid.error().message;
    if (kill_ && !kill_->timed_out) return end({.state = v1::TASK_KILLED, .message = message});
    return end({.state = v1::TASK_FAILED,
                .reason = v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
                .from_agent = true,
                .message = message});
  }
  phase_ = Phase::running;
  ExecutorActions actions;
  if (kill_) {
    if (kill_is_saved_) end_process(now, actions);
    return actions;
  }
  if (options_.completion_max) completion_at_ = later(now, *options_.completion_max);
  actions.push_back(Report{.state = v1::TASK_RUNNING});
  return actions;
}

ExecutorActions CommandExecutor::exited(const ContainerExited& exit) {
  if (phase_ == Phase::ended || phase_ == Phase::queued) return {};
  Report report = report_of(exit);
  if (kill_) {
    report.state = kill_->timed_out ? v1::TASK_FAILED : v1::TASK_KILLED;
    report.reason.reset();
    report.from_agent = false;
    if (kill_->timed_out) {
      report.reason = v1::TaskStatus::REASON_MAX_COMPLETION_TIME_REACHED;
      report.message = join_message("Task did not complete within its max_completion_time", report.message);
    }
  }
  return end(std::move(report));
}

ExecutorActions CommandExecutor::kill(std::optional<Duration> grace, TimePoint now) {
  if (phase_ == Phase::ended) return {};
  if (phase_ == Phase::queued)
    return end({.state = v1::TASK_KILLED,
                .reason = v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
                .from_agent = true,
                .message = "Killed before delivery to the executor"});
  if (!kill_) return begin_kill({.grace = std::max(grace.value_or(options_.kill_grace), Duration(0))}, true);
  if (!grace || *grace >= kill_->grace) return {};
  kill_->grace = std::max(*grace, Duration(0));
  if (kill_started_) {
    destroy_at_ = std::min(destroy_at_.value_or(TimePoint::max()), later(*kill_started_, kill_->grace));
    return advance(now);
  }
  return {};
}

ExecutorActions CommandExecutor::kill_saved(TimePoint now) {
  if (phase_ == Phase::ended || !kill_) return {};
  kill_is_saved_ = true;
  ExecutorActions actions;
  if (phase_ == Phase::running) end_process(now, actions);
  return actions;
}

ExecutorActions CommandExecutor::advance(TimePoint now) {
  if (phase_ != Phase::running) return {};
  if (completion_at_ && now >= *completion_at_ && !kill_) return begin_kill({.grace = {}, .timed_out = true}, false);
  if (destroy_at_ && now >= *destroy_at_) {
    destroy_at_.reset();
    return {DestroyProcess{}};
  }
  return {};
}

std::optional<TimePoint> CommandExecutor::deadline() const {
  if (phase_ != Phase::running) return std::nullopt;
  return kill_ ? destroy_at_ : completion_at_;
}

ExecutorActions CommandExecutor::recover(const Recovery& recovery, TimePoint now) {
  kill_ = recovery.kill;
  kill_is_saved_ = kill_.has_value();
  if (!recovery.container) {
    if (kill_ && !kill_->timed_out) {
      phase_ = Phase::running;
      return exited({.wait_status = wait_status_unknown});
    }
    if (!recovery.latest)
      return end({.state = v1::TASK_DROPPED,
                  .reason = v1::TaskStatus::REASON_AGENT_RESTARTED,
                  .from_agent = true,
                  .message = "Task launched during agent restart"});
    phase_ = Phase::running;
    return exited({.wait_status = wait_status_unknown});
  }
  phase_ = Phase::running;
  if (recovery.container->never_ran && !kill_ && recovery.latest != v1::TASK_RUNNING) {
    return end({.state = v1::TASK_DROPPED,
                .reason = v1::TaskStatus::REASON_AGENT_RESTARTED,
                .from_agent = true,
                .message = "Task launched during agent restart"});
  }
  if (!recovery.container->running) return exited({.wait_status = recovery.container->wait_status});
  ExecutorActions actions;
  if (kill_) {
    end_process(now, actions);
    return actions;
  }
  if (options_.completion_max)
    completion_at_ = later(now, std::max(*options_.completion_max - recovery.ran, Duration(0)));
  if (!recovery.latest) actions.push_back(Report{.state = v1::TASK_STARTING});
  if (!recovery.latest || *recovery.latest == v1::TASK_STARTING) actions.push_back(Report{.state = v1::TASK_RUNNING});
  return actions;
}

ExecutorActions CommandExecutor::begin_kill(SavedKill kill, bool report) {
  kill_ = kill;
  killed_before_launch_ = phase_ == Phase::starting;
  completion_at_.reset();
  ExecutorActions actions;
  if (report && options_.task_killing) actions.push_back(Report{.state = v1::TASK_KILLING});
  actions.push_back(SaveKill{});
  return actions;
}

// The kill is saved and there is a process. One that should never have run gets no grace (EXE-123).
void CommandExecutor::end_process(TimePoint now, ExecutorActions& actions) {
  if (kill_started_) return;
  kill_started_ = now;
  if (!killed_before_launch_) actions.push_back(TerminateProcess{});
  if (killed_before_launch_ || kill_->grace <= Duration(0)) {
    actions.push_back(DestroyProcess{});
  } else {
    destroy_at_ = later(now, kill_->grace);
  }
}

ExecutorActions CommandExecutor::end(Report report) {
  phase_ = Phase::ended;
  return {std::move(report)};
}

}  // namespace stoa::agent
