#include "api/v0/values.h"

#include <map>

#include "mesos/v1/mesos.pb.h"
#include "model/attribute.h"

namespace stoa::api::v0 {
namespace {

using codec::JsonWriter;

struct FlatWriter {
  JsonWriter& out;
  void operator()(double number) const { out.number(number); }
  void operator()(const std::string& text) const { out.string(text); }
};

std::map<std::string, model::Resources> by_owner(const model::Resources& resources) {
  std::map<std::string, model::Resources> owners;
  for (const auto& [resource, count] : resources) {
    if (resource.is_reserved()) owners[resource.reservation_role()].add(resource, count);
  }
  return owners;
}

void write_network(JsonWriter& out, const mesos::v1::NetworkInfo& network) {
  out.begin_object();
  if (network.groups_size() > 0) {
    out.key("groups").begin_array();
    for (const std::string& group : network.groups()) out.string(group);
    out.end_array();
  }
  if (network.has_labels()) write_labels(out.key("labels"), network.labels());
  if (network.ip_addresses_size() > 0) {
    out.key("ip_addresses").begin_array();
    for (const auto& address : network.ip_addresses()) out.message(address);
    out.end_array();
  }
  if (network.has_name()) out.key("name").string(network.name());
  if (network.port_mappings_size() > 0) {
    out.key("port_mappings").begin_array();
    for (const auto& mapping : network.port_mappings()) out.message(mapping);
    out.end_array();
  }
  out.end_object();
}

void write_container_status(JsonWriter& out, const mesos::v1::ContainerStatus& status) {
  out.begin_object();
  if (status.has_container_id()) out.key("container_id").message(status.container_id());
  if (status.network_infos_size() > 0) {
    out.key("network_infos").begin_array();
    for (const auto& network : status.network_infos()) write_network(out, network);
    out.end_array();
  }
  if (status.has_cgroup_info()) out.key("cgroup_info").message(status.cgroup_info());
  out.end_object();
}

// No message, reason or data (V0-050).
void write_status(JsonWriter& out, const mesos::v1::TaskStatus& status) {
  out.begin_object();
  out.key("state").string(mesos::v1::TaskState_Name(status.state()));
  out.key("timestamp").number(status.timestamp());
  if (status.has_labels()) write_labels(out.key("labels"), status.labels());
  if (status.has_container_status()) write_container_status(out.key("container_status"), status.container_status());
  if (status.has_healthy()) out.key("healthy").boolean(status.healthy());
  out.end_object();
}

}  // namespace

model::Resources resources_of(const Messages& messages) {
  model::Resources resources;
  for (const auto& message : messages) {
    if (const auto resource = model::Resource::from_message(message)) resources.add(*resource);
  }
  return resources;
}

void write_flat(JsonWriter& out, const model::FlatObject& object) {
  out.begin_object();
  for (const auto& [name, value] : object) {
    out.key(name);
    std::visit(FlatWriter{out}, value);
  }
  out.end_object();
}

void write_resources(JsonWriter& out, const model::FlatSums& resources) {
  out.begin_object();
  for (std::size_t i = 0; i < model::FlatSums::always.size(); ++i) {
    out.key(model::FlatSums::always[i]).number(resources.amount(i));
  }
  for (const auto& [name, value] : resources.further()) {
    out.key(name);
    std::visit(FlatWriter{out}, value);
  }
  out.end_object();
}

void write_resources(JsonWriter& out, const model::Resources& resources) {
  write_resources(out, model::FlatSums(resources));
}

void write_reserved(JsonWriter& out, const model::Resources& resources) {
  out.begin_object();
  for (const auto& [role, owned] : by_owner(resources)) write_resources(out.key(role), owned);
  out.end_object();
}

void write_full(JsonWriter& out, const model::Resources& resources) {
  Messages messages;
  resources.to_messages(model::WireForm::endpoint_form, messages);
  out.begin_array();
  for (const auto& message : messages) out.message(message);
  out.end_array();
}

void write_reserved_full(JsonWriter& out, const model::Resources& resources) {
  out.begin_object();
  for (const auto& [role, owned] : by_owner(resources)) write_full(out.key(role), owned);
  out.end_object();
}

void write_attributes(JsonWriter& out, const mesos::v1::AgentInfo& info) {
  std::vector<model::Attribute> attributes;
  for (const auto& message : info.attributes()) {
    if (auto attribute = model::Attribute::from_message(message)) attributes.push_back(*std::move(attribute));
  }
  write_flat(out, model::flat_attributes(attributes));
}

void write_labels(JsonWriter& out, const mesos::v1::Labels& labels) {
  out.begin_array();
  for (const auto& label : labels.labels()) {
    out.begin_object().key("key").string(label.key());
    if (label.has_value()) out.key("value").string(label.value());
    out.end_object();
  }
  out.end_array();
}

std::string_view allocation_role_of(const Messages& messages) {
  for (const auto& message : messages) {
    if (message.has_allocation_info()) return message.allocation_info().role();
  }
  return "*";
}

void write_task(JsonWriter& out, const mesos::v1::Task& task) {
  write_task(out, task, model::FlatSums(task.resources()));
}

void write_task(JsonWriter& out, const mesos::v1::Task& task, const model::FlatSums& resources) {
  out.begin_object();
  out.key("id").string(task.task_id().value());
  out.key("name").string(task.name());
  out.key("framework_id").string(task.framework_id().value());
  out.key("executor_id").string(task.executor_id().value());
  out.key("slave_id").string(task.agent_id().value());
  out.key("state").string(mesos::v1::TaskState_Name(task.state()));
  write_resources(out.key("resources"), resources);
  if (task.limits_size() > 0) {
    out.key("limits").begin_object();
    for (const auto& [name, limit] : std::map(task.limits().begin(), task.limits().end())) {
      out.key(name).number(limit.value());
    }
    out.end_object();
  }
  out.key("role").string(allocation_role_of(task.resources()));
  out.key("statuses").begin_array();
  for (const auto& status : task.statuses()) write_status(out, status);
  out.end_array();
  if (task.has_user()) out.key("user").string(task.user());
  if (task.has_labels()) write_labels(out.key("labels"), task.labels());
  if (task.has_discovery()) out.key("discovery").message(task.discovery());
  if (task.has_container()) out.key("container").message(task.container());
  if (task.has_health_check()) out.key("health_check").message(task.health_check());
  out.end_object();
}

bool is_multi_role(const mesos::v1::FrameworkInfo& info) {
  for (const auto& capability : info.capabilities()) {
    if (capability.type() == mesos::v1::FrameworkInfo::Capability::MULTI_ROLE) return true;
  }
  return false;
}

void write_roles(JsonWriter& out, const mesos::v1::FrameworkInfo& info) {
  if (!is_multi_role(info)) {
    out.key("role").string(info.role());
    return;
  }
  out.key("roles").begin_array();
  for (const std::string& role : info.roles()) out.string(role);
  out.end_array();
}

}  // namespace stoa::api::v0
