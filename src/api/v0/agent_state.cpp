#include <cmath>

#include "api/v0/documents.h"
#include "api/v0/values.h"
#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"

namespace stoa::api::v0 {

using agent::ExecutorRecord;
using agent::FrameworkRecord;
using agent::TaskStage;
using codec::JsonWriter;

namespace {

// What the agent tells its master when it registers.
constexpr const char* capabilities[] = {"MULTI_ROLE",        "HIERARCHICAL_ROLE",   "RESERVATION_REFINEMENT",
                                        "RESOURCE_PROVIDER", "RESIZE_VOLUME",       "AGENT_OPERATION_FEEDBACK",
                                        "AGENT_DRAINING",    "TASK_RESOURCE_LIMITS"};

// What an executor holds while it lives: its own resources and those of its tasks.
model::Resources held_by(const ExecutorRecord& executor) {
  if (executor.stage == agent::ExecutorStage::terminated) return {};
  model::Resources held = resources_of(executor.info->resources());
  for (const auto& record : executor.tasks) {
    if (!model::is_terminal(record->task->state())) held += resources_of(record->task->resources());
  }
  return held;
}

void write_queued(JsonWriter& out, const agent::TaskRecord& record) {
  const mesos::v1::TaskInfo& info = *record.info;
  out.begin_object().key("id").string(info.task_id().value()).key("name").string(info.name());
  out.key("slave_id").string(info.agent_id().value());
  write_resources(out.key("resources"), model::FlatSums(info.resources()));
  out.key("role").string(allocation_role_of(info.resources()));
  if (info.has_command()) out.key("command").message(info.command());
  if (info.has_executor()) out.key("executor_id").string(info.executor().executor_id().value());
  if (info.has_discovery()) out.key("discovery").message(info.discovery());
  out.end_object();
}

bool is_ended(TaskStage stage) { return stage == TaskStage::terminated || stage == TaskStage::completed; }

std::string_view role_of(const ExecutorRecord& executor) {
  if (executor.info->resources_size() > 0 || executor.tasks.empty()) {
    return allocation_role_of(executor.info->resources());
  }
  return allocation_role_of(executor.tasks.front()->task->resources());
}

void write_executor(JsonWriter& out, const ExecutorRecord& executor) {
  const mesos::v1::ExecutorInfo& info = *executor.info;
  out.begin_object().key("id").string(info.executor_id().value()).key("name").string(info.name());
  out.key("source").string(source_of(executor)).key("container").string(executor.container.value);
  out.key("directory").string(executor.directory);
  write_resources(out.key("resources"), held_by(executor));
  out.key("role").string(role_of(executor));
  if (info.has_labels()) write_labels(out.key("labels"), info.labels());
  if (info.has_type()) out.key("type").string(mesos::v1::ExecutorInfo::Type_Name(info.type()));
  out.key("tasks").begin_array();
  for (const auto& record : executor.tasks) {
    if (record->stage == TaskStage::launched) write_task(out, *record->task);
  }
  out.end_array();
  out.key("queued_tasks").begin_array();
  for (const auto& record : executor.tasks) {
    if (record->stage == TaskStage::queued) write_queued(out, *record);
  }
  out.end_array();
  out.key("completed_tasks").begin_array();
  for (const auto& record : executor.tasks) {
    if (is_ended(record->stage)) write_task(out, *record->task);
  }
  out.end_array().end_object();
}

void write_executors(JsonWriter& out, const std::vector<std::shared_ptr<const ExecutorRecord>>& executors) {
  out.begin_array();
  for (const auto& executor : executors) write_executor(out, *executor);
  out.end_array();
}

void write_frameworks(JsonWriter& out, const std::vector<FrameworkRecord>& frameworks) {
  out.begin_array();
  for (const FrameworkRecord& framework : frameworks) {
    const mesos::v1::FrameworkInfo& info = *framework.info;
    out.begin_object().key("id").string(info.id().value()).key("name").string(info.name());
    out.key("user").string(info.user()).key("failover_timeout").number(info.failover_timeout());
    out.key("checkpoint").boolean(info.checkpoint()).key("hostname").string(info.hostname());
    if (info.has_principal()) out.key("principal").string(info.principal());
    write_roles(out, info);
    write_executors(out.key("executors"), framework.executors);
    write_executors(out.key("completed_executors"), framework.completed_executors);
    out.end_object();
  }
  out.end_array();
}

model::Resources total_of(const agent::Snapshot& state) {
  return state.total ? *state.total : resources_of(state.info->resources());
}

void write_drain(JsonWriter& out, const agent::Snapshot& state) {
  if (!state.drain_config) return;
  out.key("drain_config").begin_object();
  if (state.drain_config->has_max_grace_period()) {
    out.key("max_grace_period").begin_object();
    out.key("nanoseconds").integer(state.drain_config->max_grace_period().nanoseconds()).end_object();
  }
  out.key("mark_gone").boolean(state.drain_config->mark_gone()).end_object();
  out.key("estimated_drain_start_time_seconds").number(std::floor(state.drain_since));
}

void write_agent_resources(JsonWriter& out, const agent::Snapshot& state) {
  const model::Resources total = total_of(state);
  model::Resources allocated;
  for (const FrameworkRecord& framework : state.frameworks) {
    for (const auto& executor : framework.executors) allocated += held_by(*executor);
  }
  write_resources(out.key("resources"), total);
  write_reserved(out.key("reserved_resources"), total);
  write_resources(out.key("unreserved_resources"), total.unreserved());
  write_reserved_full(out.key("reserved_resources_full"), total);
  write_full(out.key("unreserved_resources_full"), total.unreserved());
  write_reserved(out.key("reserved_resources_allocated"), allocated);
  write_resources(out.key("unreserved_resources_allocated"), allocated.unreserved());
}

}  // namespace

std::string source_of(const ExecutorRecord& executor) {
  if (executor.info->has_source()) return executor.info->source();
  return executor.command ? executor.info->executor_id().value() : std::string();
}

std::string agent_state(const agent::Snapshot& state, const ReadingContext& context) {
  const mesos::v1::AgentInfo& info = *state.info;
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_version(out, context);
  out.key("start_time").number(context.start_time);
  out.key("id").string(info.id().value()).key("pid").string(context.pid).key("hostname").string(info.hostname());
  out.key("capabilities").begin_array();
  for (const char* name : capabilities) out.string(name);
  out.end_array();
  if (info.has_domain()) out.key("domain").message(info.domain());
  write_drain(out, state);
  write_agent_resources(out, state);
  out.key("resource_providers").begin_array().end_array();
  write_attributes(out.key("attributes"), info);
  write_shown_flags(out, context);
  write_frameworks(out.key("frameworks"), state.frameworks);
  write_frameworks(out.key("completed_frameworks"), state.completed_frameworks);
  if (!context.version.product.empty()) out.key("stoa_version").string(context.version.product);
  out.end_object();
  return text;
}

}  // namespace stoa::api::v0
