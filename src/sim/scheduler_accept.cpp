// What a scheduler makes of an offer: operations on its resources, then tasks of one of three kinds.
#include <fmt/format.h>

#include <utility>

#include "mesos/v1/scheduler/scheduler.pb.h"
#include "sim/offer_room.h"
#include "sim/scheduler.h"

namespace stoa::sim {

using mesos::v1::ExecutorInfo;
using mesos::v1::TaskInfo;
using Operation = mesos::v1::Offer_Operation;
using SchedulerCall = mesos::v1::scheduler::Call;

namespace {

constexpr std::size_t executors_max = 2;  // Of one kind, on one agent.

void add_checks(int checks, TaskInfo& info) {
  if ((checks & 1) != 0) {
    mesos::v1::CheckInfo& check = *info.mutable_check();
    check.set_type(mesos::v1::CheckInfo::TCP);
    check.mutable_tcp()->set_port(80);
    check.set_delay_seconds(1);
    check.set_interval_seconds(20);
  }
  if ((checks & 2) != 0) {
    mesos::v1::HealthCheck& health = *info.mutable_health_check();
    health.set_type(mesos::v1::HealthCheck::COMMAND);
    health.mutable_command()->set_value("true");
    health.set_interval_seconds(15);
  }
}

}  // namespace

bool Scheduler::accept(const mesos::v1::Offer& offer) {
  Random& random = environment_.random;
  const Plan& plan = environment_.plan;
  const bool operates = plan.operations > 0 && !winding_down_ && !tearing_down_;
  if ((!has_work() && !operates) || random.chance(0.1)) return false;
  SchedulerCall call;
  call.set_type(SchedulerCall::ACCEPT);
  *call.mutable_accept()->add_offer_ids() = offer.id();
  google::protobuf::RepeatedPtrField<mesos::v1::Resource> offered = offer.resources();
  if (operates) {
    model::Resources left = model::Resources::from_messages(offered).value();
    holdings_.operate(AgentId(offer.agent_id().value()), left, call);
    offered.Clear();
    left.to_messages(model::WireForm::new_form, offered);
  }
  OfferRoom room(offered);
  if (has_work()) add_work(offer, room, call);
  if (call.accept().operations().empty()) return false;
  call.mutable_accept()->mutable_filters()->set_refuse_seconds(1);
  send(std::move(call));
  return true;
}

void Scheduler::add_work(const mesos::v1::Offer& offer, OfferRoom& room, SchedulerCall& call) {
  const Plan& plan = environment_.plan;
  const double kind = environment_.random.unit();
  if (kind < plan.groups) return add_group(offer, room, call);
  add_tasks(offer, room, kind < plan.groups + plan.custom_executors, call);
}

// An executor of few on the agent, so that most launches find it running. False if there is no room for it.
bool Scheduler::fill_executor(const mesos::v1::Offer& offer, bool is_default, OfferRoom& room, ExecutorInfo& info) {
  if (!room.take_free({.cpus = 100, .mem = 32, .disk = 10}, *info.mutable_resources())) return false;
  info.set_type(is_default ? ExecutorInfo::DEFAULT : ExecutorInfo::CUSTOM);
  info.mutable_executor_id()->set_value(fmt::format("{}-x{}{}-{}", name_, is_default ? "d" : "c",
                                                    environment_.random.below(executors_max),
                                                    offer.agent_id().value()));
  info.mutable_framework_id()->set_value(id_.value);
  if (!is_default) info.mutable_command()->set_value("executor");
  return true;
}

bool Scheduler::fill_task(const mesos::v1::Offer& offer, OfferRoom& room, const ExecutorInfo* custom, TaskInfo& info) {
  const std::size_t number = planned_.back();
  Task& task = tasks_[number];
  const OfferRoom::Need need{.cpus = task.cpus, .mem = task.mem, .ports = task.ports};
  if (!room.take(need, *info.mutable_resources())) return false;
  planned_.pop_back();
  task.launched = true;
  task.agent = AgentId(offer.agent_id().value());
  info.set_name(task.id.value);
  info.mutable_task_id()->set_value(task.id.value);
  *info.mutable_agent_id() = offer.agent_id();
  if (custom != nullptr) {
    *info.mutable_executor() = *custom;
    info.set_data(to_command(task.behaviour));
  } else {
    info.mutable_command()->set_value(to_command(task.behaviour));
    add_checks(task.checks, info);
    if (info.has_health_check()) environment_.laws.on_may_be_killed(task.id.value);
  }
  environment_.laws.on_launch(task.id.value);
  if (task.kill_after) kill_later(number, *task.kill_after);
  return true;
}

void Scheduler::add_tasks(const mesos::v1::Offer& offer, OfferRoom& room, bool custom, SchedulerCall& call) {
  Operation operation;
  operation.set_type(Operation::LAUNCH);
  ExecutorInfo executor;
  if (custom && !fill_executor(offer, false, room, executor)) return;
  for (std::size_t count = 1 + environment_.random.below(12); count > 0 && has_work(); --count) {
    TaskInfo info;
    if (!fill_task(offer, room, custom ? &executor : nullptr, info)) break;
    if (environment_.plan.operations > 0 && !custom && environment_.random.chance(0.5))
      room.take_volume(*info.mutable_resources());
    *operation.mutable_launch()->add_task_infos() = std::move(info);
  }
  if (!operation.launch().task_infos().empty()) *call.mutable_accept()->add_operations() = std::move(operation);
}

void Scheduler::add_group(const mesos::v1::Offer& offer, OfferRoom& room, SchedulerCall& call) {
  Operation operation;
  operation.set_type(Operation::LAUNCH_GROUP);
  auto& group = *operation.mutable_launch_group();
  if (!fill_executor(offer, true, room, *group.mutable_executor())) return;
  for (std::size_t count = 1 + environment_.random.below(3); count > 0 && has_work(); --count) {
    TaskInfo info;
    if (!fill_task(offer, room, nullptr, info)) break;
    environment_.laws.on_may_be_killed(info.task_id().value());  // A group ends as one.
    *group.mutable_task_group()->add_tasks() = std::move(info);
  }
  if (group.task_group().tasks().empty()) return;
  environment_.counts.add(Happening::group_launched);
  *call.mutable_accept()->add_operations() = std::move(operation);
}

}  // namespace stoa::sim
