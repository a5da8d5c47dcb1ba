#include "master/model_belief.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"
#include "stoa/link.pb.h"

namespace stoa::master::books {

using mesos::v1::ExecutorInfo;
using mesos::v1::TaskInfo;
using model::Resources;

void Belief::sent(const link::ToAgent& message) {
  const auto launched = [&](const std::string& framework, const TaskInfo& task) {
    tasks_[{framework, task.task_id().value()}] = {.resources = read(task.resources())};
  };
  const auto started = [&](const std::string& framework, const ExecutorInfo& info) {
    executors_[{framework, info.executor_id().value()}] = read(info.resources());
  };
  if (message.has_run()) {
    const std::string framework = message.run().framework_info().id().value();
    launched(framework, message.run().task());
    const bool own = message.run().task().has_executor();
    if (own && message.run().expects_new_executor()) started(framework, message.run().task().executor());
  } else if (message.has_run_group()) {
    const std::string framework = message.run_group().framework_info().id().value();
    for (const TaskInfo& task : message.run_group().task_group().tasks()) launched(framework, task);
    if (message.run_group().expects_new_executor()) started(framework, message.run_group().executor_info());
  } else if (message.has_apply_operation()) {
    const auto& order = message.apply_operation();
    operations_.push_back({.uuid = order.operation_uuid(),
                           .framework = order.framework_id().value(),
                           .has_id = order.info().has_id(),
                           .pending = conversion_of(order.info())});
  }
}

void Belief::told(const link::ToMaster& message) {
  if (message.has_update()) {
    const auto& update = message.update();
    told_of_task({update.framework_id().value(), update.status().task_id().value()}, update.status());
  } else if (message.has_update_operation()) {
    told_of_operation(message.update_operation().operation_uuid(), message.update_operation().status());
  } else if (message.has_executor_exited()) {
    const auto& exited = message.executor_exited();
    executors_.erase({exited.framework_id().value(), exited.executor_id().value()});
  }
}

void Belief::told_of_task(const Key& key, const mesos::v1::TaskStatus& status) {
  const auto known = tasks_.find(key);
  if (known == tasks_.end()) return;
  known->second.delivered = status.uuid();
  known->second.delivered_end = model::is_terminal(status.state());
  known->second.ended = known->second.ended || model::is_terminal(status.state());
}

void Belief::told_of_operation(const std::string& uuid, const mesos::v1::OperationStatus& status) {
  const auto known = std::ranges::find(operations_, uuid, &Operation::uuid);
  if (known == operations_.end()) return;
  if (known->pending && status.state() == mesos::v1::OPERATION_FINISHED) {
    EXPECT_TRUE(model::apply(*known->pending, confirmed_));
  }
  known->pending.reset();
  known->ended = true;
  known->delivered = status.uuid().value();
  // Nobody waits for its acknowledgement.
  const bool is_awaited = known->has_id && frameworks_.known.contains(known->framework) && status.has_uuid();
  if (!is_awaited) operations_.erase(known);
}

void Belief::link_broke() {
  const auto is_lost = [&](const auto& entry) { return !frameworks_.checkpointing.contains(entry.first.first); };
  std::erase_if(tasks_, is_lost);
  std::erase_if(executors_, is_lost);
}

void Belief::registered(const link::Register& claim, const std::vector<mesos::v1::Task>& tasks, bool is_back) {
  registered_operations(claim);
  confirmed_ = read(claim.total_resources());
  const std::map<Key, Resources> before = std::exchange(executors_, {});
  for (const auto& running : claim.executors()) {
    const Key key{running.framework_id().value(), running.executor_info().executor_id().value()};
    if (before.contains(key) || frameworks_.known.contains(key.first))
      executors_[key] =
          frameworks_.known.contains(key.first) ? read(running.executor_info().resources()) : before.at(key);
  }
  registered_tasks(tasks, is_back);
}

void Belief::registered_tasks(const std::vector<mesos::v1::Task>& tasks, bool is_back) {
  for (const mesos::v1::Task& task : tasks) {
    const Key key{task.framework_id().value(), task.task_id().value()};
    if (!frameworks_.known.contains(key.first)) continue;
    const bool ended = model::is_terminal(task.state());
    const bool is_new = !tasks_.contains(key);
    if (is_back && is_new && !frameworks_.checkpointing.contains(key.first) && !ended) continue;
    Task& known = tasks_[key];
    if (known.resources.empty()) known.resources = read(task.resources());
    known.ended = known.ended || ended;
    if (!task.has_status_update_state()) continue;
    known.delivered = task.status_update_uuid();
    known.delivered_end = model::is_terminal(task.status_update_state());
  }
}

void Belief::registered_operations(const link::Register& claim) {
  const auto is_claimed = [&](const Operation& operation) {
    return std::ranges::any_of(claim.operations(),
                               [&](const auto& record) { return record.uuid().value() == operation.uuid; });
  };
  std::erase_if(operations_, [&](const Operation& operation) { return operation.ended && !is_claimed(operation); });
  for (Operation& operation : operations_) {
    if (!is_claimed(operation)) operation.pending.reset();
  }
  for (const mesos::v1::Operation& record : claim.operations()) {
    auto known = std::ranges::find(operations_, record.uuid().value(), &Operation::uuid);
    if (known == operations_.end()) {
      operations_.push_back({.uuid = record.uuid().value(),
                             .framework = record.framework_id().value(),
                             .has_id = record.info().has_id(),
                             .pending = conversion_of(record.info())});
      known = operations_.end() - 1;
    }
    if (record.latest_status().state() == mesos::v1::OPERATION_PENDING) continue;
    known->pending.reset();
    known->ended = true;
    known->delivered = record.latest_status().uuid().value();
  }
}

void Belief::framework_removed(const std::string& framework) {
  const auto is_of_it = [&](const auto& entry) { return entry.first.first == framework; };
  std::erase_if(tasks_, is_of_it);
  std::erase_if(executors_, is_of_it);
  std::erase_if(operations_, [&](const Operation& operation) {
    return operation.framework == framework && operation.has_id && operation.ended;
  });
}

void Belief::task_acknowledged(const Key& task, const std::string& uuid) {
  const auto known = tasks_.find(task);
  if (known != tasks_.end() && known->second.delivered_end && known->second.delivered == uuid) tasks_.erase(known);
}

void Belief::operation_acknowledged(const std::string& framework, const std::string& uuid) {
  std::erase_if(operations_, [&](const Operation& operation) {
    return operation.framework == framework && operation.ended && operation.delivered == uuid;
  });
}

Resources Belief::total() const {
  Resources sum = confirmed_;
  for (const Operation& operation : operations_) {
    if (operation.pending) static_cast<void>(model::apply(*operation.pending, sum));
  }
  return sum;
}

Resources Belief::allocated() const {
  Resources sum;
  for (const auto& [key, task] : tasks_) {
    if (!task.ended) sum += task.resources;
  }
  for (const auto& [key, resources] : executors_) sum += resources;
  return sum;
}

std::set<std::string> Belief::operations() const {
  std::set<std::string> result;
  for (const Operation& operation : operations_) result.insert(operation.uuid);
  return result;
}

std::set<Key> Belief::tasks() const {
  std::set<Key> result;
  for (const auto& [key, task] : tasks_) result.insert(key);
  return result;
}

std::set<Key> Belief::executors() const {
  std::set<Key> result;
  for (const auto& [key, resources] : executors_) result.insert(key);
  return result;
}

}  // namespace stoa::master::books
