#include "agent/container_status.h"

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

ContainerId nested_container(const ContainerId& parent, const std::string& own) {
  return ContainerId(parent.value + "." + own);
}

std::string own_name(const ContainerId& id) { return id.value.substr(id.value.rfind('.') + 1); }

void put_container_id(const ContainerId& id, v1::ContainerID& message) {
  const std::size_t dot = id.value.rfind('.');
  message.set_value(own_name(id));
  if (dot != std::string::npos) put_container_id(ContainerId(id.value.substr(0, dot)), *message.mutable_parent());
}

void put_container_status(const ContainerFacts& container, const Config& config, v1::TaskStatus& status) {
  v1::ContainerStatus& result = *status.mutable_container_status();
  if (!result.has_container_id()) put_container_id(container.id, *result.mutable_container_id());
  if (container.pid != 0) result.set_executor_pid(static_cast<std::uint32_t>(container.pid));
  if (result.network_infos_size() > 0) return;
  v1::NetworkInfo& network = *result.add_network_infos();
  for (const auto& address : config.addresses) {
    auto& entry = *network.add_ip_addresses();
    entry.set_protocol(address.contains(':') ? v1::NetworkInfo::IPv6 : v1::NetworkInfo::IPv4);
    entry.set_ip_address(address);
  }
}

}  // namespace stoa::agent
