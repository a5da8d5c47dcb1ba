// The default executor: task groups, run by the agent itself (EXE-135..155).
//
// Each member has a nested container and the state machine of a command task. The group adds three rules: none starts
// before all can, the end of one that is not TASK_FINISHED ends the others, and a kill of one before delivery kills
// all.
#include <algorithm>
#include <utility>

#include "agent/container_status.h"
#include "agent/core.h"
#include "agent/resources.h"
#include "agent/sandbox_paths.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

// Makes the sandboxes of the groups whose turn it is.
void Agent::Core::prepare_groups(ExecutorRun& executor) {
  executor.announce_stored();
  for (const ExecutorRun::Batch& batch : executor.take_announced()) {
    executor.preparing[batch.number].waiting = batch.tasks.size();
    for (const TaskId& task : batch.tasks) prepare_sandbox(runs_.at({executor.key.framework, task}));
  }
}

void Agent::Core::prepare_sandbox(const TaskRun& run) {
  PrepareSandbox effect{.id = run.container, .directory = run.directory};
  if (run.place) {
    effect.link = task_link(executor_of(run)->directory, run.key.task);
  } else {
    effect.link = sandbox_latest_link({id_, run.key.framework, ExecutorId(run.key.task.value), run.container});
  }
  if (config_.switch_user) effect.user = run.task->user();
  effect.command = std::shared_ptr<const v1::CommandInfo>(run.undelivered, &run.undelivered->command());
  effect.volumes = volumes_of(run);
  effect.disk_bytes = disk_bytes_of(run.undelivered->resources());
  emit(std::move(effect));
}

void Agent::Core::on_member_sandbox(ExecutorRun& executor, TaskRun& run, const Result<>& result) {
  const std::uint64_t number = run.place->batch;
  const auto found = executor.preparing.find(number);
  if (found == executor.preparing.end()) return;
  ExecutorRun::Preparation& preparation = found->second;
  if (!result.has_value()) preparation.failed.emplace(run.key.task, result.error().message);
  if (--preparation.waiting > 0) return;
  const auto failed = std::move(preparation.failed);
  executor.preparing.erase(found);
  if (!failed.empty()) return fail_group(executor, number, failed);
  if (!executor.had_task) {
    executor.had_task = true;
    store_executor(executor);
  }
  const std::vector<TaskRun*> members = batch_of(executor, number);
  for (TaskRun* member : members) member->delivered = true;
  for (TaskRun* member : members)
    if (!has_ended(*member)) apply(*member, member->executor.start());
}

// None of it has started (EXE-145).
void Agent::Core::fail_group(ExecutorRun& executor, std::uint64_t number, const std::map<TaskId, std::string>& failed) {
  for (TaskRun* member : batch_of(executor, number)) {
    if (const auto why = failed.find(member->key.task); why != failed.end()) {
      report(*member, {.state = v1::TASK_FAILED,
                       .reason = v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
                       .from_agent = true,
                       .message = "Failed to launch container: " + why->second});
    } else {
      report(*member, {.state = v1::TASK_KILLED,
                       .reason = v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
                       .from_agent = true,
                       .message = "Another task of its group could not be launched"});
    }
  }
}

// What the end of `ended` means for the rest of its group (EXE-142).
void Agent::Core::end_group(const ExecutorRun& executor, const TaskRun& ended) {
  if (!ended.delivered || ended.latest->state() == v1::TASK_FINISHED) return;
  for (TaskRun* member : batch_of(executor, ended.place->batch))
    if (!has_ended(*member)) apply(*member, member->executor.kill(std::nullopt, now_.steady));
}

// Each task with its own grace, if that is not longer than the executor's (EXE-148).
void Agent::Core::shut_down_groups(ExecutorRun& executor) {
  const Duration bound = shutdown_grace(executor);
  const std::set<TaskId> tasks = executor.tasks;
  for (const TaskId& task : tasks) {
    TaskRun& run = runs_.at({executor.key.framework, task});
    if (has_ended(run)) continue;
    if (!run.delivered) {
      kill_undelivered(executor, run);
    } else {
      apply(run, run.executor.kill(std::min(bound, run.executor.kill_grace()), now_.steady));
    }
  }
  end_if_idle(executor);
}

}  // namespace stoa::agent
