// Leaving for good: a framework that was torn down, and the agent itself. What is removed is erased from the store
// first thing; its containers then belong to nobody and end, in this life or, as orphans, at the start of the next.
#include <signal.h>

#include <algorithm>
#include <utility>

#include "agent/core.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace {

model::Resources volumes_used_by(const mesos::v1::TaskInfo& task) {
  const auto resources = model::Resources::from_messages(task.resources());
  if (!resources.has_value()) return {};
  return resources->without_allocation_role().persistent_volumes();
}

}  // namespace

void Agent::Core::remove_framework(const FrameworkId& id) {
  std::erase_if(parked_, [&](const Parked& order) { return order.tasks.front().framework == id; });
  operations_.remove_framework(id);
  const auto found = frameworks_.find(id);
  if (found == frameworks_.end()) return;
  for (auto next = executors_.lower_bound({id, ExecutorId{}}); next != executors_.end() && next->first.framework == id;
       ++next)
    found->second.completed.push_back(record_of(next->second));
  std::vector<SandboxName> ended;
  std::map<ExecutorId, model::Resources> volumes;  // In use by what runs in executors.
  for (auto run = runs_.lower_bound({id, TaskId{}}); run != runs_.end() && run->first.framework == id;) {
    const TaskKey& key = run->first;
    stop_checks(run->second);
    if (run->second.place && run->second.info && !has_ended(run->second))
      volumes[run->second.place->executor] += volumes_used_by(*run->second.info);
    end_container(run->second);
    if (!run->second.container.empty() && !run->second.place && !dying_.contains(run->second.container))
      ended.push_back(sandbox_name(run->second));
    streams_.drop(key);
    executor_timers_.cancel(key);
    changed_.erase(key);
    containers_.erase(run->second.container);
    journal_.erase(task_kind, key.text());
    journal_.erase(progress_kind, key.text());
    if (run->second.record && !run->second.container.empty()) found->second.completed.push_back(run->second.record);
    run = runs_.erase(run);
  }
  for (auto next = executors_.lower_bound({id, ExecutorId{}});
       next != executors_.end() && next->first.framework == id;) {
    const ExecutorRun& executor = next->second;
    end_container(executor);
    const auto dying = dying_.find(executor.container);
    if (dying == dying_.end()) {
      ended.push_back({id_, id, executor.key.executor, executor.container});
    } else {
      dying->second.name = SandboxName{id_, id, executor.key.executor, executor.container};
      dying->second.volumes = std::exchange(volumes[executor.key.executor], {});
    }
    forget(executor);
    journal_.erase(executor_kind, executor.key.text());
    next = executors_.erase(next);
  }
  while (found->second.completed.size() > config_.completed_executors_per_framework_max)
    found->second.completed.pop_front();
  retire_framework(id);
  for (const auto& name : ended) collect(name);
}

void Agent::Core::retire_framework(const FrameworkId& retired) {
  const FrameworkId id = retired;  // It may be the very key that is erased here.
  const auto found = frameworks_.find(id);
  found->second.runs = 0;
  found->second.strangers = 0;
  completed_frameworks_.emplace_back(id, std::move(found->second));
  frameworks_.erase(found);
  if (completed_frameworks_.size() > config_.completed_frameworks_max) completed_frameworks_.pop_front();
  journal_.erase(framework_kind, id.value);
}

// Ends what the task has running, without telling anybody.
void Agent::Core::end_container(const TaskRun& run) {
  if (run.container.empty() || has_ended(run)) return;
  if (!run.launched) {
    emit(Remove{run.container});
    return;
  }
  const bool running = run.executor.phase() == CommandExecutor::Phase::running;
  dying_.emplace(run.container,
                 Dying{.launching = !running, .name = sandbox_name(run), .volumes = volumes_used_by(*run.info)});
  if (!running) return;
  emit(Signal{run.container, SIGTERM});
  dying_timers_.set(run.container, now_.steady + config_.executor_shutdown_grace_period);
}

// Likewise: it is told to shut down, and its updates go nowhere.
void Agent::Core::end_container(const ExecutorRun& executor) {
  if (!executor.launched) return emit(Remove{executor.container});
  if (!executor.is_custom() || executor.phase == ExecutorRun::Phase::terminated) return;
  dying_.emplace(executor.container,
                 Dying{.launching = executor.pid == 0, .executor = executor.key, .stream = executor.stream});
  if (executor.pid == 0) return;
  if (!executor.has_subscribed) return emit(Destroy{executor.container});
  if (executor.stream) emit(SendExecutor{*executor.stream, shutdown_event()});
  dying_timers_.set(executor.container, now_.steady + shutdown_grace(executor));
}

const Agent::Core::Dying* Agent::Core::find_dying(const ExecutorKey& executor) const {
  const auto found = std::ranges::find_if(dying_, [&](const auto& entry) { return entry.second.executor == executor; });
  return found == dying_.end() ? nullptr : &found->second;
}

void Agent::Core::on_dying_exit(const ContainerId& id) {
  const auto dying = dying_.extract(id);
  if (dying.mapped().stream) emit(CloseExecutorStream{*dying.mapped().stream});
  dying_timers_.cancel(id);
  emit(Remove{id});
  if (!dying.empty() && dying.mapped().name) collect(*dying.mapped().name);
  exit_if_left();
}

void Agent::Core::on(const Leave& event) {
  if (life_ == Life::created || life_ == Life::recovering) return exit(0, event.message);
  if (life_ != Life::active && life_ != Life::reconnecting) return;
  if (registration_.state() == Registration::State::registered) {
    auto message = std::make_shared<link::ToMaster>();
    message->mutable_unregister();
    send(std::move(message));
  }
  leave(event.message);
}

void Agent::Core::leave(std::string message) {
  log(log::Level::warning, message + ": ending all tasks");
  life_ = Life::leaving;
  reconnecting_until_.reset();
  leave_message_ = std::move(message);
  while (!frameworks_.empty()) remove_framework(frameworks_.begin()->first);
  streams_.clear();
  operations_.clear();
  garbage_.stop();
  waiting_runs_.clear();
  if (std::exchange(drain_, std::nullopt)) journal_.erase(drain_kind, agent_record_id);
  deferred_.clear();
  registration_.stop();
  journal_.erase(agent_kind, agent_record_id);
  journal_.then(AllErased{});
}

void Agent::Core::exit_if_left() {
  if (life_ == Life::leaving && all_erased_ && dying_.empty()) exit(0, leave_message_);
}

}  // namespace stoa::agent
