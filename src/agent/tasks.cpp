// One task on this agent: from the master's Run, over its container and its updates, to the acknowledgement of the
// last one.
#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "agent/core.h"
#include "agent/environment.h"
#include "agent/sandbox_paths.h"
#include "base/check.h"
#include "mesos/v1/mesos.pb.h"
#include "model/identifier.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

// Why a task cannot be run by this agent, if that is so.
std::optional<std::string> unacceptable(const link::Run& message) {
  for (const auto* id : {&message.framework_info().id().value(), &message.task().task_id().value()})
    if (const auto valid = model::validate_identifier(*id); !valid.has_value()) return valid.error().message;
  if (message.task().has_executor()) return "Tasks with an executor of their own are not supported by this agent";
  if (!message.task().has_command()) return "The task has no command";
  return std::nullopt;
}

std::optional<Duration> grace_of(const v1::KillPolicy& policy) {
  if (!policy.has_grace_period()) return std::nullopt;
  return Duration(policy.grace_period().nanoseconds());
}

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

void add_container_status(v1::TaskStatus& status, const ContainerId& container, int pid, const Config& config) {
  v1::ContainerStatus& result = *status.mutable_container_status();
  result.mutable_container_id()->set_value(container.value);
  if (pid != 0) result.set_executor_pid(static_cast<std::uint32_t>(pid));
  v1::NetworkInfo& network = *result.add_network_infos();
  for (const auto& address : config.addresses) {
    auto& entry = *network.add_ip_addresses();
    entry.set_protocol(address.contains(':') ? v1::NetworkInfo::IPv6 : v1::NetworkInfo::IPv4);
    entry.set_ip_address(address);
  }
}

}  // namespace

void Agent::Core::run(const link::Run& message) {
  const TaskKey key{FrameworkId(message.framework_info().id().value()), TaskId(message.task().task_id().value())};
  if (const TaskRun* known = find_run(key); known != nullptr) {
    if (known->closing) {
      next_runs_[key] = {.message = std::make_shared<const link::Run>(message)};
    } else {
      log(log::Level::warning, fmt::format("ignored a second order to run task {}", key.text()));
    }
    return;
  }
  add_framework(message.framework_info());
  const auto refuse = [&](v1::TaskStatus_Reason reason, std::string text) {
    drop(key, std::make_shared<const v1::TaskInfo>(without_secrets(message.task())), reason, std::move(text));
  };
  if (const auto why = unacceptable(message)) return refuse(v1::TaskStatus::REASON_TASK_INVALID, *why);
  if (!message.expects_new_executor())
    return refuse(v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                  "The launch expected an executor that runs already, but a command task brings its own");
  accept(key, message.task());
}

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

Agent::Core::TaskRun& Agent::Core::add_run(const TaskKey& key, std::shared_ptr<const v1::TaskInfo> info,
                                           ContainerId container) {
  const auto [found, is_new] = runs_.try_emplace(key);
  CHECK(is_new, "a task that runs already");
  TaskRun& run = found->second;
  run.key = key;
  run.container = std::move(container);
  if (!run.container.empty()) {
    containers_.emplace(run.container, key);
    run.directory = sandbox_directory({id_, key.framework, ExecutorId(key.task.value), run.container});
  }
  run.info = std::move(info);
  Framework& framework = frameworks_.at(key.framework);
  ++framework.runs;
  if (run.info) {
    run.executor = CommandExecutor(executor_options(*framework.info, *run.info));
    run.checks = TaskChecks::of(run.info);
    run.executor_info = std::make_shared<const v1::ExecutorInfo>(command_executor_info(key.framework, *run.info));
    const std::string& user = run.info->command().has_user() ? run.info->command().user() : framework.info->user();
    run.task = std::make_shared<const v1::Task>(task_of(key.framework, *run.info, user));
  }
  refresh(run);
  return run;
}

void Agent::Core::accept(const TaskKey& key, const v1::TaskInfo& info) {
  const ContainerId container(uuid_text(random_.uuid_bytes()));
  TaskRun& run = add_run(key, std::make_shared<const v1::TaskInfo>(without_secrets(info)), container);
  run.undelivered = std::make_shared<const v1::TaskInfo>(info);
  if (run.checks) run.checks->know(run.undelivered);
  journal_.put(task_kind, key.text(),
               encode(StoredTask{.framework = key.framework, .container = container, .info = run.info}));
  journal_.then(TaskStored{key, container});
}

void Agent::Core::drop(const TaskKey& key, std::shared_ptr<const v1::TaskInfo> info, v1::TaskStatus_Reason reason,
                       std::string message) {
  TaskRun& run = add_run(key, std::move(info), ContainerId());
  if (run.info)
    journal_.put(task_kind, key.text(),
                 encode(StoredTask{.framework = key.framework, .container = {}, .info = run.info}));
  report(run, {.state = v1::TASK_DROPPED, .reason = reason, .from_agent = true, .message = std::move(message)});
}

void Agent::Core::on_task_stored(const TaskStored& stored) {
  TaskRun* run = find_run(stored.key);
  if (run == nullptr || run->container != stored.container || has_ended(*run)) return;
  PrepareSandbox effect{.id = run->container, .directory = run->directory};
  effect.link = sandbox_latest_link({id_, run->key.framework, ExecutorId(run->key.task.value), run->container});
  if (config_.switch_user) effect.user = run->task->user();
  effect.command = std::shared_ptr<const v1::CommandInfo>(run->undelivered, &run->undelivered->command());
  emit(std::move(effect));
}

void Agent::Core::kill(const link::Kill& message) {
  const TaskKey key{FrameworkId(message.framework_id().value()), TaskId(message.task_id().value())};
  if (const auto next = next_runs_.find(key); next != next_runs_.end()) {
    next->second.killed = true;
    return;
  }
  if (TaskRun* run = find_run(key); run != nullptr) {
    if (has_ended(*run)) return;
    apply(*run, run->executor.kill(grace_of(message.kill_policy()), now_.steady));
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
  TaskRun* run = find_run(TaskKey{framework, TaskId(executor.value)});
  if (run == nullptr || has_ended(*run)) return;
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
  const v1::TaskState state = state_for(*frameworks_.at(run.key.framework).info, report.state);
  auto status = std::make_shared<v1::TaskStatus>();
  status->mutable_task_id()->set_value(run.key.task.value);
  status->set_state(state);
  if (!report.message.empty()) status->set_message(report.message);
  status->set_source(report.from_agent ? v1::TaskStatus::SOURCE_AGENT : v1::TaskStatus::SOURCE_EXECUTOR);
  if (report.reason) status->set_reason(*report.reason);
  if (report.limitation) *status->mutable_limitation() = *report.limitation;
  status->mutable_agent_id()->set_value(id_.value);
  if (run.info) status->mutable_executor_id()->set_value(run.key.task.value);
  status->set_timestamp(now_.wall);
  status->set_uuid(random_.uuid_bytes());
  if (run.delivered) add_container_status(*status, run.container, run.pid, config_);
  if (run.delivered && run.checks) run.checks->add_to(*status);
  run.latest = status;
  changed_.insert(run.key);
  journal_.then(StatusStored{run.key, streams_.add(run.key, status)});
  if (is_terminal(state)) {
    run.undelivered.reset();
    if (!run.container.empty()) journal_.then(EndStored{run.container});
  }
  if (!run.task) return;
  auto task = std::make_shared<v1::Task>(*run.task);
  task->set_state(state);
  auto& statuses = *task->mutable_statuses();
  if (!statuses.empty() && statuses.rbegin()->state() == state) statuses.RemoveLast();
  *statuses.Add() = *status;
  run.task = std::move(task);
  refresh(run);
}

void Agent::Core::launch(TaskRun& run) {
  const auto task = std::exchange(run.undelivered, nullptr);
  const v1::CommandInfo& command = task->command();
  Launch effect{.id = run.container, .directory = config_.work_dir + "/" + run.directory, .shell = command.shell()};
  auto environment = task_environment({.config = config_,
                                       .framework = *frameworks_.at(run.key.framework).info,
                                       .task = *task,
                                       .agent = id_,
                                       .directory = effect.directory});
  effect.executable = command.value();
  if (!effect.shell) {
    effect.argv.assign(command.arguments().begin(), command.arguments().end());
    if (effect.executable.empty() && !effect.argv.empty()) effect.executable = effect.argv.front();
    if (effect.argv.empty()) effect.argv.push_back(effect.executable);
  }
  if (effect.executable.empty() && environment.has_value())
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
  if (run.latest && is_terminal(run.latest->state())) {
    task->stage = run.closing ? TaskStage::completed : TaskStage::terminated;
  } else {
    task->stage = run.executor.phase() == CommandExecutor::Phase::queued ? TaskStage::queued : TaskStage::launched;
  }
  auto executor = std::make_shared<ExecutorRecord>();
  executor->info = run.executor_info;
  executor->container = run.container;
  if (!run.directory.empty()) executor->directory = config_.work_dir + "/" + run.directory;
  executor->pid = run.pid;
  executor->tasks.push_back(std::move(task));
  run.record = std::move(executor);
}

void Agent::Core::on_acknowledgement_stored(const AcknowledgementStored& stored) {
  UpdateStreams::Sends sends;
  streams_.acknowledgement_durable(stored.key, now_.steady, sends);
  send(sends);
  TaskRun* run = find_run(stored.key);
  if (run == nullptr) return;
  if (run->closing) {
    if (stored.terminal) complete(stored.key);
  } else if (run->checks && run->checks->owed) {
    apply(*run, {});
  }
}

// Nothing of the task is owed to anybody any more.
void Agent::Core::complete(const TaskKey& key) {
  TaskRun& run = runs_.at(key);
  Framework& framework = frameworks_.at(key.framework);
  if (run.info && !run.container.empty()) {
    refresh(run);
    framework.completed.push_back(run.record);
    if (framework.completed.size() > config_.completed_executors_per_framework_max) framework.completed.pop_front();
  }
  containers_.erase(run.container);
  executor_timers_.cancel(key);
  changed_.erase(key);
  runs_.erase(key);
  if (--framework.runs == 0 && !next_runs_.contains(key)) retire_framework(key.framework);
  const auto next = next_runs_.extract(key);
  if (next.empty()) return;
  this->run(*next.mapped().message);
  TaskRun* started = find_run(key);
  if (next.mapped().killed && started != nullptr && !has_ended(*started))
    apply(*started, started->executor.kill(std::nullopt, now_.steady));
}

bool Agent::Core::has_ended(const TaskRun& run) const { return run.latest && is_terminal(run.latest->state()); }

Agent::Core::TaskRun* Agent::Core::find_run(const TaskKey& key) {
  const auto found = runs_.find(key);
  return found == runs_.end() ? nullptr : &found->second;
}

Agent::Core::TaskRun* Agent::Core::find_run(const ContainerId& container) {
  const auto found = containers_.find(container);
  return found == containers_.end() ? nullptr : find_run(found->second);
}

StoredProgress Agent::Core::progress_of(const TaskRun& run) const {
  return {.key = run.key,
          .pending = streams_.unacknowledged(run.key),
          .latest = run.latest,
          .pid = run.pid,
          .started = run.started,
          .kill = run.executor.saved_kill()};
}

}  // namespace stoa::agent
