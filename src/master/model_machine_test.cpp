#include "master/model_machine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::master::books {

using mesos::v1::ExecutorInfo;
using mesos::v1::TaskInfo;
using model::Resources;
using OperationInfo = mesos::v1::Offer_Operation;

Resources read(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages) {
  return *Resources::from_messages(messages);
}

model::Conversion conversion_of(const OperationInfo& info) {
  model::OperationContext context;
  context.framework_shared_resources = true;
  for (const auto& resource : info.reserve().resources()) {
    context.framework_roles.insert(resource.allocation_info().role());
  }
  if (info.type() == OperationInfo::DESTROY) context.agent_total = read(info.destroy().volumes());
  const auto conversion = model::convert(info, context);
  EXPECT_TRUE(conversion) << conversion.error().message;
  if (!conversion) return {};
  return {conversion->consumed.without_allocation_role(), conversion->converted.without_allocation_role()};
}

struct Machine::Job {
  mesos::v1::Operation record;
  model::Conversion conversion;
  bool is_pending() const { return record.latest_status().state() == mesos::v1::OPERATION_PENDING; }
};

Machine::Machine(Bench& bench, Random& random, FakeAgent& wire, Said said)
    : bench_(bench),
      random_(random),
      wire_(wire),
      said_(std::move(said)),
      total_(model::testing::resources(wire.resources)) {}

Machine::~Machine() = default;

void Machine::say(const link::ToMaster& message) {
  if (!wire_.open) return;
  bench_.say(wire_, message);
  said_(message);
}

void Machine::report(const Key& key, mesos::v1::TaskState state) {
  mesos::v1::Task& task = tasks_.at(key);
  const std::string uuid = random_.uuid_bytes();
  task.set_state(state);
  auto& status = *task.add_statuses();
  status.mutable_task_id()->set_value(key.second);
  status.mutable_agent_id()->set_value(id());
  status.set_state(state);
  status.set_uuid(uuid);
  task.set_status_update_state(state);
  task.set_status_update_uuid(uuid);
  link::ToMaster message;
  message.mutable_update()->mutable_framework_id()->set_value(key.first);
  *message.mutable_update()->mutable_status() = status;
  say(message);
}

void Machine::start(const std::string& framework, const TaskInfo& info, bool starts_executor) {
  const Key key{framework, info.task_id().value()};
  mesos::v1::Task& task = tasks_[key];
  task.set_name(info.name());
  *task.mutable_task_id() = info.task_id();
  task.mutable_framework_id()->set_value(framework);
  *task.mutable_agent_id() = info.agent_id();
  *task.mutable_resources() = info.resources();
  task.set_state(mesos::v1::TASK_STAGING);
  if (info.has_executor()) {
    *task.mutable_executor_id() = info.executor().executor_id();
    const Key executor{framework, info.executor().executor_id().value()};
    if (starts_executor) executors_[executor] = info.executor();
    if (!executors_.contains(executor)) return report(key, mesos::v1::TASK_DROPPED);
  }
  if (!has_room(info)) report(key, mesos::v1::TASK_DROPPED);
}

bool Machine::has_room(const TaskInfo& info) {
  const Resources needed = read(info.resources()).reserved().without_allocation_role();
  if (needed.empty()) return true;
  while (end_first_operation()) {
  }
  return total_.contains(needed);
}

bool Machine::is_in_use(const Resources& volumes) const {
  return std::ranges::any_of(tasks_, [&](const auto& entry) {
    if (model::is_terminal(entry.second.state())) return false;
    const Resources used = read(entry.second.resources()).persistent_volumes().without_allocation_role();
    return std::ranges::any_of(used, [&](const auto& member) { return volumes.contains(member.resource); });
  });
}

void Machine::exit_executor(const Key& key) {
  for (auto& [task_key, task] : tasks_) {
    if (task_key.first != key.first || task.executor_id().value() != key.second) continue;
    if (!model::is_terminal(task.state())) report(task_key, mesos::v1::TASK_FAILED);
  }
  executors_.erase(key);
  link::ToMaster message;
  message.mutable_executor_exited()->mutable_framework_id()->set_value(key.first);
  message.mutable_executor_exited()->mutable_executor_id()->set_value(key.second);
  message.mutable_executor_exited()->set_status(9);
  say(message);
}

void Machine::end_operation(std::size_t index) {
  Job& job = jobs_[index];
  const bool in_use = job.record.info().has_destroy() && is_in_use(job.conversion.consumed);
  const bool done = !in_use && !random_.chance(0.2) && model::apply(job.conversion, total_).has_value();
  auto& status = *job.record.mutable_latest_status();
  status.set_state(done ? mesos::v1::OPERATION_FINISHED : mesos::v1::OPERATION_FAILED);
  const bool acknowledged = job.record.info().has_id();
  if (acknowledged) status.mutable_uuid()->set_value(random_.uuid_bytes());
  *job.record.add_statuses() = status;
  const mesos::v1::Operation record = job.record;
  if (!acknowledged) jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(index));
  tell(record);
}

bool Machine::end_first_operation() {
  const auto pending = std::ranges::find_if(jobs_, &Job::is_pending);
  if (pending == jobs_.end()) return false;
  end_operation(static_cast<std::size_t>(pending - jobs_.begin()));
  return true;
}

void Machine::tell(const mesos::v1::Operation& record) {
  link::ToMaster message;
  message.mutable_update_operation()->set_operation_uuid(record.uuid().value());
  *message.mutable_update_operation()->mutable_status() = record.latest_status();
  say(message);
}

bool Machine::read_one() {
  if (read_ >= wire_.received.size()) return false;
  const auto message = wire_.received[read_++];
  if (message->has_run()) {
    const auto& run = message->run();
    start(run.framework_info().id().value(), run.task(), run.expects_new_executor());
  } else if (message->has_run_group()) {
    const auto& run = message->run_group();
    bool starts_executor = run.expects_new_executor();
    for (const TaskInfo& task : run.task_group().tasks())
      start(run.framework_info().id().value(), task, std::exchange(starts_executor, false));
  } else if (message->has_shutdown_framework()) {
    shut_down_framework(message->shutdown_framework().framework_id().value());
  } else if (message->has_shutdown_executor()) {
    const auto& order = message->shutdown_executor();
    const Key key{order.framework_id().value(), order.executor_id().value()};
    if (executors_.contains(key)) exit_executor(key);
  } else {
    read_about_task(*message);
    read_operation(*message);
    reconcile(*message);
  }
  return true;
}

void Machine::shut_down_framework(const std::string& framework) {
  std::erase_if(tasks_, [&](const auto& entry) { return entry.first.first == framework; });
  const auto executors = executors_;
  for (const auto& [key, info] : executors) {
    if (key.first == framework) exit_executor(key);
  }
}

void Machine::read_about_task(const link::ToAgent& message) {
  if (message.has_kill()) {
    const Key key{message.kill().framework_id().value(), message.kill().task_id().value()};
    const auto task = tasks_.find(key);
    if (task != tasks_.end() && !model::is_terminal(task->second.state())) report(key, mesos::v1::TASK_KILLED);
  } else if (message.has_acknowledge()) {
    const Key key{message.acknowledge().framework_id().value(), message.acknowledge().task_id().value()};
    const auto task = tasks_.find(key);
    if (task != tasks_.end() && model::is_terminal(task->second.state()) &&
        task->second.status_update_uuid() == message.acknowledge().uuid())
      tasks_.erase(task);
  }
}

void Machine::read_operation(const link::ToAgent& message) {
  if (message.has_apply_operation()) {
    Job& job = jobs_.emplace_back();
    *job.record.mutable_framework_id() = message.apply_operation().framework_id();
    *job.record.mutable_info() = message.apply_operation().info();
    job.record.mutable_uuid()->set_value(message.apply_operation().operation_uuid());
    job.record.mutable_latest_status()->set_state(mesos::v1::OPERATION_PENDING);
    job.conversion = conversion_of(message.apply_operation().info());
  } else if (message.has_acknowledge_operation()) {
    std::erase_if(jobs_, [&](const Job& job) {
      return job.record.uuid().value() == message.acknowledge_operation().operation_uuid();
    });
  }
}

// What it is asked for, it has never had.
void Machine::reconcile(const link::ToAgent& message) {
  const std::string framework = message.reconcile_tasks().framework_info().id().value();
  for (const auto& task_id : message.reconcile_tasks().task_ids()) {
    const Key key{framework, task_id.value()};
    ASSERT_FALSE(tasks_.contains(key));
    mesos::v1::Task& task = tasks_[key];
    *task.mutable_task_id() = task_id;
    task.set_name("lost");
    task.mutable_framework_id()->set_value(framework);
    task.mutable_agent_id()->set_value(id());
    report(key, mesos::v1::TASK_DROPPED);
  }
  for (const auto& asked : message.reconcile_operations().operations()) {
    mesos::v1::Operation record;
    record.mutable_uuid()->set_value(asked.operation_uuid());
    record.mutable_latest_status()->set_state(mesos::v1::OPERATION_DROPPED);
    tell(record);
  }
}

void Machine::work() {
  switch (random_.below(4)) {
    case 0:
      end_first_operation();
      return;
    case 1:
      if (const auto* entry = any_of(executors_, random_)) exit_executor(Key(entry->first));
      return;
    default:
      if (const auto* entry = any_of(tasks_, random_)) {
        if (model::is_terminal(entry->second.state())) return;
        static constexpr mesos::v1::TaskState states[] = {mesos::v1::TASK_RUNNING, mesos::v1::TASK_FINISHED,
                                                          mesos::v1::TASK_FAILED};
        report(Key(entry->first), states[random_.below(3)]);
      }
  }
}

void Machine::lose_link() {
  read_ = wire_.received.size();
  bench_.break_link(wire_);
}

std::shared_ptr<const link::Register> Machine::claim() const {
  auto claim = std::make_shared<link::Register>();
  total_.to_messages(model::WireForm::new_form, *claim->mutable_total_resources());
  for (const auto& [key, info] : executors_) {
    auto& running = *claim->add_executors();
    running.mutable_framework_id()->set_value(key.first);
    *running.mutable_executor_info() = info;
  }
  for (const Job& job : jobs_) *claim->add_operations() = job.record;
  return claim;
}

std::vector<mesos::v1::Task> Machine::tasks() const {
  std::vector<mesos::v1::Task> result;
  for (const auto& [key, task] : tasks_) result.push_back(task);
  return result;
}

void Machine::connect() {
  wire_.also = claim();
  bench_.connect(wire_, tasks());
}

}  // namespace stoa::master::books
