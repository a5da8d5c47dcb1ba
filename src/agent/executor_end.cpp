// The end of executors that outlive their tasks: asked for, forced, or come by itself (EXE-096..106, EXE-147).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/core.h"
#include "agent/executor_events.h"
#include "base/text.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

// With all updates unacknowledged the default executor waits this long before it ends (EXE-147).
constexpr Duration acknowledgement_wait = std::chrono::seconds(60);

}  // namespace

Duration Agent::Core::shutdown_grace(const ExecutorRun& executor) const {
  if (!executor.info->has_shutdown_grace_period()) return config_.executor_shutdown_grace_period;
  return std::max(Duration(executor.info->shutdown_grace_period().nanoseconds()), Duration(0));
}

// Asks it to end its tasks and itself (EXE-100).
void Agent::Core::shut_down(ExecutorRun& executor) {
  if (!executor.is_alive()) return;
  executor.phase = ExecutorRun::Phase::terminating;
  store_executor(executor);
  if (!executor.launched) {  // At most its sandbox is being made.
    emit(Remove{executor.container});
    return executor_ended(executor, {.wait_status = wait_status_unknown});
  }
  if (!executor.is_custom()) return shut_down_groups(executor);
  if (!executor.has_subscribed) {  // Nobody would hear the word.
    life_timers_.cancel(executor.key);
    emit(Destroy{executor.container});
    return;
  }
  if (executor.stream) emit(SendExecutor{*executor.stream, shutdown_event()});
  life_timers_.set(executor.key, now_.steady + shutdown_grace(executor));
}

// Ends its container at once; its tasks end as `verdict` says.
void Agent::Core::end_executor(ExecutorRun& executor, ExecutorRun::Verdict verdict) {
  log(log::Level::warning, fmt::format("ending executor {}: {}", executor.key.text(), verdict.message));
  if (!executor.verdict) executor.verdict = std::move(verdict);
  executor.phase = ExecutorRun::Phase::terminating;
  life_timers_.cancel(executor.key);
  store_executor(executor);
  emit(Destroy{executor.container});
}

// An executor that has never had a task and waits for none only holds resources (EXE-105), as does one that will get
// no more because the agent drains (AGT-182); the default executor is there for its tasks alone (EXE-147).
void Agent::Core::end_if_idle(ExecutorRun& executor) {
  if (executor.phase == ExecutorRun::Phase::terminated || executor.live > 0) return;
  if (executor.is_custom()) {
    if (!executor.had_task || drain_) shut_down(executor);
    return;
  }
  if (!executor.is_alive() || !executor.had_task || executor.tasks.empty())
    return executor_ended(executor, {.wait_status = 0});
  if (!life_timers_.contains(executor.key)) life_timers_.set(executor.key, now_.steady + acknowledgement_wait);
}

void Agent::Core::on_life_timer(ExecutorRun& executor) {
  using Phase = ExecutorRun::Phase;
  if (executor.phase == Phase::terminated) return;
  if (!executor.is_custom()) {
    if (executor.live == 0) executor_ended(executor, {.wait_status = 0});
    return;
  }
  if (executor.phase == Phase::terminating) return emit(Destroy{executor.container});
  end_executor(executor,
               {v1::TASK_FAILED, v1::TaskStatus::REASON_EXECUTOR_REGISTRATION_TIMEOUT,
                "Executor did not register within " + format_duration(config_.executor_registration_timeout)});
}

// Nothing of it runs any more. Every task that has not ended ends with it (EXE-099).
void Agent::Core::executor_ended(ExecutorRun& executor, const ContainerExited& exit) {
  const ExecutorKey key = executor.key;
  executor.phase = ExecutorRun::Phase::terminated;
  close_stream(executor);
  life_timers_.cancel(key);
  executor.undelivered.reset();
  executor.queue.clear();
  executor.preparing.clear();
  for (const ExecutorRun::Resizing& held : std::exchange(executor.resizing, {}))
    if (held.terminal) forward_held(executor, held);
  const Report end = end_of(executor, exit);
  for (const TaskId& task : executor.tasks) {
    TaskRun& run = runs_.at({key.framework, task});
    if (!has_ended(run)) report(run, end);
  }
  if (executor.launched && executor.is_custom()) journal_.then(EndStored{executor.container});
  tell_executor_exited(key, exit.wait_status);
  if (executor.tasks.empty()) complete(key);
}

Report Agent::Core::end_of(const ExecutorRun& executor, const ContainerExited& exit) {
  Report report{.state = v1::TASK_FAILED,
                .reason = v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                .from_agent = true,
                .message = exit.message};
  if (executor.verdict) {
    report.state = executor.verdict->state;
    report.reason = executor.verdict->reason;
    report.message = join_message(executor.verdict->message, exit.message);
  } else if (exit.limit != Limit::none) {
    report.reason = reason_of(exit.limit);
    report.limitation = exit.limitation;
  }
  if (report.message.empty()) report.message = "Executor terminated";
  return report;
}

// The master learns of what it misses now when the agent registers again (EXE-102), or when it has answered a Register
// that still named the executor.
void Agent::Core::tell_executor_exited(const ExecutorKey& key, int wait_status) {
  if (registration_.state() == Registration::State::registering) exits_untold_.emplace_back(key, wait_status);
  if (registration_.state() != Registration::State::registered) return;
  auto message = std::make_shared<link::ToMaster>();
  link::ExecutorExited& body = *message->mutable_executor_exited();
  body.mutable_framework_id()->set_value(key.framework.value);
  body.mutable_executor_id()->set_value(key.executor.value);
  body.set_status(wait_status);
  send(std::move(message));
}

// Nobody is owed anything about its tasks any more (EXE-106).
void Agent::Core::complete(ExecutorKey key) {
  ExecutorRun& executor = executors_.at(key);
  Framework& framework = frameworks_.at(key.framework);
  const SandboxName name{id_, key.framework, key.executor, executor.container};
  remember(framework, record_of(executor));
  forget(executor);
  executors_.erase(key);
  journal_.erase(executor_kind, key.text());
  release_framework(key.framework);
  collect(name);
}

// Takes it out of everything that looks it up by another name.
void Agent::Core::forget(const ExecutorRun& executor) {
  executor_containers_.erase(executor.container);
  life_timers_.cancel(executor.key);
  heartbeat_timers_.cancel(executor.key);
  if (executor.stream) streams_of_executors_.erase(*executor.stream);
}

}  // namespace stoa::agent
