// When a task may have its sandbox: what the master ordered before it has come to pass, its reservations and volumes
// are there, and nothing that its sandbox lies in is being removed (AGT-051, AGT-057, AGT-173).
#include <utility>

#include "agent/core.h"
#include "agent/sandbox_paths.h"
#include "agent/volumes.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

// Of a task and its executor. None: they are not even valid.
std::optional<model::Resources> resources_of(const v1::TaskInfo& task, const v1::ExecutorInfo* executor) {
  auto resources = model::Resources::from_messages(task.resources());
  if (!resources.has_value()) return std::nullopt;
  if (executor != nullptr) {
    const auto own = model::Resources::from_messages(executor->resources());
    if (!own.has_value()) return std::nullopt;
    *resources += *own;
  }
  return resources->without_allocation_role();
}

}  // namespace

void Agent::Core::begin(TaskRun& run) {
  if (operations_.done() < run.after_operation || !garbage_.take_back(run.directory)) {
    waiting_runs_.insert(run.key);
    return;
  }
  waiting_runs_.erase(run.key);
  const auto resources = resources_of(*run.info, run.info->has_executor() ? &run.info->executor() : nullptr);
  if (!resources || !operations_.total().contains(conversions_of(*resources))) {
    report(run, {.state = v1::TASK_DROPPED,
                 .reason = v1::TaskStatus::REASON_RESOURCES_UNKNOWN,
                 .from_agent = true,
                 .message = "The task uses reserved resources or volumes that this agent does not have"});
    return;
  }
  prepare_sandbox(run);
}

// Whatever becomes of the sandbox, the way from it to the volumes ends with the container.
void Agent::Core::release_volumes(const TaskRun& run) {
  const auto resources = resources_of(*run.info, run.info->has_executor() ? &run.info->executor() : nullptr);
  if (!resources) return;
  auto volumes = volume_mounts(*resources, {}, config_.work_dir);
  if (!volumes.empty()) emit(ReleaseVolumes{.directory = run.directory, .volumes = std::move(volumes)});
}

void Agent::Core::begin_waiting() {
  for (const auto& key : std::exchange(waiting_runs_, {}))
    if (TaskRun* run = find_run(key); run != nullptr && !has_ended(*run)) begin(*run);
  for (const auto& stored : std::exchange(held_, {})) on_stored(stored);
}

// Whether the task has volumes, and which. A task of a custom executor has them where that has.
std::vector<VolumeMount> Agent::Core::volumes_of(const TaskRun& run) const {
  if (!run.info) return {};
  const auto resources = resources_of(*run.info, run.info->has_executor() ? &run.info->executor() : nullptr);
  if (!resources || resources->persistent_volumes().empty()) return {};
  return volume_mounts(*resources, volumes_in_use(&run), config_.work_dir);
}

std::vector<VolumeMount> Agent::Core::volumes_of(const ExecutorRun& executor) const {
  auto resources = model::Resources::from_messages(executor.info->resources());
  if (!resources.has_value()) return {};
  return volume_mounts(resources->without_allocation_role(), {}, config_.work_dir);
}

bool Agent::Core::must_hold(const Stored& stored, const std::string& directory) {
  if (operations_.done() == operations_.last() && garbage_.take_back(directory)) return false;
  held_.push_back(stored);
  return true;
}

model::Resources Agent::Core::volumes_in_use(const TaskRun* except) const {
  model::Resources result;
  for (const auto& [key, run] : runs_) {
    if (&run == except || !run.info || has_ended(run) || (run.container.empty() && !run.place)) continue;
    if (const auto resources = resources_of(*run.info, nullptr)) result += resources->persistent_volumes();
  }
  for (const auto& [key, executor] : executors_) {
    const auto own = model::Resources::from_messages(executor.info->resources());
    if (own.has_value()) result += own->without_allocation_role().persistent_volumes();
  }
  for (const auto& [id, dying] : dying_) result += dying.volumes;
  return result;
}

void Agent::Core::apply_operation(const link::ApplyOperation& message) {
  // Those that come later wait for it.
  const bool destroys = message.info().type() == v1::Offer_Operation::DESTROY;
  if (!operations_.apply(message, destroys ? volumes_in_use(nullptr) : model::Resources()))
    log(log::Level::warning, "ignored an operation that is known already, or one too many");
}

void Agent::Core::on(const VolumesChanged& event) {
  if (!event.result.has_value()) log(log::Level::error, "volumes: " + event.result.error().message);
  operations_.changed(event);
}

void Agent::Core::on_operation_stored(const OperationStored& stored) {
  Operations::Sends sends;
  operations_.stored(stored, now_.steady, *effects_, sends);
  send(sends);
  if (stored.what == OperationStored::What::outcome) begin_waiting();
}

void Agent::Core::acknowledge_operation(const link::AcknowledgeOperation& message) {
  if (!operations_.acknowledge(message.operation_uuid(), message.status_uuid()))
    log(log::Level::debug, "ignored an acknowledgement that matches no pending update of an operation");
}

void Agent::Core::reconcile_operations(const link::ReconcileOperations& message) {
  Operations::Sends sends;
  operations_.reconcile(message, sends);
  send(sends);
}

void Agent::Core::send(Operations::Sends& sends) {
  for (auto& message : sends) send(std::move(message));
  sends.clear();
}

}  // namespace stoa::agent
