#include "api/v0/documents.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api::v0 {

using codec::JsonWriter;

namespace {

void write_leader(JsonWriter& out, const mesos::v1::MasterInfo& info) {
  out.key("leader").string(info.pid());
  out.key("leader_info").begin_object().key("id").string(info.id()).key("pid").string(info.pid());
  out.key("port").unsigned_integer(info.port()).key("hostname").string(info.hostname());
  if (info.has_domain()) out.key("domain").message(info.domain());
  out.end_object();
}

// The growth of a string of this size would copy it several times over.
std::size_t size_hint(const master::Snapshot& state) {
  std::size_t tasks = 0;
  for (const auto* list : {&state.frameworks, &state.completed_frameworks}) {
    for (const auto& framework : *list) {
      tasks += framework->tasks.size() + framework->unreachable_tasks.size() + framework->completed_tasks.size();
    }
  }
  return 4096 + tasks * 1024 + state.agents.size() * 1280;
}

}  // namespace

std::string master_state(const master::Snapshot& state, const ReadingContext& context) {
  const mesos::v1::MasterInfo& info = *state.info;
  double activated = 0;
  for (const auto& agent : state.agents) activated += agent->active ? 1 : 0;

  std::string text;
  text.reserve(size_hint(state));
  JsonWriter out(text);
  out.begin_object();
  write_version(out, context);
  out.key("start_time").number(context.start_time);
  if (const auto elected = context.elected()) out.key("elected_time").number(*elected);
  out.key("id").string(info.id()).key("pid").string(info.pid()).key("hostname").string(info.hostname());
  out.key("capabilities").begin_array();
  for (const auto& capability : info.capabilities()) {
    out.string(mesos::v1::MasterInfo::Capability::Type_Name(capability.type()));
  }
  out.end_array();
  out.key("activated_slaves").number(activated);
  out.key("deactivated_slaves").number(static_cast<double>(state.agents.size()) - activated);
  out.key("unreachable_slaves").number(static_cast<double>(state.unreachable_agents));
  if (info.has_domain()) out.key("domain").message(info.domain());
  write_leader(out, info);
  write_shown_flags(out, context);
  out.key("slaves").begin_array();
  for (const auto& agent : state.agents) {
    out.begin_object();
    write_agent(out, *agent);
    out.end_object();
  }
  out.end_array();
  write_recovered_agents(out, state);
  for (const auto& [key, list] :
       {std::pair("frameworks", &state.frameworks), std::pair("completed_frameworks", &state.completed_frameworks)}) {
    out.key(key).begin_array();
    for (const auto& framework : *list) write_framework(out, *framework);
    out.end_array();
  }
  out.key("orphan_tasks").begin_array().end_array();
  out.key("unregistered_frameworks").begin_array().end_array();
  if (!context.version.product.empty()) out.key("stoa_version").string(context.version.product);
  out.end_object();
  return text;
}

}  // namespace stoa::api::v0
