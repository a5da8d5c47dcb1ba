// What the last life left behind, and what becomes of it (AGT-080..091).
#include <fmt/format.h>

#include <utility>

#include "agent/core.h"
#include "agent/environment.h"
#include "agent/sandbox_paths.h"
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
  if (config_.recover_cleanup || !checkpoint.agent ||
      checkpoint.agent->info->id().value() != event.latest_agent.value) {
    if (!config_.recover_cleanup) erase_all(event.records);
    emit(RecoverContainers{});
    return;
  }
  const StoredAgent& before = *checkpoint.agent;
  const bool rebooted = before.boot_id != boot_id_;
  if (const auto same = check_reconfiguration(*before.info, *config_.info, config_.reconfiguration_additive);
      !same.has_value()) {
    if (!rebooted)
      return exit(1, same.error().message + ". To start as a new agent, remove the link meta/slaves/latest in " +
                         config_.work_dir);
    log(log::Level::warning, same.error().message + ": registering as a new agent after the reboot");
    erase_all(event.records);
    emit(RecoverContainers{});
    return;
  }
  restore(std::move(checkpoint), rebooted);
}

void Agent::Core::erase_all(const std::vector<StoredRecord>& records) {
  for (const auto& record : records) journal_.erase(record.kind, record.id);
}

void Agent::Core::restore(Checkpoint checkpoint, bool rebooted) {
  id_ = AgentId(checkpoint.agent->info->id().value());
  id_is_stored_ = true;
  epoch_ = checkpoint.agent->epoch;
  auto info = std::make_shared<v1::AgentInfo>(*config_.info);
  info->mutable_id()->set_value(id_.value);
  info_ = std::move(info);
  store_agent();
  for (const auto& [id, framework] : checkpoint.frameworks) {
    if (framework->checkpoint()) {
      frameworks_[id].info = framework;
    } else {
      journal_.erase(framework_kind, id.value);
    }
  }
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
  emit(std::move(effect));
}

void Agent::Core::restore_run(const TaskKey& key, const StoredTask* task, const StoredProgress* progress) {
  TaskRun& run =
      add_run(key, task == nullptr ? nullptr : task->info, task == nullptr ? ContainerId() : task->container);
  if (progress == nullptr) return;
  run.pid = progress->pid;
  run.started = progress->started;
  run.restored_kill = progress->kill;
  run.latest = progress->latest;
  streams_.recover(key, progress->pending);
  if (run.checks && run.latest) run.checks->restore(*run.latest);
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
  life_ = Life::active;
  std::map<ContainerId, RecoveredContainer> present;
  for (const auto& container : event.containers) present.emplace(container.id, container);
  for (auto& [key, run] : runs_) {
    if (has_ended(run)) {
      refresh(run);
      continue;
    }
    CommandExecutor::Recovery recovery{.kill = run.restored_kill};
    if (run.latest) recovery.latest = run.latest->state();
    if (const auto found = present.find(run.container); found != present.end()) {
      recovery.container = found->second;
      if (found->second.running) run.pid = found->second.pid;
    }
    run.launched = true;
    run.delivered = run.latest || recovery.container;
    if (recovery.container && !run.started) run.started = now_.wall;
    if (run.started) recovery.ran = Duration(static_cast<Duration::rep>((now_.wall - *run.started) * 1e9));
    apply(run, run.executor.recover(recovery, now_.steady));
    refresh(run);
  }
  for (auto framework = frameworks_.begin(); framework != frameworks_.end();) {
    const FrameworkId id = framework->first;
    const bool idle = framework->second.runs == 0;
    ++framework;
    if (idle) retire_framework(id);
  }
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
