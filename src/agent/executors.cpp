// Executors that outlive their tasks: from the first order for one to its tasks' delivery (EXE-047, EXE-175..179).
#include <fmt/format.h>

#include <utility>

#include "agent/container_status.h"
#include "agent/core.h"
#include "agent/environment.h"
#include "agent/executor_events.h"
#include "agent/launch_command.h"
#include "agent/launch_order.h"
#include "agent/resources.h"
#include "agent/sandbox_paths.h"
#include "base/check.h"
#include "mesos/v1/mesos.pb.h"
#include "model/resources.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

constexpr double cpus_min = 0.01;
constexpr double mem_min = 32;  // MB.

bool is_below_minimum(const v1::ExecutorInfo& info) {
  double cpus = 0;
  double mem = 0;
  for (const auto& resource : info.resources()) {
    if (resource.name() == "cpus") cpus += resource.scalar().value();
    if (resource.name() == "mem") mem += resource.scalar().value();
  }
  return cpus < cpus_min || mem < mem_min;
}

}  // namespace

ExecutorRun& Agent::Core::add_executor(const ExecutorKey& key, std::shared_ptr<const v1::ExecutorInfo> info,
                                       ContainerId container) {
  const auto [found, is_new] = executors_.try_emplace(key);
  CHECK(is_new, "an executor that is here already");
  ExecutorRun& executor = found->second;
  executor.key = key;
  executor.kind = is_default_executor(*info) ? ExecutorRun::Kind::built_in : ExecutorRun::Kind::custom;
  executor.directory = sandbox_directory({id_, key.framework, key.executor, container});
  executor.container = std::move(container);
  executor.info = std::move(info);
  executor_containers_.emplace(executor.container, key);
  ++frameworks_.at(key.framework).runs;
  return executor;
}

void Agent::Core::accept_on_executor(const LaunchOrder& order) {
  const ExecutorKey key{order.framework_id(), order.executor_id()};
  ExecutorRun* executor = find_executor(key);
  if (executor == nullptr) executor = &start_executor(key, *order.executor);
  ExecutorRun::Batch batch{.number = ++executor->last_batch, .is_group = order.is_group};
  for (const auto* task : order.tasks) {
    const TaskKey name{key.framework, TaskId(task->task_id().value())};
    ContainerId container;
    if (!executor->is_custom()) container = nested_container(executor->container, uuid_text(random_.uuid_bytes()));
    TaskRun& run = add_run(name, std::make_shared<const v1::TaskInfo>(without_secrets(*task)), std::move(container),
                           Place{key.executor, batch.number, order.tasks.size(), order.is_group});
    run.undelivered = std::make_shared<const v1::TaskInfo>(*task);
    if (run.checks) run.checks->know(run.undelivered);
    executor->forget_ended(name.task);
    executor->tasks.insert(name.task);
    ++executor->live;
    batch.tasks.push_back(name.task);
    store_task(run);
  }
  if (!executor->is_custom()) life_timers_.cancel(key);  // It was to end for want of tasks.
  journal_.then(BatchStored{key, executor->container, batch.number});
  executor->queue.push_back(std::move(batch));
}

// Its record is durable before its sandbox is made; the tasks of the first order go into the same write.
ExecutorRun& Agent::Core::start_executor(const ExecutorKey& key, const v1::ExecutorInfo& given) {
  auto info = std::make_shared<v1::ExecutorInfo>(given);
  info->mutable_framework_id()->set_value(key.framework.value);
  ExecutorRun& executor = add_executor(key, std::make_shared<const v1::ExecutorInfo>(without_secrets(*info)),
                                       ContainerId(uuid_text(random_.uuid_bytes())));
  executor.undelivered = std::move(info);
  if (executor.is_custom() && is_below_minimum(*executor.info))
    log(log::Level::warning,
        fmt::format("executor {} has less than {} cpus or {} MB of memory", key.text(), cpus_min, mem_min));
  store_executor(executor);
  journal_.then(ExecutorStored{key, executor.container});
  return executor;
}

void Agent::Core::store_executor(const ExecutorRun& executor) {
  journal_.put(executor_kind, executor.key.text(),
               encode(StoredExecutor{.key = executor.key,
                                     .info = executor.info,
                                     .container = executor.container,
                                     .pid = executor.pid,
                                     .subscribed = executor.has_subscribed,
                                     .terminating = executor.phase == ExecutorRun::Phase::terminating,
                                     .had_task = executor.had_task}));
}

void Agent::Core::on_executor_stored(const ExecutorStored& stored) {
  const ExecutorRun* executor = find_executor(stored.key);
  if (executor == nullptr || executor->container != stored.container || !executor->is_alive()) return;
  if (must_hold(stored, executor->directory)) return;
  PrepareSandbox effect{.id = executor->container, .directory = executor->directory};
  effect.link = sandbox_latest_link({id_, executor->key.framework, executor->key.executor, executor->container});
  effect.user = user_of(*executor);
  effect.volumes = volumes_of(*executor);
  effect.disk_bytes = disk_bytes_of(executor->info->resources());
  if (executor->undelivered->has_command())
    effect.command = std::shared_ptr<const v1::CommandInfo>(executor->undelivered, &executor->undelivered->command());
  emit(std::move(effect));
}

std::optional<std::string> Agent::Core::user_of(const ExecutorRun& executor) const {
  if (!config_.switch_user) return std::nullopt;
  if (executor.info->command().has_user()) return executor.info->command().user();
  return frameworks_.at(executor.key.framework).info->user();
}

void Agent::Core::on_batch_stored(const BatchStored& stored) {
  ExecutorRun* executor = find_executor(stored.key);
  if (executor == nullptr || executor->container != stored.container) return;
  if (must_hold(stored, executor->directory)) return;
  ExecutorRun::Batch* batch = executor->find_batch(stored.number);
  if (batch == nullptr) return;  // Killed meanwhile.
  batch->stored = true;
  deliver(*executor);
}

void Agent::Core::on_executor_sandbox(ExecutorRun& executor, const SandboxReady& event) {
  if (!executor.is_alive() || executor.launched) return;
  if (const Result<>& result = event.result; !result.has_value()) {
    executor.verdict = {v1::TASK_DROPPED, v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                        "Failed to prepare the sandbox: " + result.error().message};
    if (event.fetching)
      executor.verdict = {v1::TASK_FAILED, v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
                          "Failed to launch container: " + result.error().message};
    return executor_ended(executor, {.wait_status = wait_status_unknown});
  }
  if (executor.is_custom()) return launch_executor(executor);
  executor.launched = true;
  executor.undelivered.reset();
  executor.phase = ExecutorRun::Phase::running;
  deliver(executor);
}

void Agent::Core::launch_executor(ExecutorRun& executor) {
  const auto info = std::exchange(executor.undelivered, nullptr);
  Launch effect{.id = executor.container, .directory = config_.work_dir + "/" + executor.directory};
  auto environment = executor_environment({.config = config_,
                                           .framework = *frameworks_.at(executor.key.framework).info,
                                           .executor = *info,
                                           .agent = id_,
                                           .directory = effect.directory});
  if (environment.has_value() && !set_command(info->command(), effect))
    environment = std::unexpected(Error{Code::invalid_argument, "the executor's command is empty"});
  if (!environment.has_value()) return on_executor_launched(executor, std::unexpected(environment.error()));
  effect.environment = std::move(environment->variables);
  effect.command_names = std::move(environment->command_names);
  effect.user = user_of(executor);
  effect.executor = executor.info;
  effect.tasks = unfinished(executor);
  executor.launched = true;
  emit(std::move(effect));
}

void Agent::Core::on_executor_launched(ExecutorRun& executor, const Result<int>& pid) {
  if (executor.phase == ExecutorRun::Phase::terminated) return;
  if (!pid.has_value()) {
    if (executor.is_alive())
      executor.verdict = {v1::TASK_FAILED, v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
                          "Failed to launch container: " + pid.error().message};
    return executor_ended(executor, {.wait_status = wait_status_unknown});
  }
  executor.pid = *pid;
  store_executor(executor);
  // From here on, so that no transfer counts against it (EXE-096). It may have subscribed before this was told.
  if (executor.phase == ExecutorRun::Phase::registering)
    life_timers_.set(executor.key, now_.steady + config_.executor_registration_timeout);
}

// What runs, or will run, in its container.
std::vector<std::shared_ptr<const v1::TaskInfo>> Agent::Core::unfinished(const ExecutorRun& executor) const {
  std::vector<std::shared_ptr<const v1::TaskInfo>> result;
  for (const TaskId& task : executor.tasks) {
    const TaskRun& run = runs_.at({executor.key.framework, task});
    if (!has_ended(run)) result.push_back(run.info);
  }
  return result;
}

// Lets go what may go. The container gets what it needs for its tasks before it gets the tasks (EXE-047).
void Agent::Core::deliver(ExecutorRun& executor) {
  if (executor.phase != ExecutorRun::Phase::running) return;
  if (!executor.is_custom()) return prepare_groups(executor);
  if (!executor.announced || !executor.announce_stored()) return;
  resize(executor, {});
}

void Agent::Core::resize(ExecutorRun& executor, ExecutorRun::Resizing then) {
  executor.resizing.push_back(std::move(then));
  Resize effect{.id = executor.container, .tasks = unfinished(executor), .needs = {}};
  std::vector<const v1::TaskInfo*> tasks;
  for (const auto& task : effect.tasks) tasks.push_back(task.get());
  // Hard limits of CPUs for everybody (--cgroups_enable_cfs) are for runtimes that isolate.
  effect.needs = container_needs(executor.info.get(), tasks, false);
  emit(std::move(effect));
}

void Agent::Core::on(const ContainerResized& event) {
  ExecutorRun* executor = find_executor(event.id);
  if (executor == nullptr || executor->resizing.empty()) return;
  const ExecutorRun::Resizing then = std::move(executor->resizing.front());
  executor->resizing.pop_front();
  if (then.terminal) forward_held(*executor, then);
  if (!event.result.has_value()) {
    if (executor->is_alive())
      end_executor(*executor, {v1::TASK_GONE, v1::TaskStatus::REASON_CONTAINER_UPDATE_FAILED,
                               "Failed to update the resources of the container: " + event.result.error().message});
    return;
  }
  if (!then.terminal) send_queue(*executor);
}

void Agent::Core::send_queue(ExecutorRun& executor) {
  if (executor.phase != ExecutorRun::Phase::running || !executor.announced) return;
  for (const ExecutorRun::Batch& batch : executor.take_announced()) {
    std::vector<std::shared_ptr<const v1::TaskInfo>> tasks;
    for (const TaskId& task : batch.tasks) {
      TaskRun& run = runs_.at({executor.key.framework, task});
      if (has_ended(run)) continue;
      run.delivered = true;
      tasks.push_back(run.undelivered);
      refresh(run);
    }
    if (tasks.empty()) continue;
    emit(SendExecutor{*executor.stream, batch.is_group ? launch_group_event(tasks) : launch_event(*tasks.front())});
  }
}

void Agent::Core::kill(TaskRun& run, const v1::KillPolicy* policy) {
  ExecutorRun* executor = executor_of(run);
  if (executor != nullptr && !run.delivered) return kill_undelivered(*executor, run);
  if (executor == nullptr || !executor->is_custom()) {
    std::optional<Duration> grace;
    if (policy != nullptr && policy->has_grace_period()) grace = Duration(policy->grace_period().nanoseconds());
    return apply(run, run.executor.kill(grace, now_.steady));
  }
  // Said again when it subscribes anew: the word may be lost with the stream.
  run.kill = kill_event(run.key.task, policy);
  if (executor->announced) emit(SendExecutor{*executor->stream, run.kill});
}

// Neither the task nor, of a group, any other member will run (EXE-103).
void Agent::Core::kill_undelivered(ExecutorRun& executor, TaskRun& killed) {
  const std::uint64_t number = killed.place->batch;
  const char* text = killed.place->is_group ? "A task of its group was killed before delivery to the executor"
                                            : "Killed before delivery to the executor";
  executor.remove_batch(number);
  executor.preparing.erase(number);
  for (TaskRun* run : batch_of(executor, number))
    if (!has_ended(*run))
      report(*run, {.state = v1::TASK_KILLED,
                    .reason = v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
                    .from_agent = true,
                    .message = text});
}

std::vector<Agent::Core::TaskRun*> Agent::Core::batch_of(const ExecutorRun& executor, std::uint64_t number) {
  std::vector<TaskRun*> result;
  for (const TaskId& task : executor.tasks) {
    TaskRun& run = runs_.at({executor.key.framework, task});
    if (run.place->batch == number) result.push_back(&run);
  }
  return result;
}

ExecutorRun* Agent::Core::find_executor(const ExecutorKey& key) {
  const auto found = executors_.find(key);
  return found == executors_.end() ? nullptr : &found->second;
}

ExecutorRun* Agent::Core::find_executor(const ContainerId& container) {
  const auto found = executor_containers_.find(container);
  return found == executor_containers_.end() ? nullptr : find_executor(found->second);
}

// The executor that the task is on. None: it has its own, or its executor is gone.
const ExecutorRun* Agent::Core::executor_of(const TaskRun& run) const {
  if (!run.place) return nullptr;
  const auto found = executors_.find({run.key.framework, run.place->executor});
  return found != executors_.end() && found->second.tasks.contains(run.key.task) ? &found->second : nullptr;
}

ExecutorRun* Agent::Core::executor_of(const TaskRun& run) {
  return const_cast<ExecutorRun*>(std::as_const(*this).executor_of(run));
}

}  // namespace stoa::agent
