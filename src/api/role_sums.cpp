#include "api/role_sums.h"

#include <algorithm>
#include <set>

#include "api/v0/values.h"
#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"

namespace stoa::api {
namespace {

using Roles = std::map<std::string, RoleSum>;

// Calls with the role and each of its ancestors: `a/b`, `a`.
template <typename Call>
void upwards(std::string_view role, Call call) {
  for (;;) {
    call(std::string(role));
    const std::size_t slash = role.rfind('/');
    if (slash == std::string_view::npos) return;
    role = role.substr(0, slash);
  }
}

// Every role of OPR-097, without sums.
Roles known_roles(const master::Snapshot& state, const ReadingContext& context) {
  Roles roles;
  const auto know = [&roles](std::string_view role) {
    if (!role.empty()) upwards(role, [&roles](const std::string& each) { roles.try_emplace(each); });
  };
  if (context.roles) {
    know("*");
    for (const std::string& role : *context.roles) know(role);
    return roles;
  }
  for (const auto& framework : state.frameworks) {
    for (const std::string& role : framework->roles) know(role);
  }
  for (const auto& agent : state.agents) {
    for (const auto& [resource, count] : agent->total) {
      if (resource.is_reserved()) know(resource.reservation_role());
    }
    for (const auto& [resource, count] : agent->allocated) know(resource.allocation_role().text());
    for (const auto& [resource, count] : agent->offered) know(resource.allocation_role().text());
  }
  for (const auto& [role, weight] : state.sharing->weights) know(role);
  for (const auto& [role, quota] : state.sharing->quotas) know(role);
  for (const auto& [role, priority] : state.sharing->priorities) know(role);
  return roles;
}

model::Quantities quantities_of(const model::Resource& resource) {
  model::Quantities quantities;
  if (resource.is_scalar()) quantities.add(resource.name_symbol(), resource.scalar());
  return quantities;
}

void add_upwards(Roles& roles, const std::string& role, model::Quantities RoleSum::* member,
                 const model::Quantities& amount) {
  upwards(role, [&](const std::string& each) {
    if (const auto found = roles.find(each); found != roles.end()) found->second.*member += amount;
  });
}

void add_agent(Roles& roles, const master::AgentView& agent) {
  for (const auto& [resource, count] : agent.total) {
    if (!resource.is_reserved()) continue;
    add_upwards(roles, resource.reservation_role(), &RoleSum::reserved, quantities_of(resource));
    add_upwards(roles, resource.reservation_role(), &RoleSum::consumed, quantities_of(resource));
  }
  for (const auto& [resource, count] : agent.allocated) {
    const std::string& role = resource.allocation_role().text();
    if (role.empty()) continue;
    add_upwards(roles, role, &RoleSum::allocated, quantities_of(resource));
    if (!resource.is_reserved() && !resource.is_revocable()) {
      add_upwards(roles, role, &RoleSum::consumed, quantities_of(resource));
    }
  }
  for (const auto& [resource, count] : agent.offered) {
    const std::string& role = resource.allocation_role().text();
    if (!role.empty()) add_upwards(roles, role, &RoleSum::offered, quantities_of(resource));
  }
}

// The roles that a framework is subscribed to or holds something in.
std::set<std::string> roles_of(const master::FrameworkView& framework) {
  std::set<std::string> roles(framework.roles.begin(), framework.roles.end());
  for (const auto& task : framework.tasks) {
    if (!model::is_terminal(task->state())) roles.emplace(v0::allocation_role_of(task->resources()));
  }
  for (const auto& offer : framework.offers) roles.insert(offer->role);
  return roles;
}

// What operators have decided about the role.
void put_decisions(const master::Sharing& sharing, const std::string& name, RoleSum& role) {
  if (const auto weight = sharing.weights.find(name); weight != sharing.weights.end()) role.weight = weight->second;
  if (const auto quota = sharing.quotas.find(name); quota != sharing.quotas.end()) role.quota = quota->second;
  bool is_found = false;
  upwards(name, [&](const std::string& each) {
    const auto priority = sharing.priorities.find(each);
    if (priority == sharing.priorities.end() || is_found) return;
    is_found = true;
    role.effective_priority = priority->second;
    if (each == name) role.priority = priority->second;
  });
}

}  // namespace

Roles role_sums(const master::Snapshot& state, const ReadingContext& context) {
  Roles roles = known_roles(state, context);
  for (const auto& agent : state.agents) add_agent(roles, *agent);
  for (const auto& framework : state.frameworks) {
    for (const std::string& role : roles_of(*framework)) {
      if (const auto found = roles.find(role); found != roles.end()) found->second.frameworks.push_back(framework->id);
    }
  }
  for (auto& [name, role] : roles) put_decisions(*state.sharing, name, role);
  return roles;
}

}  // namespace stoa::api
