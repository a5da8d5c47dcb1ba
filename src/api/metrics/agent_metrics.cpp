#include <array>

#include "api/metrics/metrics.h"
#include "api/metrics/resource_metrics.h"
#include "api/v0/values.h"
#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"

namespace stoa::api {
namespace {

using mesos::v1::TaskState;

// There from the start though nothing feeds them yet (V0-157).
constexpr std::array unfed{
    "slave/recovery_errors",
    "slave/container_launch_errors",
    "slave/executors_preempted",
    "containerizer/mesos/container_destroy_errors",
    "containerizer/mesos/provisioner/remove_container_errors",
    "containerizer/mesos/provisioner/bind/remove_rootfs_errors",
};

struct Counted {
  std::map<TaskState, double> tasks;
  std::map<agent::ExecutorStage, double> executors;
  ResourceUse use;
};

void count_framework(const agent::FrameworkRecord& framework, Counted& counted) {
  for (const auto& executor : framework.executors) {
    ++counted.executors[executor->stage];
    for (const auto& record : executor->tasks) {
      ++counted.tasks[record->task->state()];
      if (model::is_terminal(record->task->state())) continue;
      counted.use.used.add(v0::resources_of(record->task->resources()));
    }
    if (executor->stage != agent::ExecutorStage::terminated)
      counted.use.used.add(v0::resources_of(executor->info->resources()));
  }
  for (const auto& executor : framework.completed_executors) {
    ++counted.executors[agent::ExecutorStage::terminated];
    for (const auto& record : executor->tasks) ++counted.tasks[record->task->state()];
  }
}

void add_fetches(MetricValues& values, const ports::FetchCounts& counts) {
  values["containerizer/fetcher/task_fetches_succeeded"] = static_cast<double>(counts.succeeded);
  values["containerizer/fetcher/task_fetches_failed"] = static_cast<double>(counts.failed);
  values["containerizer/fetcher/cache_size_total_bytes"] = static_cast<double>(counts.cache_bytes_max);
  values["containerizer/fetcher/cache_size_used_bytes"] = static_cast<double>(counts.cache_bytes_used);
}

}  // namespace

MetricValues agent_metrics(const agent::Snapshot& state, const ReadingContext& context, WallSeconds now) {
  MetricValues values;
  for (const char* name : unfed) values[name] = 0;
  Counted counted;
  if (state.total) counted.use.total.add(*state.total);
  for (const agent::FrameworkRecord& framework : state.frameworks) count_framework(framework, counted);
  for (const agent::FrameworkRecord& framework : state.completed_frameworks) count_framework(framework, counted);
  values["slave/executor_directory_max_allowed_age_secs"] =
      std::chrono::duration<double>(state.garbage.age_allowed).count();
  values["gc/path_removals_succeeded"] = static_cast<double>(state.garbage.removed);
  values["gc/path_removals_failed"] = static_cast<double>(state.garbage.failed);
  values["gc/path_removals_pending"] = static_cast<double>(state.garbage.pending);
  add_fetches(values, context.fetches ? context.fetches() : ports::FetchCounts{});
  values["slave/uptime_secs"] = now - context.start_time;
  values["slave/registered"] = state.registered ? 1 : 0;
  values["slave/frameworks_active"] = static_cast<double>(state.frameworks.size());
  values["slave/executors_registering"] = counted.executors[agent::ExecutorStage::registering];
  values["slave/executors_running"] = counted.executors[agent::ExecutorStage::running];
  values["slave/executors_terminating"] = counted.executors[agent::ExecutorStage::terminating];
  values["slave/executors_terminated"] = counted.executors[agent::ExecutorStage::terminated];
  values["slave/valid_status_updates"] = static_cast<double>(state.counters.valid_status_updates);
  values["slave/invalid_status_updates"] = static_cast<double>(state.counters.invalid_status_updates);
  values["slave/valid_framework_messages"] = static_cast<double>(state.counters.valid_framework_messages);
  values["slave/invalid_framework_messages"] = static_cast<double>(state.counters.invalid_framework_messages);
  values["slave/registrations_refused"] = static_cast<double>(state.counters.registrations_refused);
  values["slave/tasks_staging"] = counted.tasks[mesos::v1::TASK_STAGING];
  values["slave/tasks_starting"] = counted.tasks[mesos::v1::TASK_STARTING];
  values["slave/tasks_running"] = counted.tasks[mesos::v1::TASK_RUNNING];
  values["slave/tasks_killing"] = counted.tasks[mesos::v1::TASK_KILLING];
  values["slave/tasks_finished"] = counted.tasks[mesos::v1::TASK_FINISHED];
  values["slave/tasks_failed"] = counted.tasks[mesos::v1::TASK_FAILED];
  values["slave/tasks_killed"] = counted.tasks[mesos::v1::TASK_KILLED];
  values["slave/tasks_lost"] = counted.tasks[mesos::v1::TASK_LOST];
  values["slave/tasks_gone"] = counted.tasks[mesos::v1::TASK_GONE];
  add_resource_metrics(values, "slave/", counted.use);
  add_system_metrics(values);
  return values;
}

}  // namespace stoa::api
