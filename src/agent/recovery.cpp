// What the last life left behind, and what becomes of it (AGT-080..091).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/core.h"
#include "agent/environment.h"
#include "agent/sandbox_paths.h"
#include "base/text.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

void Agent::Core::on(const Recovered& event) {
  if (life_ != Life::created) return;
  life_ = Life::recovering;
  boot_id_ = event.boot_id;
  Checkpoint checkpoint = decode(event.records);
  for (const auto& problem : checkpoint.problems) {
    if (config_.strict) return exit(1, problem + "; --no-strict recovers the rest");
    log(log::Level::error, problem);
  }
  if (config_.recover_cleanup) return emit(RecoverContainers{});
  if (!checkpoint.agent || checkpoint.agent->info->id().value() != event.latest_agent.value)
    return start_anew(event.records, checkpoint);
  const StoredAgent& before = *checkpoint.agent;
  const bool rebooted = before.boot_id != boot_id_;
  if (const auto same = check_reconfiguration(*before.info, *config_.info, config_.reconfiguration_additive);
      !same.has_value()) {
    if (!rebooted)
      return exit(1, same.error().message + ". To start as a new agent, remove the link meta/slaves/latest in " +
                         config_.work_dir);
    log(log::Level::warning, same.error().message + ": registering as a new agent after the reboot");
    return start_anew(event.records, checkpoint);
  }
  restore(std::move(checkpoint), rebooted);
}

// As a new agent. Reservations and volumes belong to the machine, not to the name of its agent.
void Agent::Core::start_anew(const std::vector<StoredRecord>& records, const Checkpoint& checkpoint) {
  for (const auto& record : records)
    if (record.kind != resources_kind) journal_.erase(record.kind, record.id);
  if (recover_resources(checkpoint, true)) emit(RecoverContainers{});
}

bool Agent::Core::recover_resources(const Checkpoint& checkpoint, bool new_identity) {
  auto flags = model::Resources::from_messages(config_.info->resources());
  const Result<> recovered = flags.has_value() ? operations_.recover(*flags, checkpoint, new_identity, *effects_)
                                               : std::unexpected(flags.error());
  if (!recovered.has_value()) exit(1, recovered.error().message);
  return recovered.has_value();
}

void Agent::Core::restore(Checkpoint checkpoint, bool rebooted) {
  id_ = AgentId(checkpoint.agent->info->id().value());
  id_is_stored_ = true;
  epoch_ = checkpoint.agent->epoch;
  auto info = std::make_shared<v1::AgentInfo>(*config_.info);
  info->mutable_id()->set_value(id_.value);
  info_ = std::move(info);
  operations_.set_agent(id_);
  if (!recover_resources(checkpoint, false)) return;
  drain_ = checkpoint.drain;
  store_agent();
  for (const auto& [id, framework] : checkpoint.frameworks) {
    if (framework->checkpoint()) {
      frameworks_[id].info = framework;
    } else {
      journal_.erase(framework_kind, id.value);
    }
  }
  restore_executors(checkpoint);
  for (const auto& [key, task] : checkpoint.tasks) {
    if (!frameworks_.contains(key.framework)) {
      journal_.erase(task_kind, key.text());
      journal_.erase(progress_kind, key.text());
      continue;
    }
    const auto progress = checkpoint.progress.find(key);
    restore_run(key, &task, progress == checkpoint.progress.end() ? nullptr : &progress->second);
  }
  for (const auto& [key, progress] : checkpoint.progress) {
    if (checkpoint.tasks.contains(key)) continue;
    if (frameworks_.contains(key.framework) && !progress.pending.empty()) {
      restore_run(key, nullptr, &progress);
    } else {
      journal_.erase(progress_kind, key.text());
    }
  }
  RecoverContainers effect;
  if (!rebooted)
    for (const auto& [key, run] : runs_)
      if (!run.container.empty() && !has_ended(run)) effect.known.push_back(run.container);
  if (!rebooted)
    for (const auto& [key, executor] : executors_)
      if (executor.is_custom()) effect.known.push_back(executor.container);
  emit(std::move(effect));
}

void Agent::Core::restore_executors(const Checkpoint& checkpoint) {
  for (const auto& [key, stored] : checkpoint.executors) {
    if (!frameworks_.contains(key.framework)) {
      journal_.erase(executor_kind, key.text());
      continue;
    }
    ExecutorRun& executor = add_executor(key, stored.info, stored.container);
    executor.phase = stored.terminating ? ExecutorRun::Phase::terminating : ExecutorRun::Phase::registering;
    executor.launched = true;
    executor.pid = stored.pid;
    executor.has_subscribed = executor.subscription_stored = stored.subscribed;
    executor.had_task = stored.had_task;
  }
}

void Agent::Core::restore_run(const TaskKey& key, const StoredTask* task, const StoredProgress* progress) {
  std::optional<Place> place;
  ExecutorRun* executor = nullptr;
  if (task != nullptr && task->executor) {
    place = Place{.executor = *task->executor, .batch = task->batch};
    executor = find_executor(ExecutorKey{key.framework, *task->executor});
    place->is_group = executor != nullptr && !executor->is_custom();
  }
  TaskRun& run = add_run(key, task == nullptr ? nullptr : task->info, task == nullptr ? ContainerId() : task->container,
                         std::move(place));
  if (executor != nullptr) {
    executor->tasks.insert(key.task);
    executor->last_batch = std::max(executor->last_batch, task->batch);
  }
  if (progress == nullptr) return;
  run.pid = progress->pid;
  run.started = progress->started;
  run.restored_kill = progress->kill;
  run.latest = progress->latest;
  streams_.recover(key, progress->pending);
  if (run.checks && run.latest) run.checks->restore(*run.latest);
  if (task == nullptr || task->executor) {  // What a command task tells has no executor that could say it again.
    for (const auto& status : progress->pending) run.note_received(status->uuid());
    for (const std::string& uuid : progress->received) {
      if (!run.has_received(uuid)) run.note_received(uuid);
    }
  }
  if (!run.task || !run.latest) return;
  auto restored = std::make_shared<v1::Task>(*run.task);
  restored->set_state(run.latest->state());
  for (const auto& status : progress->pending) *restored->add_statuses() = *status;
  if (progress->pending.empty()) *restored->add_statuses() = *run.latest;
  run.task = std::move(restored);
}

void Agent::Core::on(const ContainersRecovered& event) {
  if (life_ != Life::recovering) return;
  if (config_.recover_cleanup) return exit(0, "all executors are shut down, as --recover=cleanup asks");
  std::map<ContainerId, RecoveredContainer> present;
  for (const auto& container : event.containers) present.emplace(container.id, container);
  for (auto& [key, run] : runs_) {
    if (has_ended(run)) {
      refresh(run);
      continue;
    }
    recover_run(run, present);
    refresh(run);
  }
  life_ = Life::reconnecting;
  std::vector<ExecutorKey> executors;
  for (const auto& [key, executor] : executors_) executors.push_back(key);
  for (const ExecutorKey& key : executors) recover_executor(executors_.at(key), present);
  for (auto framework = frameworks_.begin(); framework != frameworks_.end();) {
    const FrameworkId id = framework->first;
    const bool idle = framework->second.runs == 0;
    ++framework;
    if (idle) retire_framework(id);
  }
  reconnecting_until_ = now_.steady + config_.executor_reregistration_timeout;
  finish_reconnecting(false);
}

void Agent::Core::recover_run(TaskRun& run, const std::map<ContainerId, RecoveredContainer>& present) {
  const ExecutorRun* executor = executor_of(run);
  if (run.place && executor == nullptr)
    return report(run, {.state = v1::TASK_FAILED,
                        .reason = v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                        .from_agent = true,
                        .message = "The executor of the task is not in the agent's state"});
  run.launched = true;
  run.delivered = true;
  if (executor != nullptr && executor->is_custom()) return;  // What becomes of it is its executor's to say.
  CommandExecutor::Recovery recovery{.kill = run.restored_kill};
  if (run.latest) recovery.latest = run.latest->state();
  if (const auto found = present.find(run.container); found != present.end()) {
    recovery.container = found->second;
    if (found->second.running) run.pid = found->second.pid;
  }
  run.delivered = run.latest || recovery.container || executor != nullptr;
  if (recovery.container && !run.started) run.started = now_.wall;
  if (run.started) recovery.ran = Duration(static_cast<Duration::rep>((now_.wall - *run.started) * 1e9));
  apply(run, run.executor.recover(recovery, now_.steady));
}

// After its tasks.
void Agent::Core::recover_executor(ExecutorRun& executor, const std::map<ContainerId, RecoveredContainer>& present) {
  const std::set<TaskId> tasks = executor.tasks;
  for (const TaskId& task : tasks)
    if (!has_ended(runs_.at({executor.key.framework, task}))) ++executor.live;
  if (!executor.is_custom()) {
    const bool is_ending = executor.phase == ExecutorRun::Phase::terminating;
    executor.phase = ExecutorRun::Phase::running;
    for (const TaskId& task : tasks) {
      const TaskRun& run = runs_.at({executor.key.framework, task});
      if (has_ended(run)) end_group(executor, run);
    }
    return is_ending ? shut_down(executor) : end_if_idle(executor);
  }
  const auto found = present.find(executor.container);
  if (found == present.end() || !found->second.running) {
    const int status = found == present.end() ? wait_status_unknown : found->second.wait_status;
    return executor_ended(executor, {.id = executor.container, .wait_status = status});
  }
  executor.pid = found->second.pid;
  if (executor.phase == ExecutorRun::Phase::terminating)
    life_timers_.set(executor.key, now_.steady + shutdown_grace(executor));
}

// Ends the wait for executors if it is over, or if there is nobody to wait for (EXE-110).
void Agent::Core::finish_reconnecting(bool is_over) {
  if (life_ != Life::reconnecting || !reconnecting_until_) return;
  std::vector<ExecutorKey> missing;
  for (const auto& [key, executor] : executors_)
    if (executor.phase == ExecutorRun::Phase::registering) missing.push_back(key);
  if (!missing.empty() && !is_over) return;
  for (const ExecutorKey& key : missing)
    end_executor(executors_.at(key),
                 {v1::TASK_GONE, v1::TaskStatus::REASON_EXECUTOR_REREGISTRATION_TIMEOUT,
                  "Executor did not reregister within " + format_duration(config_.executor_reregistration_timeout)});
  reconnecting_until_.reset();
  life_ = Life::active;
  kill_all_for_drain();
  start_collection();
  registration_.start(now_.steady);
}

CommandExecutor::Options Agent::Core::executor_options(const v1::FrameworkInfo& framework,
                                                       const v1::TaskInfo& task) const {
  CommandExecutor::Options options{.task_killing = has_task_killing(framework),
                                   .kill_grace = config_.kill_grace_period};
  if (task.kill_policy().has_grace_period())
    options.kill_grace = Duration(task.kill_policy().grace_period().nanoseconds());
  if (task.has_max_completion_time()) options.completion_max = Duration(task.max_completion_time().nanoseconds());
  return options;
}

}  // namespace stoa::agent
