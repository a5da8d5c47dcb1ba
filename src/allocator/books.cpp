#include "allocator/books.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "allocator/holds.h"
#include "allocator/quota.h"
#include "base/check.h"

namespace stoa::allocator {
namespace {

// A number that is free for a new element.
template <typename Elements, typename Index>
Index take_index(Elements& elements, std::vector<Index>& unused) {
  if (unused.empty()) {
    elements.emplace_back();
    return static_cast<Index>(elements.size() - 1);
  }
  const Index index = unused.back();
  unused.pop_back();
  elements[index] = {};
  return index;
}

bool has_shared(const model::Resources& resources) {
  return std::ranges::any_of(resources, [](const auto& member) { return member.resource.is_shared(); });
}

// True if each scalar counts for quota, as on most agents.
bool all_count_for_quota(const model::Resources& resources) {
  return std::ranges::all_of(
      resources, [](const auto& member) { return !member.resource.is_scalar() || counts_for_quota(member.resource); });
}

bool has_gpus(const model::Resources& resources) {
  return std::ranges::any_of(resources, [](const auto& member) { return member.resource.name() == "gpus"; });
}

}  // namespace

Books::Books(Options given)
    : options(std::move(given)),
      pacing(options.allocation_interval, options.allocation_interval_min),
      random(options.seed),
      demands(options.preemption) {
  std::vector<bool> excluded;
  for (const std::string& name : options.fair_sharing_excluded) {
    const std::size_t index = names.index_of(name);
    if (excluded.size() <= index) excluded.resize(index + 1);
    excluded[index] = true;
  }
  tree.set_excluded(std::move(excluded));
}

Agent* Books::find_agent(const AgentId& id) {
  const auto found = agents_by_id.find(id);
  return found == agents_by_id.end() ? nullptr : &agents[found->second];
}
const Agent* Books::find_agent(const AgentId& id) const {
  const auto found = agents_by_id.find(id);
  return found == agents_by_id.end() ? nullptr : &agents[found->second];
}
Framework* Books::find_framework(const FrameworkId& id) {
  const auto found = frameworks_by_id.find(id);
  return found == frameworks_by_id.end() ? nullptr : &frameworks[found->second];
}
const Framework* Books::find_framework(const FrameworkId& id) const {
  const auto found = frameworks_by_id.find(id);
  return found == frameworks_by_id.end() ? nullptr : &frameworks[found->second];
}

std::optional<ClientIndex> Books::find_client(const FrameworkId& id, const std::string& role) const {
  const Framework* framework = find_framework(id);
  if (framework == nullptr) return std::nullopt;
  const auto found = framework->clients.find(role);
  if (found == framework->clients.end()) return std::nullopt;
  return found->second;
}

Framework& Books::ensure_framework(const FrameworkId& id) {
  if (Framework* known = find_framework(id)) return *known;
  const FrameworkIndex index = take_index(frameworks, frameworks_unused);
  frameworks_by_id.emplace(id, index);
  frameworks[index].id = id;
  return frameworks[index];
}

ShareTree::Node Books::ensure_path(const std::string& role) {
  ShareTree::Node node = ShareTree::root;
  for (std::size_t begin = 0; begin <= role.size();) {
    const std::size_t end = std::min(role.find('/', begin), role.size());
    const std::string component = role.substr(begin, end - begin);
    ShareTree::Node child = tree.find(node, component);
    if (child == ShareTree::root) {
      child = tree.add(node, component);
      const auto weight = weights.find(role.substr(0, end));
      if (weight != weights.end()) tree.set_weight(child, weight->second);
    }
    node = child;
    begin = end + 1;
  }
  return node;
}

RoleIndex Books::ensure_role(const std::string& name) {
  const auto known = roles_by_name.find(name);
  if (known != roles_by_name.end()) return known->second;
  const RoleIndex index = take_index(roles, roles_unused);
  roles[index] = {.name = name,
                  .symbol = model::Symbol(name),
                  .node = tree.add(ensure_path(name), ".", index),
                  .quota = quotas.take(name),
                  .priority = effective_priority(name),
                  .clients = 0};
  roles_by_name.emplace(name, index);
  return index;
}

ClientIndex Books::ensure_client(Framework& framework, const std::string& role) {
  const auto known = framework.clients.find(role);
  if (known != framework.clients.end()) return known->second;
  const ClientIndex index = take_index(clients, clients_unused);
  const RoleIndex role_index = ensure_role(role);
  ++roles[role_index].clients;
  clients[index] = {.framework = frameworks_by_id.at(framework.id),
                    .role = role_index,
                    .leaf = tree.add(roles[role_index].node, framework.id.value, index),
                    .epoch = ++epochs};
  framework.clients.emplace(role, index);
  return index;
}

void Books::forget_role_if_unused(RoleIndex role) {
  if (roles[role].clients > 0) return;
  roles_by_name.erase(roles[role].name);
  quotas.drop(roles[role].quota);
  ShareTree::Node node = roles[role].node;
  while (node != ShareTree::root && !tree.has_children(node)) {
    const ShareTree::Node parent = tree.parent(node);
    tree.remove(node);
    node = parent;
  }
  roles_unused.push_back(role);
}

void Books::forget_if_unused(ClientIndex index) {
  const Client client = clients[index];
  if (client.is_subscribed || client.agents > 0) return;
  std::erase(clients_short, index);
  for (std::size_t i = holds.size(); i-- > 0;) {
    if (holds[i].client == index) release_agent(*this, agents[holds[i].agent]);
  }
  Framework& framework = frameworks[client.framework];
  framework.clients.erase(roles[client.role].name);
  tree.set_active(client.leaf, false);
  tree.remove(client.leaf);
  clients[index] = {};
  clients_unused.push_back(index);
  --roles[client.role].clients;
  forget_role_if_unused(client.role);
  if (framework.clients.empty() && !framework.is_known) {
    frameworks_by_id.erase(framework.id);
    frameworks_unused.push_back(client.framework);
  }
}

void Books::refresh_activity(ClientIndex index) {
  const Client& client = clients[index];
  const Framework& framework = frameworks[client.framework];
  const bool active = framework.is_known && framework.is_active && client.is_subscribed && !client.is_suppressed;
  if (active && !tree.is_active(client.leaf)) freshen(index);
  tree.set_active(client.leaf, active);
}

void Books::freshen(ClientIndex client) {
  constexpr std::size_t fresh_max = 32;
  if (fresh.size() >= fresh_max) return freshen_all();
  clients[client].fresh = ++generation;
  fresh.push_back(client);
}

void Books::freshen_all() {
  fresh_from = ++generation;
  fresh.clear();
}

void Books::expire_filters(Agent& agent, ClientIndex client, TimePoint now) {
  const Filters::Expired expired = agent.filters.expire(client, clients[client].epoch, now);
  clients[client].filters -= expired.in_force;
  if (expired.all > 0) wake(agent);
}

void Books::clear_filters(Agent& agent) {
  agent.filters.clear([this](ClientIndex client, std::uint64_t epoch) {
    if (clients[client].epoch == epoch) --clients[client].filters;
  });
}

Agent& Books::insert_agent(const AgentId& id, AgentSpec spec) {
  CHECK(!agents_by_id.contains(id), id.value);
  const AgentIndex index = take_index(agents, agents_unused);
  agents_by_id.emplace(id, index);
  Agent& agent = agents[index];
  agent.id = id;
  agent.is_present = true;
  agent.is_whitelisted = !whitelist.has_value() || whitelist->contains(spec.hostname);
  model::Resources whole = std::move(spec.total);
  agent.spec = std::move(spec);
  agent.spec.total = {};
  set_total(agent, std::move(whole));
  return agent;
}

void Books::erase_agent(Agent& agent) {
  release_agent(*this, agent);
  set_total(agent, {});
  while (!agent.holdings.empty()) {
    const Holding holding = agent.holdings.back();
    CHECK(release(agent, holding.client, holding.resources).has_value());
    forget_if_unused(holding.client);
  }
  clear_filters(agent);
  forget_verdicts(agent);
  const AgentIndex index = agents_by_id.at(agent.id);
  agents_by_id.erase(agent.id);
  agent = {};
  agents_unused.push_back(index);
}

void Books::set_total(Agent& agent, model::Resources whole) {
  Amounts sum = total;
  subtract(sum, names.amounts_of(agent.spec.total));
  count_reservations(agent.spec.total, false);
  agent.spec.total = whole.with_single_counts();
  count_reservations(agent.spec.total, true);
  add(sum, names.amounts_of(agent.spec.total));
  // Operations change what resources are, not how much there is; then no share changes.
  if (sum != total) {
    total = std::move(sum);
    tree.set_total(total);
  }
  agent.has_gpus = has_gpus(agent.spec.total);
  recompute_free(agent);
}

void Books::exchange(Agent& agent, const model::Resources& before, const model::Resources& after) {
  if (!before.shared().empty() || !after.shared().empty()) {
    model::Resources whole = agent.spec.total;
    whole -= before;
    return set_total(agent, whole + after);
  }
  Amounts sum = total;
  subtract(sum, names.amounts_of(before));
  add(sum, names.amounts_of(after));
  count_reservations(before, false);
  count_reservations(after, true);
  if (sum != total) {
    total = std::move(sum);
    tree.set_total(total);
  }
  agent.has_gpus = agent.has_gpus || has_gpus(after);
  for (model::Resources* each : {&agent.spec.total, &agent.free}) {
    *each -= before;
    *each += after;
  }
  wake(agent);
}

void Books::count_reservations(const model::Resources& whole, bool added) {
  for (const auto& [resource, count] : whole) {
    if (!resource.is_scalar() || !resource.is_reserved() || resource.is_revocable()) continue;
    Amounts amounts;
    names.accumulate(resource, amounts);
    if (added) {
      quotas.reserve(resource.reservation_role(), amounts);
    } else {
      quotas.unreserve(resource.reservation_role(), amounts);
    }
  }
}

void Books::recompute_free(Agent& agent) {
  model::Resources held;
  for (const Holding& holding : agent.holdings) held += holding.resources.non_shared();
  agent.free = agent.spec.total.non_shared();
  agent.is_overcommitted = !agent.free.contains(held);
  agent.free.subtract_floored(held);
  agent.free += agent.spec.total.shared();
  wake(agent);
}

void Books::wake(Agent& agent) {
  agent.idle_generation = 0;
  quota_relaxed = true;
  if (std::exchange(agent.is_awake, true)) return;
  agents_awake.push_back(agents_by_id.at(agent.id));
}

void Books::note_quota_blocked(Agent& agent) {
  if (std::exchange(agent.is_quota_blocked, true)) return;
  agents_quota_blocked.push_back(agents_by_id.at(agent.id));
}

Amounts Books::headroom_available() {
  Amounts sum;
  for (const auto& [id, index] : agents_by_id) {
    const Agent& agent = agents[index];
    if (!agent.is_active || !agent.is_whitelisted || agent.held_for != no_client) continue;
    for (const auto& [resource, count] : agent.free) {
      if (counts_for_quota(resource)) names.accumulate(resource, sum);
    }
  }
  return sum;
}

bool Books::verdict_of(Client& client, const Agent& agent) {
  if (!client.constraint) return true;
  enum : std::uint8_t { unknown, yes, no };
  const AgentIndex index = agents_by_id.at(agent.id);
  if (client.verdicts.size() <= index) client.verdicts.resize(agents.size(), unknown);
  std::uint8_t& verdict = client.verdicts[index];
  if (verdict == unknown) verdict = client.constraint(agent.id) ? yes : no;
  return verdict == yes;
}

void Books::forget_verdicts(const Agent& agent) {
  const AgentIndex index = agents_by_id.at(agent.id);
  for (Client& client : clients) {
    if (index < client.verdicts.size()) client.verdicts[index] = 0;
  }
}

std::vector<AgentIndex> Books::take_candidates() {
  if (std::exchange(quota_relaxed, false)) {
    for (const AgentIndex index : std::exchange(agents_quota_blocked, {})) {
      agents[index].is_quota_blocked = false;
      if (agents[index].is_present) wake(agents[index]);
    }
    quota_relaxed = false;
  }
  std::vector<AgentIndex> awake = std::exchange(agents_awake, {});
  for (const AgentIndex index : awake) agents[index].is_awake = false;
  const bool few = awake.size() < agents_by_id.size() / 8;
  if (std::exchange(awake_generation, generation) == generation && few) {
    std::erase_if(awake, [&](AgentIndex index) { return !is_candidate(agents[index]); });
    std::ranges::sort(awake, {}, [&](AgentIndex index) -> const AgentId& { return agents[index].id; });
    awake.erase(std::ranges::unique(awake).begin(), awake.end());
    return awake;
  }
  awake.clear();
  for (const auto& [id, index] : agents_by_id) {
    if (is_candidate(agents[index])) awake.push_back(index);
  }
  return awake;
}

void Books::request(Agent& agent, TimePoint now) {
  if (!agent.is_requested) {
    agent.is_requested = true;
    agents_requested.push_back(agents_by_id.at(agent.id));
  }
  pacing.request(now);
}

void Books::request_all(TimePoint now) {
  all_requested = true;
  pacing.request(now);
}

void Books::hold(Agent& agent, ClientIndex client, const model::Resources& resources, std::uint64_t times) {
  auto holding = std::ranges::find(agent.holdings, client, &Holding::client);
  if (holding == agent.holdings.end()) {
    agent.holdings.push_back({client, {}});
    holding = agent.holdings.end() - 1;
    ++clients[client].agents;
  }
  Amounts amounts;
  Amounts counted;  // For quota, if that is not everything.
  const bool all_count = all_count_for_quota(resources);
  for (const auto& [resource, count] : resources) {
    // A shared volume counts once, however many hold it (RES-053).
    if (resource.is_shared() && holding->resources.contains(resource)) continue;
    names.accumulate(resource, amounts);
    if (!all_count && counts_for_quota(resource)) names.accumulate(resource, counted);
  }
  tree.allocate(clients[client].leaf, amounts, times);
  quotas.consume(roles[clients[client].role].quota, all_count ? amounts : counted);
  add(allocated, amounts);
  const bool shared = has_shared(resources);
  if (&resources == &agent.free && !shared && holding->resources.empty()) {
    holding->resources = std::exchange(agent.free, {});
    return;
  }
  holding->resources += resources;
  if (!agent.is_overcommitted && !shared && agent.free.contains(resources)) {
    agent.free -= resources;
  } else if (!agent.is_overcommitted && shared && agent.free.contains(resources.non_shared())) {
    agent.free -= resources.non_shared();
  } else {
    recompute_free(agent);
  }
}

void Books::give_back(Agent& agent, const model::Resources& resources) {
  wake(agent);
  if (agent.is_overcommitted) {
    recompute_free(agent);
    return;
  }
  for (const auto& [resource, count] : resources) {
    if (resource.is_shared()) continue;
    if (!resource.is_persistent_volume()) {
      agent.free.add(resource);
      continue;
    }
    // The user may have named another container path: what is free is as the agent has it.
    const auto original =
        std::ranges::find_if(agent.spec.total, [&](const auto& member) { return member.resource == resource; });
    agent.free.add(original == agent.spec.total.end() ? resource : original->resource);
  }
}

Result<> Books::release(Agent& agent, ClientIndex client, const model::Resources& resources) {
  const auto holding = std::ranges::find(agent.holdings, client, &Holding::client);
  if (holding == agent.holdings.end()) {
    return fail(Code::failed_precondition, fmt::format("agent {}: framework {} holds nothing", agent.id.value,
                                                       frameworks[clients[client].framework].id.value));
  }
  TRY(holding->resources.subtract(resources));
  Amounts amounts;
  Amounts counted;
  const bool all_count = all_count_for_quota(resources);
  for (const auto& [resource, count] : resources) {
    if (resource.is_shared() && holding->resources.contains(resource)) continue;
    names.accumulate(resource, amounts);
    if (!all_count && counts_for_quota(resource)) names.accumulate(resource, counted);
  }
  tree.release(clients[client].leaf, amounts);
  quotas.give_back(roles[clients[client].role].quota, all_count ? amounts : counted);
  subtract(allocated, amounts);
  if (holding->resources.empty()) {
    agent.holdings.erase(holding);
    --clients[client].agents;
  }
  give_back(agent, resources);
  return {};
}

Content Books::content_of(Agent& agent) {
  if (agent.content == 0 || agent.content_resources != agent.free) {
    agent.content = ++contents;
    agent.content_resources = agent.free;
  }
  return agent.content;
}

void Books::set_weight(const std::string& role, double weight) {
  weights[role] = weight;
  ShareTree::Node node = ShareTree::root;
  for (std::size_t begin = 0; begin <= role.size();) {
    const std::size_t end = std::min(role.find('/', begin), role.size());
    node = tree.find(node, role.substr(begin, end - begin));
    if (node == ShareTree::root) return;
    begin = end + 1;
  }
  tree.set_weight(node, weight);
}

void Books::set_quota(const std::string& role, const Quota& quota) {
  Amounts guarantees;
  for (const auto& [name, amount] : quota.guarantees) {
    const std::size_t index = names.index_of(name);
    if (guarantees.size() <= index) guarantees.resize(index + 1);
    guarantees[index] = amount.thousandths();
  }
  Amounts limits;
  for (const auto& [name, amount] : quota.limits) {
    const std::size_t index = names.index_of(name);
    if (limits.size() <= index) limits.resize(index + 1, QuotaTree::unlimited);
    limits[index] = amount.thousandths();
  }
  quotas.set(role, std::move(guarantees), std::move(limits));
  demands.forget_pauses();
  freshen_all();
}

void Books::set_priority(const std::string& role, std::optional<int> priority) {
  if (priority.has_value()) {
    priorities[role] = *priority;
  } else {
    priorities.erase(role);
  }
  for (const auto& [name, index] : roles_by_name) roles[index].priority = effective_priority(name);
  demands.forget_pauses();
}

int Books::effective_priority(const std::string& role) const {
  if (priorities.empty()) return 0;
  for (std::string path = role;; path.resize(path.rfind('/'))) {
    const auto own = priorities.find(path);
    if (own != priorities.end()) return own->second;
    if (!path.contains('/')) return 0;
  }
}

}  // namespace stoa::allocator
