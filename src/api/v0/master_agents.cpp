#include "api/v0/documents.h"
#include "api/v0/values.h"
#include "master/pid.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api::v0 {

using codec::JsonWriter;

namespace {

std::uint16_t port_of(const mesos::v1::AgentInfo& info) { return static_cast<std::uint16_t>(info.port()); }

void write_agent_full(JsonWriter& out, const master::AgentView& agent) {
  out.begin_object();
  write_agent(out, agent);
  write_reserved_full(out.key("reserved_resources_full"), agent.total);
  write_full(out.key("unreserved_resources_full"), agent.total.unreserved());
  write_full(out.key("used_resources_full"), agent.allocated);
  write_full(out.key("offered_resources_full"), agent.offered);
  out.end_object();
}

}  // namespace

std::string pid_of(const master::AgentView& agent) { return master::pid_of(agent.addresses, agent.info->port()); }

void write_agent(JsonWriter& out, const master::AgentView& agent) {
  const mesos::v1::AgentInfo& info = *agent.info;
  const std::uint16_t port = port_of(info);
  out.key("id").string(agent.id.value).key("hostname").string(info.hostname()).key("port").integer(port);
  write_attributes(out.key("attributes"), info);
  if (info.has_domain()) out.key("domain").message(info.domain());
  out.key("pid").string(pid_of(agent));
  out.key("registered_time").number(agent.registered);
  if (agent.reregistered > 0) out.key("reregistered_time").number(agent.reregistered);
  write_resources(out.key("resources"), agent.total);
  write_resources(out.key("used_resources"), agent.allocated);
  write_resources(out.key("offered_resources"), agent.offered);
  write_reserved(out.key("reserved_resources"), agent.total);
  write_resources(out.key("unreserved_resources"), agent.total.unreserved());
  out.key("active").boolean(agent.active).key("deactivated").boolean(agent.deactivated);
  out.key("version").string(agent.version);
  out.key("capabilities").begin_array();
  for (const int type : agent.capabilities) {
    out.string(mesos::v1::AgentInfo::Capability::Type_Name(static_cast<mesos::v1::AgentInfo::Capability::Type>(type)));
  }
  out.end_array();
  if (agent.drain) {
    out.key("drain_info").message(*agent.drain);
    out.key("estimated_drain_start_time_seconds").number(agent.drain_since);
  }
  out.key("addresses").begin_array();
  for (const std::string& address : agent.addresses) {
    out.begin_object().key("ip").string(address).key("port").integer(port).end_object();
  }
  out.end_array();
}

void write_recovered_agents(JsonWriter& out, const master::Snapshot& state, std::string_view only) {
  out.key("recovered_slaves").begin_array();
  for (const auto& info : state.recovered_agents) {
    if (!only.empty() && info->id().value() != only) continue;
    out.begin_object().key("id").string(info->id().value()).key("hostname").string(info->hostname());
    out.key("port").integer(port_of(*info));
    write_attributes(out.key("attributes"), *info);
    if (info->has_domain()) out.key("domain").message(info->domain());
    out.end_object();
  }
  out.end_array();
}

std::string agents(const master::Snapshot& state, const net::Query& query) {
  const auto asked = query.find("slave_id");
  const std::string_view only = asked == query.end() ? std::string_view() : std::string_view(asked->second);
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("slaves").begin_array();
  for (const auto& agent : state.agents) {
    if (only.empty() || agent->id.value == only) write_agent_full(out, *agent);
  }
  out.end_array();
  write_recovered_agents(out, state, only);
  out.end_object();
  return text;
}

}  // namespace stoa::api::v0
