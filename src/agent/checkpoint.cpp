#include "agent/checkpoint.h"

#include <fmt/format.h>

#include "stoa/checkpoint.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

bool read_executor(const StoredRecord& record, Checkpoint& result) {
  checkpoint::Executor message;
  if (!message.ParseFromString(record.bytes) || message.container_id().empty()) return false;
  const ExecutorKey key{FrameworkId(message.framework_id().value()), ExecutorId(message.info().executor_id().value())};
  result.executors[key] = StoredExecutor{.key = key,
                                         .info = std::make_shared<const v1::ExecutorInfo>(message.info()),
                                         .container = ContainerId(message.container_id()),
                                         .pid = static_cast<int>(message.pid()),
                                         .subscribed = message.subscribed(),
                                         .terminating = message.terminating(),
                                         .had_task = message.had_task()};
  return true;
}

bool read_task(const StoredRecord& record, Checkpoint& result) {
  checkpoint::Task message;
  if (!message.ParseFromString(record.bytes)) return false;
  const FrameworkId framework(message.framework_id().value());
  StoredTask task{.framework = framework,
                  .container = ContainerId(message.container_id()),
                  .info = std::make_shared<const v1::TaskInfo>(message.info()),
                  .batch = message.group()};
  if (message.has_executor_id()) task.executor = ExecutorId(message.executor_id().value());
  result.tasks[{framework, TaskId(message.info().task_id().value())}] = std::move(task);
  return true;
}

bool read_resources(const std::string& bytes, Checkpoint& result) {
  checkpoint::Resources message;
  if (!message.ParseFromString(bytes)) return false;
  auto total = model::Resources::from_messages(message.total());
  auto target = model::Resources::from_messages(message.target());
  if (!total.has_value() || !target.has_value()) return false;
  result.resources = StoredResources{.total = *std::move(total)};
  if (message.has_target()) result.resources->target = *std::move(target);
  return true;
}

bool read_operation(const std::string& bytes, Checkpoint& result) {
  checkpoint::Operation message;
  if (!message.ParseFromString(bytes)) return false;
  StoredOperation operation{.operation = std::make_shared<const v1::Operation>(message.operation())};
  for (const auto& status : message.pending())
    operation.pending.push_back(std::make_shared<const v1::OperationStatus>(status));
  result.operations.push_back(std::move(operation));
  return true;
}

bool read_drain(const std::string& bytes, Checkpoint& result) {
  checkpoint::Drain message;
  if (!message.ParseFromString(bytes)) return false;
  result.drain =
      StoredDrain{.config = std::make_shared<const v1::DrainConfig>(message.config()), .since = message.since()};
  return true;
}

bool read(const StoredRecord& record, Checkpoint& result) {
  if (record.kind == agent_kind) {
    checkpoint::Agent message;
    if (!message.ParseFromString(record.bytes) || !message.info().has_id()) return false;
    result.agent = StoredAgent{.info = std::make_shared<const v1::AgentInfo>(message.info()),
                               .boot_id = message.boot_id(),
                               .epoch = message.epoch()};
    return true;
  }
  if (record.kind == framework_kind) {
    checkpoint::Framework message;
    if (!message.ParseFromString(record.bytes) || !message.info().has_id()) return false;
    result.frameworks[FrameworkId(message.info().id().value())] =
        std::make_shared<const v1::FrameworkInfo>(message.info());
    return true;
  }
  if (record.kind == executor_kind) return read_executor(record, result);
  if (record.kind == task_kind) return read_task(record, result);
  if (record.kind == resources_kind) return read_resources(record.bytes, result);
  if (record.kind == operation_kind) return read_operation(record.bytes, result);
  if (record.kind == drain_kind) return read_drain(record.bytes, result);
  if (record.kind != progress_kind) return false;
  checkpoint::Progress message;
  if (!message.ParseFromString(record.bytes)) return false;
  StoredProgress progress{.key = {FrameworkId(message.framework_id().value()), TaskId(message.task_id().value())},
                          .pid = static_cast<int>(message.pid())};
  for (const auto& status : message.pending())
    progress.pending.push_back(std::make_shared<const v1::TaskStatus>(status));
  if (message.has_latest()) {
    progress.latest = std::make_shared<const v1::TaskStatus>(message.latest());
  } else if (!progress.pending.empty()) {
    progress.latest = progress.pending.back();
  }
  if (message.has_started()) progress.started = message.started();
  if (message.has_kill_grace())
    progress.kill =
        CommandExecutor::SavedKill{.grace = Duration(message.kill_grace()), .timed_out = message.timed_out()};
  progress.received.assign(message.received().begin(), message.received().end());
  result.progress[progress.key] = std::move(progress);
  return true;
}

}  // namespace

std::string encode(const StoredAgent& agent) {
  checkpoint::Agent message;
  *message.mutable_info() = *agent.info;
  message.set_boot_id(agent.boot_id);
  message.set_epoch(agent.epoch);
  return message.SerializeAsString();
}

std::string encode(const v1::FrameworkInfo& framework) {
  checkpoint::Framework message;
  *message.mutable_info() = framework;
  return message.SerializeAsString();
}

std::string encode(const StoredExecutor& executor) {
  checkpoint::Executor message;
  message.mutable_framework_id()->set_value(executor.key.framework.value);
  *message.mutable_info() = *executor.info;
  message.set_container_id(executor.container.value);
  if (executor.pid != 0) message.set_pid(static_cast<std::uint32_t>(executor.pid));
  message.set_subscribed(executor.subscribed);
  message.set_terminating(executor.terminating);
  message.set_had_task(executor.had_task);
  return message.SerializeAsString();
}

std::string encode(const StoredTask& task) {
  checkpoint::Task message;
  message.mutable_framework_id()->set_value(task.framework.value);
  *message.mutable_info() = *task.info;
  message.set_container_id(task.container.value);
  if (task.executor) {
    message.mutable_executor_id()->set_value(task.executor->value);
    message.set_group(task.batch);
  }
  return message.SerializeAsString();
}

std::string encode(const StoredProgress& progress) {
  checkpoint::Progress message;
  message.mutable_framework_id()->set_value(progress.key.framework.value);
  message.mutable_task_id()->set_value(progress.key.task.value);
  for (const auto& status : progress.pending) *message.add_pending() = *status;
  if (progress.latest && (progress.pending.empty() || progress.pending.back() != progress.latest))
    *message.mutable_latest() = *progress.latest;
  if (progress.pid != 0) message.set_pid(static_cast<std::uint32_t>(progress.pid));
  if (progress.started) message.set_started(*progress.started);
  if (progress.kill) {
    message.set_kill_grace(progress.kill->grace.count());
    message.set_timed_out(progress.kill->timed_out);
  }
  for (const std::string& uuid : progress.received) message.add_received(uuid);
  return message.SerializeAsString();
}

std::string encode(const StoredResources& resources) {
  checkpoint::Resources message;
  resources.total.to_messages(model::WireForm::new_form, *message.mutable_total());
  if (resources.target) {
    message.set_has_target(true);
    resources.target->to_messages(model::WireForm::new_form, *message.mutable_target());
  }
  return message.SerializeAsString();
}

std::string encode(const StoredOperation& operation) {
  checkpoint::Operation message;
  *message.mutable_operation() = *operation.operation;
  for (const auto& status : operation.pending) *message.add_pending() = *status;
  return message.SerializeAsString();
}

std::string encode(const StoredDrain& drain) {
  checkpoint::Drain message;
  *message.mutable_config() = *drain.config;
  message.set_since(drain.since);
  return message.SerializeAsString();
}

Checkpoint decode(const std::vector<StoredRecord>& records) {
  Checkpoint result;
  for (const auto& record : records)
    if (!record.bytes.empty() && !read(record, result))
      result.problems.push_back(fmt::format("checkpoint {}/{} cannot be read", record.kind, record.id));
  return result;
}

}  // namespace stoa::agent
