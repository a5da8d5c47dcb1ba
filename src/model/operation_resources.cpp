// The resources that an operation names, whatever its type: what is done to all of them alike.
#include "mesos/v1/mesos.pb.h"
#include "model/operation.h"

namespace stoa::model {
namespace {

using Operation = mesos::v1::Offer_Operation;
using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

// Those of all operations but launches.
template <typename Function>
void for_each_resource(Operation& operation, Function function) {
  const auto each = [&function](Messages* resources) {
    for (auto& resource : *resources) function(resource);
  };
  if (operation.has_reserve()) {
    each(operation.mutable_reserve()->mutable_source());
    each(operation.mutable_reserve()->mutable_resources());
  }
  if (operation.has_unreserve()) each(operation.mutable_unreserve()->mutable_resources());
  if (operation.has_create()) each(operation.mutable_create()->mutable_volumes());
  if (operation.has_destroy()) each(operation.mutable_destroy()->mutable_volumes());
  if (operation.has_grow_volume()) {
    function(*operation.mutable_grow_volume()->mutable_volume());
    function(*operation.mutable_grow_volume()->mutable_addition());
  }
  if (operation.has_shrink_volume()) function(*operation.mutable_shrink_volume()->mutable_volume());
  if (operation.has_create_disk()) function(*operation.mutable_create_disk()->mutable_source());
  if (operation.has_destroy_disk()) function(*operation.mutable_destroy_disk()->mutable_source());
}

void inject(mesos::v1::Resource& resource, const std::string& role) {
  if (!resource.has_allocation_info()) resource.mutable_allocation_info()->set_role(role);
}

void inject(mesos::v1::TaskInfo& task, const std::string& role) {
  inject_allocation_role(*task.mutable_resources(), role);
  if (task.has_executor()) inject_allocation_role(*task.mutable_executor()->mutable_resources(), role);
}

}  // namespace

void inject_allocation_role(Messages& resources, const std::string& role) {
  for (auto& resource : resources) inject(resource, role);
}

void inject_allocation_role(Operation& operation, const std::string& role) {
  if (operation.has_launch()) {
    for (auto& task : *operation.mutable_launch()->mutable_task_infos()) inject(task, role);
  }
  if (operation.has_launch_group()) {
    auto& launch = *operation.mutable_launch_group();
    inject_allocation_role(*launch.mutable_executor()->mutable_resources(), role);
    for (auto& task : *launch.mutable_task_group()->mutable_tasks()) inject(task, role);
  }
  for_each_resource(operation, [&role](mesos::v1::Resource& resource) { inject(resource, role); });
}

void to_new_form(Operation& operation) {
  for_each_resource(operation, [](mesos::v1::Resource& message) {
    const auto resource = Resource::from_message(message);
    if (!resource.has_value()) return;
    mesos::v1::Resource written;
    resource->to_message(WireForm::new_form, written);
    message.Swap(&written);
  });
}

mesos::v1::Offer_Operation without_allocation(mesos::v1::Offer_Operation operation) {
  if (operation.has_reserve()) {
    strip_allocation_role(*operation.mutable_reserve()->mutable_source());
    strip_allocation_role(*operation.mutable_reserve()->mutable_resources());
  }
  if (operation.has_unreserve()) strip_allocation_role(*operation.mutable_unreserve()->mutable_resources());
  if (operation.has_create()) strip_allocation_role(*operation.mutable_create()->mutable_volumes());
  if (operation.has_destroy()) strip_allocation_role(*operation.mutable_destroy()->mutable_volumes());
  if (operation.has_grow_volume()) {
    operation.mutable_grow_volume()->mutable_volume()->clear_allocation_info();
    operation.mutable_grow_volume()->mutable_addition()->clear_allocation_info();
  }
  if (operation.has_shrink_volume()) operation.mutable_shrink_volume()->mutable_volume()->clear_allocation_info();
  return operation;
}

void strip_allocation_role(Messages& resources) {
  for (auto& resource : resources) resource.clear_allocation_info();
}

}  // namespace stoa::model
