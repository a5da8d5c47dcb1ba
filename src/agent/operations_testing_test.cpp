#include "agent/operations_testing.h"

#include "agent/checkpoint.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

// An agent with 4 cpus, 1000 MB of root disk, a PATH disk and a MOUNT disk of 500 MB each.
Config disk_config() {
  Config config = test_config();
  mesos::v1::AgentInfo info = *config.info;
  const auto add_disk = [&](double size) -> mesos::v1::Resource& {
    mesos::v1::Resource& disk = *info.add_resources();
    disk.set_name("disk");
    disk.set_type(mesos::v1::Value::SCALAR);
    disk.mutable_scalar()->set_value(size);
    return disk;
  };
  add_disk(1000);
  auto& path = *add_disk(500).mutable_disk()->mutable_source();
  path.set_type(mesos::v1::Resource::DiskInfo::Source::PATH);
  path.mutable_path()->set_root("/disks/p");
  auto& mount = *add_disk(500).mutable_disk()->mutable_source();
  mount.set_type(mesos::v1::Resource::DiskInfo::Source::MOUNT);
  mount.mutable_mount()->set_root("/disks/m");
  config.info = std::make_shared<const mesos::v1::AgentInfo>(info);
  return config;
}

// Dynamically reserved to `role` and allocated to it, as in an offer.
mesos::v1::Resource reserved(const std::string& name, double value, const std::string& role) {
  mesos::v1::Resource resource;
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
  resource.mutable_allocation_info()->set_role(role);
  auto& reservation = *resource.add_reservations();
  reservation.set_type(mesos::v1::Resource::ReservationInfo::DYNAMIC);
  reservation.set_role(role);
  return resource;
}

mesos::v1::Resource volume(const std::string& id, double size, const std::string& role) {
  mesos::v1::Resource resource = reserved("disk", size, role);
  resource.mutable_disk()->mutable_persistence()->set_id(id);
  resource.mutable_disk()->mutable_volume()->set_container_path("data-" + id);
  resource.mutable_disk()->mutable_volume()->set_mode(mesos::v1::Volume::RW);
  return resource;
}

mesos::v1::Resource on_path(mesos::v1::Resource resource) {
  auto& source = *resource.mutable_disk()->mutable_source();
  source.set_type(mesos::v1::Resource::DiskInfo::Source::PATH);
  source.mutable_path()->set_root("/disks/p");
  return resource;
}

mesos::v1::Resource on_mount(mesos::v1::Resource resource) {
  auto& source = *resource.mutable_disk()->mutable_source();
  source.set_type(mesos::v1::Resource::DiskInfo::Source::MOUNT);
  source.mutable_mount()->set_root("/disks/m");
  return resource;
}

Operation reserve(const mesos::v1::Resource& resource) {
  Operation operation;
  operation.set_type(Operation::RESERVE);
  *operation.mutable_reserve()->add_resources() = resource;
  return operation;
}

Operation unreserve(const mesos::v1::Resource& resource) {
  Operation operation;
  operation.set_type(Operation::UNRESERVE);
  *operation.mutable_unreserve()->add_resources() = resource;
  return operation;
}

Operation create(const mesos::v1::Resource& volume) {
  Operation operation;
  operation.set_type(Operation::CREATE);
  *operation.mutable_create()->add_volumes() = volume;
  return operation;
}

Operation destroy(const mesos::v1::Resource& volume) {
  Operation operation;
  operation.set_type(Operation::DESTROY);
  *operation.mutable_destroy()->add_volumes() = volume;
  return operation;
}

Operation grow(const mesos::v1::Resource& volume, const mesos::v1::Resource& addition) {
  Operation operation;
  operation.set_type(Operation::GROW_VOLUME);
  *operation.mutable_grow_volume()->mutable_volume() = volume;
  *operation.mutable_grow_volume()->mutable_addition() = addition;
  return operation;
}

Operation shrink(const mesos::v1::Resource& volume, double subtract) {
  Operation operation;
  operation.set_type(Operation::SHRINK_VOLUME);
  *operation.mutable_shrink_volume()->mutable_volume() = volume;
  operation.mutable_shrink_volume()->mutable_subtract()->set_value(subtract);
  return operation;
}

// `name` is its id for the framework; empty: none. Its uuid is the name, filled up.
std::string operation_uuid(std::string name) {
  name.resize(16, '-');
  return name;
}

link::ToAgent apply_message(Operation operation, const std::string& uuid_name, bool feedback,
                            const std::string& framework) {
  link::ToAgent message;
  if (!framework.empty()) message.mutable_apply_operation()->mutable_framework_id()->set_value(framework);
  if (feedback) operation.mutable_id()->set_value(uuid_name);
  message.mutable_apply_operation()->set_operation_uuid(operation_uuid(uuid_name));
  *message.mutable_apply_operation()->mutable_info() = operation;
  return message;
}

model::Resources stored_total(const World& world) {
  const std::string bytes = world.stored(resources_kind, agent_record_id);
  const Checkpoint known = decode({{resources_kind, agent_record_id, bytes}});
  return known.resources ? known.resources->total : model::Resources();
}

}  // namespace stoa::agent
