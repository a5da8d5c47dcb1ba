// One task on this agent: from its acceptance, over its container and its updates, to the acknowledgement of the last
// one.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "agent/container_status.h"
#include "agent/core.h"
#include "agent/environment.h"
#include "agent/launch_command.h"
#include "agent/sandbox_paths.h"
#include "base/check.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

std::optional<TimePoint> earlier(const std::optional<TimePoint>& a, const std::optional<TimePoint>& b) {
  return a && b ? std::min(a, b) : (a ? a : b);
}

v1::Task task_of(const FrameworkId& framework, const v1::TaskInfo& info, const std::string& user) {
  v1::Task task;
  task.set_name(info.name());
  *task.mutable_task_id() = info.task_id();
  task.mutable_framework_id()->set_value(framework.value);
  *task.mutable_agent_id() = info.agent_id();
  task.set_state(v1::TASK_STAGING);
  *task.mutable_resources() = info.resources();
  if (info.has_labels()) *task.mutable_labels() = info.labels();
  if (info.has_discovery()) *task.mutable_discovery() = info.discovery();
  if (info.has_container()) *task.mutable_container() = info.container();
  if (info.has_health_check()) *task.mutable_health_check() = info.health_check();
  if (info.has_kill_policy()) *task.mutable_kill_policy() = info.kill_policy();
  *task.mutable_limits() = info.limits();
  task.set_user(user);
  return task;
}

}  // namespace

Agent::Core::Framework& Agent::Core::add_framework(const v1::FrameworkInfo& info) {
  const FrameworkId id(info.id().value());
  const auto [found, is_new] = frameworks_.try_emplace(id);
  Framework& framework = found->second;
  if (!is_new) return framework;
  for (auto completed = completed_frameworks_.begin(); completed != completed_frameworks_.end(); ++completed) {
    if (completed->first != id) continue;
    framework = std::move(completed->second);
    completed_frameworks_.erase(completed);
    break;
  }
  framework.info = std::make_shared<const v1::FrameworkInfo>(info);
  journal_.put(framework_kind, id.value, encode(info));
  return framework;
}

bool Agent::Core::TaskRun::has_received(const std::string& uuid) const {
  return std::ranges::find(received, uuid) != received.end();
}

void Agent::Core::TaskRun::note_received(const std::string& uuid) {
  received.push_back(uuid);
  if (received.size() > received_max) received.pop_front();
}

Agent::Core::TaskRun& Agent::Core::add_run(const TaskKey& key, std::shared_ptr<const v1::TaskInfo> info,
                                           ContainerId container, std::optional<Place> place) {
  const auto [found, is_new] = runs_.try_emplace(key);
  CHECK(is_new, "a task that runs already");
  TaskRun& run = found->second;
  run.key = key;
  run.place = std::move(place);
  run.container = std::move(container);
  run.info = std::move(info);
  Framework& framework = frameworks_.at(key.framework);
  ++framework.runs;
  if (run.info) {
    describe(run, framework);
  } else {
    ++framework.strangers;
  }
  refresh(run);
  return run;
}

// Everything that follows from what the task is and where it runs.
void Agent::Core::describe(TaskRun& run, const Framework& framework) {
  const TaskKey& key = run.key;
  const ExecutorRun* executor = run.place ? find_executor(ExecutorKey{key.framework, run.place->executor}) : nullptr;
  run.executor = CommandExecutor(executor_options(*framework.info, *run.info));
  std::string user = framework.info->user();
  if (executor != nullptr) {
    run.executor_info = executor->info;
    if (executor->info->command().has_user()) user = executor->info->command().user();
  } else if (!run.place) {
    run.executor_info = std::make_shared<const v1::ExecutorInfo>(command_executor_info(key.framework, *run.info));
  }
  if (run.info->command().has_user()) user = run.info->command().user();
  v1::Task task = task_of(key.framework, *run.info, user);
  if (run.place) task.mutable_executor_id()->set_value(run.place->executor.value);
  run.task = std::make_shared<const v1::Task>(std::move(task));
  if (run.container.empty()) return;
  containers_.emplace(run.container, key);
  run.checks = TaskChecks::of(run.info);
  run.directory = executor != nullptr ? nested_sandbox_directory(executor->directory, own_name(run.container))
                                      : sandbox_directory(sandbox_name(run));
}

void Agent::Core::accept(const TaskKey& key, const v1::TaskInfo& info) {
  const ContainerId container(uuid_text(random_.uuid_bytes()));
  TaskRun& run = add_run(key, std::make_shared<const v1::TaskInfo>(without_secrets(info)), container);
  run.undelivered = std::make_shared<const v1::TaskInfo>(info);
  if (run.checks) run.checks->know(run.undelivered);
  store_task(run);
  run.after_operation = operations_.last();
  journal_.then(TaskStored{key, container});
}

void Agent::Core::store_task(const TaskRun& run) {
  StoredTask stored{.framework = run.key.framework, .container = run.container, .info = run.info};
  if (run.place) {
    stored.executor = run.place->executor;
    stored.batch = run.place->batch;
  }
  journal_.put(task_kind, run.key.text(), encode(stored));
}

void Agent::Core::drop(const TaskKey& key, std::shared_ptr<const v1::TaskInfo> info, v1::TaskStatus_Reason reason,
                       std::string message, std::optional<Place> place) {
  TaskRun& run = add_run(key, std::move(info), ContainerId(), std::move(place));
  if (run.info) store_task(run);
  report(run, {.state = v1::TASK_DROPPED, .reason = reason, .from_agent = true, .message = std::move(message)});
}

void Agent::Core::on_task_stored(const TaskStored& stored) {
  TaskRun* run = find_run(stored.key);
  if (run == nullptr || run->container != stored.container || has_ended(*run)) return;
  begin(*run);
}

void Agent::Core::kill(const link::Kill& message) {
  const TaskKey key{FrameworkId(message.framework_id().value()), TaskId(message.task_id().value())};
  for (Parked& order : parked_) {
    if (std::ranges::find(order.tasks, key) == order.tasks.end()) continue;
    order.killed.insert(key);
    return;
  }
  if (TaskRun* run = find_run(key); run != nullptr) {
    if (has_ended(*run)) return;
    kill(*run, message.has_kill_policy() ? &message.kill_policy() : nullptr);
    changed_.insert(key);  // Also where only the grace of an earlier kill became shorter.
    return;
  }
  if (!frameworks_.contains(key.framework)) {
    log(log::Level::warning, fmt::format("ignored a kill of task {}: unknown framework", key.text()));
    return;
  }
  drop(key, nullptr, v1::TaskStatus::REASON_EXECUTOR_TERMINATED, "Cannot find executor");
}

void Agent::Core::on_kill_stored(const KillStored& stored) {
  TaskRun* run = find_run(stored.key);
  if (run == nullptr || run->container != stored.container) return;
  apply(*run, run->executor.kill_saved(now_.steady));
}

void Agent::Core::shut_down_executor(const FrameworkId& framework, const ExecutorId& executor) {
  if (ExecutorRun* known = find_executor(ExecutorKey{framework, executor}); known != nullptr) return shut_down(*known);
  TaskRun* run = find_run(TaskKey{framework, TaskId(executor.value)});
  if (run == nullptr || run->place || has_ended(*run)) return;
  const Duration grace = std::max(config_.executor_shutdown_grace_period - std::chrono::seconds(2), Duration(0));
  apply(*run, run->executor.kill(grace, now_.steady));
}

void Agent::Core::apply(TaskRun& run, const ExecutorActions& actions) {
  for (const auto& action : actions) {
    if (const auto* made = std::get_if<Report>(&action)) {
      report(run, *made);
    } else if (std::holds_alternative<StartProcess>(action)) {
      launch(run);
    } else if (std::holds_alternative<SaveKill>(action)) {
      changed_.insert(run.key);
      journal_.then(KillStored{run.key, run.container});
    } else if (std::holds_alternative<TerminateProcess>(action)) {
      emit(Signal{run.container, SIGTERM});
    } else {
      emit(Destroy{run.container});
    }
  }
  follow_checks(run);
  auto deadline = run.executor.deadline();
  if (run.checks) deadline = earlier(deadline, run.checks->checker.deadline());
  if (deadline) {
    executor_timers_.set(run.key, *deadline);
  } else {
    executor_timers_.cancel(run.key);
  }
}

void Agent::Core::report(TaskRun& run, const Report& report) {
  const v1::FrameworkInfo& framework = *frameworks_.at(run.key.framework).info;
  auto status = std::make_shared<v1::TaskStatus>();
  status->mutable_task_id()->set_value(run.key.task.value);
  status->set_state(state_for(framework, report.state));
  if (!report.message.empty()) status->set_message(report.message);
  status->set_source(report.from_agent ? v1::TaskStatus::SOURCE_AGENT : v1::TaskStatus::SOURCE_EXECUTOR);
  if (report.reason) status->set_reason(*report.reason);
  if (report.limitation) *status->mutable_limitation() = *report.limitation;
  mark_drained(framework, *status);
  status->mutable_agent_id()->set_value(id_.value);
  if (run.place) {
    status->mutable_executor_id()->set_value(run.place->executor.value);
  } else if (run.info) {
    status->mutable_executor_id()->set_value(run.key.task.value);
  }
  status->set_timestamp(now_.wall);
  status->set_uuid(random_.uuid_bytes());
  if (run.delivered) {
    const ExecutorRun* executor = executor_of(run);
    ContainerFacts container{run.container, run.pid};
    if (container.id.empty() && executor != nullptr) container = {executor->container, executor->pid};
    put_container_status(container, config_, *status);
    if (run.checks) run.checks->add_to(*status);
  }
  forward(run, status);
}

// Queues the status for the framework. It is the task's newest.
void Agent::Core::forward(TaskRun& run, const StatusPointer& status) {
  run.latest = status;
  changed_.insert(run.key);
  journal_.then(StatusStored{run.key, streams_.add(run.key, status)});
  if (run.task) {
    auto task = std::make_shared<v1::Task>(*run.task);
    task->set_state(status->state());
    auto& statuses = *task->mutable_statuses();
    if (!statuses.empty() && statuses.rbegin()->state() == status->state()) statuses.RemoveLast();
    *statuses.Add() = *status;
    run.task = std::move(task);
    refresh(run);
  }
  if (!is_terminal(status->state())) return;
  run.undelivered.reset();
  run.kill.reset();
  if (!run.container.empty()) journal_.then(EndStored{run.container});
  ExecutorRun* executor = executor_of(run);
  if (executor == nullptr || life_ == Life::recovering) return;  // Recovery looks at each executor as a whole.
  --executor->live;
  if (!executor->is_custom()) end_group(*executor, run);
  end_if_idle(*executor);
}

void Agent::Core::launch(TaskRun& run) {
  const auto task = std::exchange(run.undelivered, nullptr);
  const v1::CommandInfo& command = task->command();
  Launch effect{.id = run.container, .directory = config_.work_dir + "/" + run.directory};
  auto environment = task_environment({.config = config_,
                                       .framework = *frameworks_.at(run.key.framework).info,
                                       .task = *task,
                                       .executor = run.place ? run.executor_info.get() : nullptr,
                                       .agent = id_,
                                       .directory = effect.directory});
  if (environment.has_value() && !set_command(command, effect))
    environment = std::unexpected(Error{Code::invalid_argument, "the task's command is empty"});
  if (!environment.has_value()) {
    apply(run, run.executor.launched(std::unexpected(environment.error()), now_.steady));
    return;
  }
  effect.environment = std::move(environment->variables);
  effect.command_names = std::move(environment->command_names);
  if (config_.switch_user) effect.user = run.task->user();
  effect.task = task;
  effect.executor = run.executor_info;
  run.launched = true;
  emit(std::move(effect));
}

// Makes the record that readers see anew.
void Agent::Core::refresh(TaskRun& run) {
  if (!run.info) return;
  auto task = std::make_shared<TaskRecord>();
  task->framework = run.key.framework;
  task->id = run.key.task;
  task->info = run.info;
  task->task = run.task;
  task->container = run.container;
  task->pid = run.pid;
  if (run.latest && is_terminal(run.latest->state())) {
    task->stage = run.closing ? TaskStage::completed : TaskStage::terminated;
  } else if (run.place && run.container.empty()) {
    task->stage = run.delivered ? TaskStage::launched : TaskStage::queued;
  } else {
    task->stage = run.executor.phase() == CommandExecutor::Phase::queued ? TaskStage::queued : TaskStage::launched;
  }
  run.shown = std::move(task);
  if (run.place) return;
  auto executor = std::make_shared<ExecutorRecord>();
  executor->info = run.executor_info;
  executor->container = run.container;
  if (!run.directory.empty()) executor->directory = config_.work_dir + "/" + run.directory;
  executor->pid = run.pid;
  if (has_ended(run)) {
    executor->stage = ExecutorStage::terminated;
  } else if (run.executor.phase() == CommandExecutor::Phase::queued) {
    executor->stage = ExecutorStage::registering;
  }
  executor->tasks.push_back(run.shown);
  run.record = std::move(executor);
}

void Agent::Core::on_acknowledgement_stored(const AcknowledgementStored& stored) {
  UpdateStreams::Sends sends;
  streams_.acknowledgement_durable(stored.key, now_.steady, sends);
  send(sends);
  TaskRun* run = find_run(stored.key);
  if (run == nullptr) return;
  if (stored.terminal && run->closing) return complete(stored.key);
  if (run->checks && run->checks->owed) return apply(*run, {});
  if (run->info || has_ended(*run) || streams_.pending(stored.key) > 0) return;
  // Of a task that is none of this agent's, nothing is kept beyond its updates.
  journal_.erase(progress_kind, stored.key.text());
  complete(stored.key);
}

// Nothing of the task is owed to anybody any more.
void Agent::Core::complete(const TaskKey& key) {
  TaskRun& run = runs_.at(key);
  Framework& framework = frameworks_.at(key.framework);
  refresh(run);
  if (run.record && !run.container.empty()) remember(framework, run.record);
  if (!run.info) --framework.strangers;
  ExecutorRun* executor = executor_of(run);
  if (executor != nullptr) {
    executor->tasks.erase(key.task);
    executor->remember(run.shown);
  }
  const SandboxName name = sandbox_name(run);
  const bool is_placed = run.place.has_value();
  containers_.erase(run.container);
  executor_timers_.cancel(key);
  changed_.erase(key);
  streams_.drop(key);
  runs_.erase(key);
  if (executor != nullptr) {
    if (executor->phase != ExecutorRun::Phase::terminated) {
      end_if_idle(*executor);
    } else if (executor->tasks.empty()) {
      complete(executor->key);
    }
  }
  release_framework(key.framework);
  release_parked();
  if (!name.container.empty() && !is_placed) collect(name);
}

void Agent::Core::remember(Framework& framework, std::shared_ptr<const ExecutorRecord> record) {
  framework.completed.push_back(std::move(record));
  if (framework.completed.size() > config_.completed_executors_per_framework_max) framework.completed.pop_front();
}

void Agent::Core::release_framework(const FrameworkId& id) {
  if (--frameworks_.at(id).runs > 0) return;
  const bool is_awaited =
      std::ranges::any_of(parked_, [&](const Parked& order) { return order.tasks.front().framework == id; });
  if (!is_awaited) retire_framework(id);
}

bool Agent::Core::has_ended(const TaskRun& run) const {
  return run.ending || (run.latest && is_terminal(run.latest->state()));
}

Agent::Core::TaskRun* Agent::Core::find_run(const TaskKey& key) {
  const auto found = runs_.find(key);
  return found == runs_.end() ? nullptr : &found->second;
}

Agent::Core::TaskRun* Agent::Core::find_run(const ContainerId& container) {
  const auto found = containers_.find(container);
  return found == containers_.end() ? nullptr : find_run(found->second);
}

StoredProgress Agent::Core::progress_of(const TaskRun& run) const {
  std::vector<std::string> received(run.received.begin(), run.received.end());
  if (run.ending) received.pop_back();  // Not stored until it is forwarded: its executor must say it again if we die.
  if (received.size() > TaskRun::received_stored_max) {
    received.erase(received.begin(), received.end() - TaskRun::received_stored_max);
  }
  return {.key = run.key,
          .pending = streams_.unacknowledged(run.key),
          .latest = run.latest,
          .pid = run.pid,
          .started = run.started,
          .kill = run.executor.saved_kill(),
          .received = std::move(received)};
}

}  // namespace stoa::agent
