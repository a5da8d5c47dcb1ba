#include "master/model_wishes.h"

#include "mesos/v1/mesos.pb.h"
#include "model/testing.h"

namespace stoa::master::books {

using mesos::v1::ExecutorInfo;
using mesos::v1::TaskInfo;
using model::Resources;
using OperationInfo = mesos::v1::Offer_Operation;

ExecutorInfo Wishes::executor_for(const FakeScheduler& scheduler, const Belief& belief, bool group) {
  ExecutorInfo info;
  // Mostly one that runs already.
  for (const Key& key : belief.executors()) {
    if (key.first == scheduler.id.value && key.second.starts_with(group ? "g" : "e") && random_.chance(0.6)) {
      info.mutable_executor_id()->set_value(key.second);
    }
  }
  if (!info.has_executor_id()) info.mutable_executor_id()->set_value(fresh(group ? "g" : "e"));
  info.set_type(group ? ExecutorInfo::DEFAULT : ExecutorInfo::CUSTOM);
  if (!group) info.mutable_command()->set_value("x");
  model::testing::resources("cpus:0.1;mem:32;disk:1").to_messages(model::WireForm::new_form, *info.mutable_resources());
  return info;
}

OperationInfo Wishes::any(const FakeScheduler& scheduler, const mesos::v1::Offer& offer, const Belief& belief) {
  const AgentId agent(offer.agent_id().value());
  OperationInfo operation;
  if (random_.chance(0.5)) operation.mutable_id()->set_value(fresh("op"));
  const Resources offered = read(offer.resources());
  const Resources volumes = offered.persistent_volumes();
  const auto reserved = [](std::string_view text) {
    return Resources{
        model::testing::reserved(model::testing::resource(text), model::testing::dynamic_reservation("eng"))};
  };
  switch (!volumes.empty() && random_.chance(0.3) ? 3 : random_.below(6)) {
    case 0:
      operation.set_type(OperationInfo::RESERVE);
      reserved(random_.chance(0.5) ? "disk:20" : "cpus:0.5")
          .to_messages(model::WireForm::new_form, *operation.mutable_reserve()->mutable_resources());
      return operation;
    case 1:
      operation.set_type(OperationInfo::UNRESERVE);
      reserved(random_.chance(0.5) ? "disk:20" : "cpus:0.5")
          .to_messages(model::WireForm::new_form, *operation.mutable_unreserve()->mutable_resources());
      return operation;
    case 2: {
      operation.set_type(OperationInfo::CREATE);
      model::Resource volume = model::testing::volume(reserved("disk:20").begin()->resource, fresh("v"));
      if (random_.chance(0.5)) volume = model::testing::shared(volume);
      Resources{volume}.to_messages(model::WireForm::new_form, *operation.mutable_create()->mutable_volumes());
      return operation;
    }
    case 3:
      if (volumes.empty()) break;
      operation.set_type(OperationInfo::DESTROY);
      Resources{volumes.begin()->resource}.to_messages(model::WireForm::new_form,
                                                       *operation.mutable_destroy()->mutable_volumes());
      return operation;
    case 4: {
      operation.clear_id();
      operation.set_type(OperationInfo::LAUNCH_GROUP);
      *operation.mutable_launch_group()->mutable_executor() = executor_for(scheduler, belief, true);
      for (std::uint64_t i = random_.below(3); i > 0; --i) {
        *operation.mutable_launch_group()->mutable_task_group()->add_tasks() = test_task(fresh("t"), agent, "cpus:0.2");
      }
      operation.mutable_launch_group()->mutable_task_group();
      return operation;
    }
    default:
      break;
  }
  operation.clear_id();
  operation.set_type(OperationInfo::LAUNCH);
  for (std::uint64_t i = random_.below(4); i > 0; --i) {
    TaskInfo task = test_task(fresh("t"), agent, random_.chance(0.1) ? "cpus:90" : "cpus:0.3;mem:20");
    if (!volumes.empty() && random_.chance(0.7)) {
      Resources{volumes.begin()->resource}.to_messages(model::WireForm::new_form, *task.mutable_resources());
    }
    if (random_.chance(0.4)) {
      task.clear_command();
      *task.mutable_executor() = executor_for(scheduler, belief, false);
    }
    *operation.mutable_launch()->add_task_infos() = task;
  }
  return operation;
}

OperationInfo Wishes::reserve_for(const OperationInfo& create) {
  OperationInfo operation;
  operation.set_type(OperationInfo::RESERVE);
  mesos::v1::Resource& disk = *operation.mutable_reserve()->add_resources();
  disk = create.create().volumes(0);
  disk.clear_disk();
  disk.clear_shared();
  return operation;
}

}  // namespace stoa::master::books
