// What the allocator shows of itself, and the check that its books balance.
#include <fmt/format.h>

#include <algorithm>

#include "allocator/allocator.h"
#include "allocator/books.h"

namespace stoa::allocator {
namespace {

model::Quantities quantities_of(const Names& names, const Amounts& amounts) {
  model::Quantities result;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    if (amounts[i] > 0) result.add(names.name(i), model::Scalar::from_thousandths(amounts[i]));
  }
  return result;
}

// The root if the role is not in the tree.
ShareTree::Node node_of(const ShareTree& tree, const std::string& role) {
  ShareTree::Node node = ShareTree::root;
  for (std::size_t begin = 0; begin <= role.size();) {
    const std::size_t end = std::min(role.find('/', begin), role.size());
    node = tree.find(node, role.substr(begin, end - begin));
    if (node == ShareTree::root) return node;
    begin = end + 1;
  }
  return node;
}

Result<> broken(const std::string& what) { return fail(Code::internal, what); }

Result<> audit_agent(const Agent& agent) {
  model::Resources held;
  for (const Holding& holding : agent.holdings) held += holding.resources.non_shared();
  const model::Resources total = agent.spec.total.non_shared();
  const model::Resources free = agent.free.non_shared();
  if (agent.is_overcommitted) {
    model::Resources rest = total;
    rest.subtract_floored(held);
    if (rest == free) return {};
  } else if (free + held == total) {
    return {};
  }
  return broken(fmt::format("agent {}: free '{}' and held '{}' are not the total '{}'", agent.id.value, free.to_text(),
                            held.to_text(), total.to_text()));
}

// Each client's holdings, summed over agents, a shared volume once on each.
std::map<ClientIndex, model::Quantities> held_by_client(const Books& books) {
  std::map<ClientIndex, model::Quantities> result;
  for (const auto& [id, index] : books.agents_by_id) {
    for (const Holding& holding : books.agents[index].holdings) {
      result[holding.client] += holding.resources.scalar_quantities();
    }
  }
  return result;
}

}  // namespace

model::Resources Allocator::available(const AgentId& id) const {
  const Agent* agent = std::as_const(*books_).find_agent(id);
  return agent == nullptr ? model::Resources() : agent->free;
}

model::Resources Allocator::total(const AgentId& id) const {
  const Agent* agent = std::as_const(*books_).find_agent(id);
  return agent == nullptr ? model::Resources() : agent->spec.total;
}

model::Resources Allocator::allocated(const FrameworkId& framework, const AgentId& id) const {
  model::Resources result;
  const Agent* agent = std::as_const(*books_).find_agent(id);
  if (agent == nullptr) return result;
  for (const Holding& holding : agent->holdings) {
    const Client& client = books_->clients[holding.client];
    if (books_->frameworks[client.framework].id != framework) continue;
    result += holding.resources.with_allocation_role(books_->roles[client.role].name);
  }
  return result;
}

model::Resources Allocator::allocated(const AgentId& id) const {
  model::Resources result;
  const Agent* agent = std::as_const(*books_).find_agent(id);
  if (agent == nullptr) return result;
  for (const Holding& holding : agent->holdings) {
    result += holding.resources.with_allocation_role(books_->roles[books_->clients[holding.client].role].symbol);
  }
  return result;
}

std::size_t Allocator::holds() const {
  return static_cast<std::size_t>(std::ranges::count(books_->holds, HoldKind::large_task, &Hold::kind));
}

PreemptionCounters Allocator::preemption_counters() const { return books_->demands.counters(); }
std::uint64_t Allocator::cycles() const { return books_->cycles; }

model::Quantities Allocator::headroom_required() const {
  Amounts required(books_->names.size());
  for (std::size_t i = 0; i < required.size(); ++i) required[i] = books_->quotas.required(i);
  return quantities_of(books_->names, required);
}

model::Quantities Allocator::headroom_available() const {
  if (!books_->quotas.any_guarantee()) return {};
  return quantities_of(books_->names, books_->headroom_available());
}

double Allocator::dominant_share(const std::string& role) const {
  const ShareTree::Node node = node_of(books_->tree, role);
  return node == ShareTree::root ? 0 : books_->tree.share(node) * books_->tree.weight(node);
}

bool Allocator::knows_role(const std::string& role) const { return node_of(books_->tree, role) != ShareTree::root; }

model::Quantities Allocator::consumed_quota(const std::string& role) const {
  return quantities_of(books_->names, books_->quotas.consumed(role));
}
int Allocator::effective_priority(const std::string& role) const { return books_->effective_priority(role); }

model::Quantities Allocator::total_quantities() const { return quantities_of(books_->names, books_->total); }
model::Quantities Allocator::allocated_quantities() const { return quantities_of(books_->names, books_->allocated); }

std::vector<RoleStanding> Allocator::roles() const {
  std::map<std::string, RoleStanding> standings;
  for (const auto& [name, index] : books_->roles_by_name) {
    const Role& role = books_->roles[index];
    standings[name] = {.role = name,
                       .share = books_->tree.share(books_->tree.parent(role.node)),
                       .filters = 0,
                       .priority = role.priority};
  }
  for (const auto& [id, index] : books_->frameworks_by_id) {
    for (const auto& [role, client] : books_->frameworks[index].clients) {
      standings[role].filters += books_->clients[client].filters;
    }
  }
  std::vector<RoleStanding> result;
  for (auto& [name, standing] : standings) result.push_back(std::move(standing));
  return result;
}

Result<> Allocator::audit(const AgentId& id) const {
  const Agent* agent = std::as_const(*books_).find_agent(id);
  return agent == nullptr ? broken("agent " + id.value + " is not known to the allocator") : audit_agent(*agent);
}

Result<> Allocator::audit() const {
  for (const auto& [id, index] : books_->agents_by_id) {
    const Agent& agent = books_->agents[index];
    TRY(audit_agent(agent));
    if (books_->is_candidate(agent) && !books_->is_findable(agent)) {
      return broken(fmt::format("agent {} has something to give and is in no cycle", id.value));
    }
  }
  const auto held = held_by_client(*books_);
  model::Quantities sum;
  for (const auto& [client, quantities] : held) {
    sum += quantities;
    const Amounts& counted = books_->tree.allocated(books_->clients[client].leaf);
    if (quantities_of(books_->names, counted) == quantities) continue;
    return broken(fmt::format("framework {}: {} held, {} counted",
                              books_->frameworks[books_->clients[client].framework].id.value, quantities.to_text(),
                              quantities_of(books_->names, counted).to_text()));
  }
  if (sum != allocated_quantities()) {
    return broken(fmt::format("{} held in all, {} counted", sum.to_text(), allocated_quantities().to_text()));
  }
  return {};
}

}  // namespace stoa::allocator
