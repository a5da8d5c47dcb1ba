// REQUEST: what a framework needs at once on one agent. With preemption its role may take it from others (ALC-210).
#include "master/calls.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

// Nothing for what is no bundle: no scalars, none of the framework's roles, or several.
std::optional<allocator::Demand> demand_of(const Framework& framework, const mesos::v1::Request& request) {
  const auto resources = model::Resources::from_messages(request.resources());
  if (!resources) return std::nullopt;
  const auto role = resources->allocation_role();
  allocator::Demand demand;
  if (role && !role->text().empty()) {
    demand.role = role->text();
  } else if (role && framework.roles.size() == 1) {
    demand.role = *framework.roles.begin();
  }
  demand.bundle = resources->scalar_quantities();
  if (!framework.roles.contains(demand.role) || demand.bundle.empty()) return std::nullopt;
  if (request.has_agent_id()) demand.agent = AgentId(request.agent_id().value());
  return demand;
}

}  // namespace

void on_request(Context& context, Framework& framework, const CallMessage& call) {
  context.state.metrics.count("master/messages_resource_request");
  std::vector<allocator::Demand> demands;
  std::size_t ignored = 0;
  for (const auto& request : call->request().requests()) {
    if (auto demand = demand_of(framework, request)) {
      demands.push_back(*std::move(demand));
    } else {
      ++ignored;
    }
  }
  if (ignored > 0) {
    log_warning(context, "framework {}: ignored {} requests that are no bundle of scalars for one of its roles",
                framework.id.value, ignored);
  }
  context.state.allocator.request(framework.id, std::move(demands), context.now.steady);
}

}  // namespace stoa::master
