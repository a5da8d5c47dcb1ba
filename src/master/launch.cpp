#include "master/launch.h"

#include "master/executor_rules.h"
#include "master/executors.h"
#include "master/group_rules.h"
#include "master/send.h"
#include "master/statuses.h"
#include "master/task_rules.h"
#include "master/tasks.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::ExecutorInfo;
using mesos::v1::TaskInfo;
using mesos::v1::TaskStatus;
using OperationInfo = mesos::v1::Offer_Operation;

void refuse_task(Context& context, const Framework& framework, const TaskInfo& task, int reason,
                 const std::string& why) {
  StatusFacts facts{TaskId(task.task_id().value()), mesos::v1::TASK_ERROR, reason, why};
  facts.agent = AgentId(task.agent_id().value());
  context.state.metrics.count("master/tasks_error");
  count(framework.counters->tasks_terminal, mesos::v1::TASK_ERROR);
  tell_status(context, framework, facts);
}

// What a health check is, is inferred where only one member says it (SCH-141).
void infer_type(mesos::v1::HealthCheck& check) {
  if (check.has_type()) return;
  if (check.has_command() && !check.has_http()) check.set_type(mesos::v1::HealthCheck::COMMAND);
  if (check.has_http() && !check.has_command()) check.set_type(mesos::v1::HealthCheck::HTTP);
}

// Writes resources in the one form that agents get (SCH-114).
void write(const model::Resources& resources, google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages) {
  messages.Clear();
  resources.to_messages(model::WireForm::new_form, messages);
}

// The executor as the agent is to get it (SCH-113, SCH-151).
void complete(ExecutorInfo& executor, const Framework& framework, const std::string& role) {
  if (!executor.has_framework_id()) executor.mutable_framework_id()->set_value(framework.id.value);
  model::inject_allocation_role(*executor.mutable_resources(), role);
}

TaskInfo completed(const TaskInfo& given, const Framework& framework, const std::string& role) {
  TaskInfo task = given;
  model::inject_allocation_role(*task.mutable_resources(), role);
  if (task.has_health_check()) infer_type(*task.mutable_health_check());
  if (!task.has_executor()) return task;
  if (!task.executor().has_type()) task.mutable_executor()->set_type(ExecutorInfo::CUSTOM);
  complete(*task.mutable_executor(), framework, role);
  return task;
}

// Likely to starve, and accepted (SCH-158, RES-014).
bool is_small(const model::Resources& resources) {
  return resources.scalar("cpus").thousandths() < executor_cpus_min ||
         resources.scalar("mem").thousandths() < executor_mem_min;
}

void note_small(Context& context, const TaskInfo& task, const TaskCase& launched) {
  if (launched.starts_executor && is_small(launched.executor_needed)) {
    log_warning(context, "executor {} has less than 0.01 cpus or 32 MB of memory: {}",
                task.executor().executor_id().value(), launched.executor_needed.to_text());
  }
  if (!task.has_executor() && is_small(launched.needed)) {
    log_info(context, "task {} has less than 0.01 cpus or 32 MB of memory: {}", task.task_id().value(),
             launched.needed.to_text());
  }
}

void launch_one(Context& context, Framework& framework, TaskInfo& task, TaskCase& validated, Pool& pool) {
  auto message = std::make_shared<link::ToAgent>();
  auto& run = *message->mutable_run();
  write(validated.needed, *task.mutable_resources());
  if (task.has_executor()) {
    write(validated.executor_needed, *task.mutable_executor()->mutable_resources());
    run.set_expects_new_executor(validated.starts_executor);
  }
  note_small(context, task, validated);
  take(context, framework, pool, validated.needed);
  if (validated.starts_executor) {
    take(context, framework, pool, validated.executor_needed);
    enter_executor(context, framework, pool.agent, task.executor(), std::move(validated.executor_needed));
  }
  *run.mutable_framework_info() = *framework.info;
  *run.mutable_task() = task;
  enter_launched(context, framework, pool.agent, task, std::move(validated.needed));
  send(context, pool.agent, std::move(message));
}

void refuse_group(Context& context, const Framework& framework, const OperationInfo& operation,
                  const std::string& why) {
  for (const TaskInfo& task : operation.launch_group().task_group().tasks()) {
    refuse_task(context, framework, task, TaskStatus::REASON_TASK_GROUP_INVALID, why);
  }
}

}  // namespace

void launch(Context& context, Framework& framework, const OperationInfo& operation, Pool& pool) {
  for (const TaskInfo& given : operation.launch().task_infos()) {
    if (operation.has_id()) {
      refuse_task(context, framework, given, TaskStatus::REASON_TASK_INVALID,
                  "The `id` field cannot be set on LAUNCH operations");
      continue;
    }
    TaskInfo task = completed(given, framework, pool.role);
    model::Resources room;
    const model::Resources& usable = pool.usable(room);
    TaskCase validated{task, framework, pool.agent, usable};
    if (auto valid = validate_task(validated); !valid) {
      refuse_task(context, framework, given, TaskStatus::REASON_TASK_INVALID, valid.error().message);
      continue;
    }
    launch_one(context, framework, task, validated, pool);
  }
}

void launch_group(Context& context, Framework& framework, const OperationInfo& operation, Pool& pool) {
  if (operation.has_id()) {
    return refuse_group(context, framework, operation, "The `id` field cannot be set on LAUNCH operations");
  }
  if (operation.launch_group().task_group().tasks().empty()) {
    log_info(context, "dropping a LAUNCH_GROUP of framework {}: it has no tasks", framework.id.value);
    return;
  }
  auto message = std::make_shared<link::ToAgent>();
  auto& run = *message->mutable_run_group();
  ExecutorInfo& executor = *run.mutable_executor_info();
  executor = operation.launch_group().executor();
  complete(executor, framework, pool.role);
  auto& tasks = *run.mutable_task_group()->mutable_tasks();
  tasks = operation.launch_group().task_group().tasks();
  for (TaskInfo& task : tasks) {
    model::inject_allocation_role(*task.mutable_resources(), pool.role);
    if (task.has_executor()) complete(*task.mutable_executor(), framework, pool.role);
  }

  model::Resources room;
  const model::Resources& usable = pool.usable(room);
  GroupCase validated{executor, tasks, framework, pool.agent, usable};
  if (auto valid = validate_group(validated); !valid) {
    return refuse_group(context, framework, operation, valid.error().message);
  }
  run.set_expects_new_executor(validated.starts_executor);
  *run.mutable_framework_info() = *framework.info;
  write(validated.executor_needed, *executor.mutable_resources());
  if (validated.starts_executor) {
    take(context, framework, pool, validated.executor_needed);
    enter_executor(context, framework, pool.agent, executor, std::move(validated.executor_needed));
  }
  const std::uint64_t group = context.state.next_sequence++;
  for (int i = 0; i < tasks.size(); ++i) {
    model::Resources& needed = validated.needed[static_cast<std::size_t>(i)];
    write(needed, *tasks.Mutable(i)->mutable_resources());
    *tasks.Mutable(i)->mutable_executor() = executor;  // SCH-161
    take(context, framework, pool, needed);
    enter_launched(context, framework, pool.agent, tasks.Get(i), std::move(needed));
    framework.tasks.at(TaskId(tasks.Get(i).task_id().value())).group = group;
  }
  send(context, pool.agent, std::move(message));
}

}  // namespace stoa::master
