// The messages that the tests of this folder are about.
#include "api/testing.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api::testing {

void add_scalar(ResourceList& resources, const char* name, double value, const char* role) {
  auto& resource = *resources.Add();
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
  if (role != nullptr) resource.mutable_allocation_info()->set_role(role);
}

void add_ports(ResourceList& resources, std::uint64_t begin, std::uint64_t end, const char* role) {
  auto& resource = *resources.Add();
  resource.set_name("ports");
  resource.set_type(mesos::v1::Value::RANGES);
  auto& range = *resource.mutable_ranges()->add_range();
  range.set_begin(begin);
  range.set_end(end);
  if (role != nullptr) resource.mutable_allocation_info()->set_role(role);
}

mesos::v1::Task task(const std::string& id, mesos::v1::TaskState state, double timestamp) {
  mesos::v1::Task task;
  task.set_name("web");
  task.mutable_task_id()->set_value(id);
  task.mutable_framework_id()->set_value("F-0000");
  task.mutable_agent_id()->set_value("M-S0");
  task.set_state(state);
  add_scalar(*task.mutable_resources(), "cpus", 0.1, "web");
  add_scalar(*task.mutable_resources(), "mem", 128, "web");
  add_ports(*task.mutable_resources(), 31002, 31002, "web");
  if (timestamp > 0) {
    auto& status = *task.add_statuses();
    *status.mutable_task_id() = task.task_id();
    status.set_state(state);
    status.set_timestamp(timestamp);
    status.set_message("hidden");
    status.set_data("hidden");
    auto& container = *status.mutable_container_status();
    container.mutable_container_id()->set_value("C1");
    container.add_network_infos()->add_ip_addresses()->set_ip_address("10.0.0.7");
  }
  return task;
}

std::shared_ptr<const mesos::v1::Task> shared(mesos::v1::Task task) {
  return std::make_shared<const mesos::v1::Task>(std::move(task));
}

}  // namespace stoa::api::testing
