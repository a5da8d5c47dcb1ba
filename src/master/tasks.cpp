#include "master/tasks.h"

#include <atomic>

#include "base/check.h"
#include "master/send.h"
#include "master/statuses.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/task_state.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::TaskInfo;
using mesos::v1::TaskStatus;
using TaskRecord = mesos::v1::Task;

TaskRecord record_of(const Framework& framework, const TaskInfo& info) {
  TaskRecord record;
  record.set_name(info.name());
  *record.mutable_task_id() = info.task_id();
  record.mutable_framework_id()->set_value(framework.id.value);
  if (info.has_executor()) *record.mutable_executor_id() = info.executor().executor_id();
  *record.mutable_agent_id() = info.agent_id();
  record.set_state(mesos::v1::TASK_STAGING);
  *record.mutable_resources() = info.resources();
  if (info.has_labels()) *record.mutable_labels() = info.labels();
  if (info.has_discovery()) *record.mutable_discovery() = info.discovery();
  if (info.has_container()) *record.mutable_container() = info.container();
  if (info.has_health_check()) *record.mutable_health_check() = info.health_check();
  if (info.has_kill_policy()) *record.mutable_kill_policy() = info.kill_policy();
  if (info.command().has_user()) {
    record.set_user(info.command().user());
  } else if (info.executor().command().has_user()) {
    record.set_user(info.executor().command().user());
  }
  *record.mutable_limits() = info.limits();
  return record;
}

void count_terminal(Context& context, const Framework& framework, int state) {
  count(framework.counters->tasks_terminal, state);
  Metrics& metrics = context.state.metrics;
  switch (state) {
    case mesos::v1::TASK_FINISHED:
      return metrics.count("master/tasks_finished");
    case mesos::v1::TASK_FAILED:
      return metrics.count("master/tasks_failed");
    case mesos::v1::TASK_KILLED:
      return metrics.count("master/tasks_killed");
    case mesos::v1::TASK_LOST:
      return metrics.count("master/tasks_lost");
    case mesos::v1::TASK_ERROR:
      return metrics.count("master/tasks_error");
    case mesos::v1::TASK_DROPPED:
      return metrics.count("master/tasks_dropped");
    case mesos::v1::TASK_GONE:
      return metrics.count("master/tasks_gone");
    case mesos::v1::TASK_GONE_BY_OPERATOR:
      return metrics.count("master/tasks_gone_by_operator");
    default:
      return;
  }
}

// Enters the task into the books of its framework and agent.
Task& enter(Context& context, Framework& framework, Agent& agent, std::shared_ptr<const TaskRecord> record,
            model::Resources resources) {
  const TaskId id(record->task_id().value());
  Task& task = framework.tasks[id];
  task.sequence = context.state.next_sequence++;
  task.agent = agent.id;
  task.resources = std::move(resources);
  task.message = std::move(record);
  agent.tasks.insert({framework.id, id});
  // An ended task's ports may be another one's by now: it must not touch the sum, not even for a moment.
  task.holds_resources = !is_terminal(task.message->state());
  if (task.holds_resources) agent.allocated += task.resources;
  agent.view.reset();
  framework.view.reset();
  return task;
}

void release(Context& context, const Framework& framework, Task& task) {
  if (!task.holds_resources) return;
  task.holds_resources = false;
  const auto given = context.state.allocator.recover_used(framework.id, task.agent, task.resources, context.now.steady);
  CHECK(given, given.error().message);
  if (const auto agent = context.state.agents.find(task.agent); agent != context.state.agents.end()) {
    agent->second.allocated -= task.resources;
    agent->second.view.reset();
  }
}

// The record, to be changed: in place where nobody else has it, else a copy. A copy costs more than all else that a
// status does. The last reader may just have let go of it on its thread: what it read comes before what we write.
TaskRecord& editable(Framework& framework, Task& task) {
  framework.view.reset();  // It has the record too.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)  // Does not understand fences.
  task.message = std::make_shared<TaskRecord>(*task.message);
#endif
#endif
  if (task.message.use_count() > 1) task.message = std::make_shared<TaskRecord>(*task.message);
  std::atomic_thread_fence(std::memory_order_acquire);
  return const_cast<TaskRecord&>(*task.message);  // All are made as what can be changed.
}

// At most one entry for a run of equal states, the newest, and never the data of the executor (OPR-092).
void append_status(TaskRecord& record, const TaskStatus& status) {
  const int count = record.statuses_size();
  TaskStatus* entry = count > 0 && record.statuses(count - 1).state() == status.state()
                          ? record.mutable_statuses(count - 1)
                          : record.add_statuses();
  *entry = status;
  entry->clear_data();
}

void push_bounded(std::deque<TaskMessage>& list, TaskMessage task, std::size_t max) {
  list.push_back(std::move(task));
  if (list.size() > max) list.pop_front();
}

void erase_from_agent(Context& context, const Framework& framework, const Task& task, const TaskId& id) {
  const auto agent = context.state.agents.find(task.agent);
  if (agent == context.state.agents.end()) return;
  agent->second.tasks.erase({framework.id, id});
  agent->second.view.reset();
}

}  // namespace

bool is_terminal(int state) { return model::is_terminal(static_cast<mesos::v1::TaskState>(state)); }

void enter_launched(Context& context, Framework& framework, Agent& agent, const TaskInfo& info,
                    model::Resources resources) {
  context.state.metrics.count("master/messages_launch_tasks");
  enter(context, framework, agent, std::make_shared<TaskRecord>(record_of(framework, info)), std::move(resources));
}

void adopt_task(Context& context, Framework& framework, Agent& agent, const TaskRecord& record) {
  TaskRecord complete = record;
  // An agent that does not know of allocation roles runs tasks of frameworks that have one role only (RES-155).
  model::inject_allocation_role(*complete.mutable_resources(),
                                framework.roles.empty() ? std::string("*") : *framework.roles.begin());
  auto resources = model::Resources::from_messages(complete.resources());
  if (!resources) {
    log_warning(context, "agent {} reports task {} with bad resources: {}", agent.id.value, record.task_id().value(),
                resources.error().message);
    return;
  }
  const TaskId id(record.task_id().value());
  if (framework.unreachable.erase(id) > 0) std::erase(framework.unreachable_order, id);
  Task& task =
      enter(context, framework, agent, std::make_shared<TaskRecord>(std::move(complete)), *std::move(resources));
  if (!task.holds_resources) return;  // Only its last statuses still wait for the framework.
  const auto charged = context.state.allocator.charge(framework.id, agent.id, task.resources);
  CHECK(charged, charged.error().message);
}

void note_status(Context& context, Framework& framework, Task& task, const TaskStatus& status, int latest_state,
                 bool delivering) {
  const int before = task.message->state();
  TaskRecord& record = editable(framework, task);
  append_status(record, status);
  // A terminal state never changes; a late status of before it arrives after it when updates queue up (OPR-091).
  if (!is_terminal(before)) record.set_state(static_cast<mesos::v1::TaskState>(latest_state));
  if (delivering) {
    record.set_status_update_state(status.state());
    record.set_status_update_uuid(status.uuid());
  }
  if (!is_terminal(before) && is_terminal(latest_state)) count_terminal(context, framework, latest_state);
  if (is_terminal(latest_state)) release(context, framework, task);
}

void note_delivery(Framework& framework, Task& task, const TaskRecord& claim) {
  if (!claim.has_status_update_state()) return;
  TaskRecord& record = editable(framework, task);
  record.set_status_update_state(claim.status_update_state());
  record.set_status_update_uuid(claim.status_update_uuid());
}

void complete_task(Context& context, Framework& framework, const TaskId& id) {
  auto node = framework.tasks.extract(id);
  CHECK(!node.empty());
  Task& task = node.mapped();
  release(context, framework, task);
  erase_from_agent(context, framework, task, id);
  push_bounded(framework.completed, std::move(task.message), context.state.config.max_completed_tasks_per_framework);
  framework.view.reset();
}

void end_all_tasks(Context& context, Framework& framework) {
  const auto end_one = [&](TaskMessage message) {
    StatusFacts facts{TaskId(message->task_id().value()), mesos::v1::TASK_KILLED, TaskStatus::REASON_FRAMEWORK_REMOVED,
                      "Framework was removed"};
    facts.agent = AgentId(message->agent_id().value());
    auto record = std::make_shared<TaskRecord>(*message);
    append_status(*record, make_status(context, framework, facts));
    record->set_state(mesos::v1::TASK_KILLED);
    return record;
  };
  while (!framework.tasks.empty()) {
    const TaskId id = framework.tasks.begin()->first;
    Task& task = framework.tasks.begin()->second;
    if (!is_terminal(task.message->state())) {
      task.message = end_one(task.message);
      count_terminal(context, framework, mesos::v1::TASK_KILLED);
    }
    complete_task(context, framework, id);
  }
  for (auto& [id, message] : framework.unreachable) {
    push_bounded(framework.completed, end_one(message), context.state.config.max_completed_tasks_per_framework);
  }
  framework.unreachable.clear();
  framework.unreachable_order.clear();
}

void lose_task(Context& context, Framework& framework, const TaskId& id, int state, int reason,
               const std::string& message) {
  Task& task = framework.tasks.at(id);
  if (!is_terminal(task.message->state())) {
    StatusFacts facts{id, state, reason, message};
    facts.agent = task.agent;
    const TaskStatus status = make_status(context, framework, facts);
    note_status(context, framework, task, status, status.state(), false);
    tell_status(context, framework, facts);
  }
  complete_task(context, framework, id);
}

void make_unreachable(Context& context, Framework& framework, const TaskId& id, WallSeconds since) {
  Task& task = framework.tasks.at(id);
  if (is_terminal(task.message->state())) {
    complete_task(context, framework, id);
    return;
  }
  StatusFacts facts{id, mesos::v1::TASK_UNREACHABLE, TaskStatus::REASON_AGENT_REMOVED, "health check timed out"};
  facts.agent = task.agent;
  facts.unreachable_time = since;
  TaskStatus status = make_status(context, framework, facts);
  auto record = std::make_shared<TaskRecord>(*task.message);
  append_status(*record, status);
  record->set_state(status.state());
  tell_status(context, framework, facts);
  release(context, framework, task);
  erase_from_agent(context, framework, task, id);
  framework.tasks.erase(id);
  framework.unreachable[id] = std::move(record);
  framework.unreachable_order.push_back(id);
  if (framework.unreachable_order.size() > context.state.config.max_unreachable_tasks_per_framework) {
    framework.unreachable.erase(framework.unreachable_order.front());
    framework.unreachable_order.pop_front();
  }
  framework.view.reset();
}

void end_unreachable_task(Context& context, Framework& framework, const TaskId& id, const std::string& message) {
  const TaskMessage known = framework.unreachable.at(id);
  StatusFacts facts{id, mesos::v1::TASK_GONE_BY_OPERATOR, TaskStatus::REASON_AGENT_REMOVED_BY_OPERATOR, message};
  if (!framework.capabilities.partition_aware) facts.reason = TaskStatus::REASON_AGENT_REMOVED;
  facts.agent = AgentId(known->agent_id().value());
  const TaskStatus status = make_status(context, framework, facts);
  auto record = std::make_shared<TaskRecord>(*known);
  append_status(*record, status);
  record->set_state(status.state());
  count_terminal(context, framework, status.state());
  tell_status(context, framework, facts);
  framework.unreachable.erase(id);
  std::erase(framework.unreachable_order, id);
  push_bounded(framework.completed, std::move(record), context.state.config.max_completed_tasks_per_framework);
  framework.view.reset();
}

}  // namespace stoa::master
