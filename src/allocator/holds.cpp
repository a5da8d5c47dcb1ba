#include "allocator/holds.h"

#include <algorithm>
#include <utility>

#include "allocator/gates.h"
#include "allocator/minimum.h"
#include "base/check.h"

namespace stoa::allocator {
namespace {

std::size_t holds_max(const Books& books) {
  return std::max<std::size_t>(1, books.agents_by_id.size() / 20);  // 5 % (ALC-183).
}

std::size_t count(const Books& books, HoldKind kind) {
  return static_cast<std::size_t>(std::ranges::count(books.holds, kind, &Hold::kind));
}

model::Resources visible(const Books& books, const Client& client, const model::Resources& resources) {
  return without_hidden(resources.usable_by(books.roles[client.role].name), books.frameworks[client.framework].spec);
}

// How much is missing for one alternative, as parts of the agent's total, summed over names; nothing if even the total
// would not do.
std::optional<double> distance(const Books& books, const Client& client, const Agent& agent, const Minimum& need) {
  const model::Quantities total = visible(books, client, agent.spec.total).quantities();
  const model::Quantities free = visible(books, client, agent.free).quantities();
  std::optional<double> least;
  for (const model::Quantities& alternative : need) {
    if (!total.contains(alternative)) continue;
    double sum = 0;
    for (const auto& [name, missing] : alternative - free) {
      sum += static_cast<double>(missing.thousandths()) / static_cast<double>(total.get(name.text()).thousandths());
    }
    if (!least.has_value() || sum < *least) least = sum;
  }
  return least;
}

Agent* nearest_agent(Books& books, ClientIndex index, const Minimum& need) {
  Client& client = books.clients[index];
  const FrameworkSpec& spec = books.frameworks[client.framework].spec;
  Agent* nearest = nullptr;
  double least = 0;
  for (const auto& [id, number] : books.agents_by_id) {
    Agent& agent = books.agents[number];
    if (!agent.is_active || !agent.is_whitelisted || agent.held_for != no_client) continue;
    if (!admits_role(agent.spec, books.roles[client.role].name) || !books.verdict_of(client, agent)) continue;
    if (!admits(agent.spec, agent.has_gpus && books.options.filter_gpu_resources, spec)) continue;
    const std::optional<double> away = distance(books, client, agent, need);
    if (!away.has_value() || (nearest != nullptr && *away >= least)) continue;
    nearest = &agent;
    least = *away;
  }
  return nearest;
}

}  // namespace

const Hold* hold_on(const Books& books, AgentIndex agent) {
  const auto found = std::ranges::find(books.holds, agent, &Hold::agent);
  return found == books.holds.end() ? nullptr : &*found;
}

void hold_agent(Books& books, Agent& agent, ClientIndex client, Minimum need, TimePoint until, HoldKind kind) {
  CHECK(agent.held_for == no_client);
  agent.held_for = client;
  books.holds.push_back({books.agents_by_id.at(agent.id), client, std::move(need), until, kind});
  books.wake(agent);
}

void release_agent(Books& books, Agent& agent) {
  if (std::exchange(agent.held_for, no_client) == no_client) return;
  const AgentIndex index = books.agents_by_id.at(agent.id);
  std::erase_if(books.holds, [index](const Hold& hold) { return hold.agent == index; });
  books.wake(agent);
}

Minimum need_of(const Books& books, ClientIndex index) {
  const Client& client = books.clients[index];
  if (client.minimum.has_value() && !client.minimum->empty()) return *client.minimum;
  if (!client.has_demands) return {};
  return books.demands.bundles(books.frameworks[client.framework].id, books.roles[client.role].name);
}

void note_short(Books& books, ClientIndex index, TimePoint now) {
  Client& client = books.clients[index];
  if (books.options.hold_after == Duration::zero() || client.short_since.has_value()) return;
  client.short_since = now;
  if (std::ranges::find(books.clients_short, index) == books.clients_short.end()) books.clients_short.push_back(index);
}

void note_served(Books& books, ClientIndex index) {
  books.clients[index].short_since.reset();
  for (std::size_t i = books.holds.size(); i-- > 0;) {
    const Hold& hold = books.holds[i];
    if (hold.client == index && hold.kind == HoldKind::large_task) release_agent(books, books.agents[hold.agent]);
  }
}

void update_holds(Books& books, TimePoint now) {
  for (std::size_t i = books.holds.size(); i-- > 0;) {
    const Hold hold = books.holds[i];
    Client& client = books.clients[hold.client];
    Agent& agent = books.agents[hold.agent];
    const bool is_over = now >= hold.until;
    if (!is_over && books.tree.is_active(client.leaf) && agent.is_active && agent.is_whitelisted) continue;
    if (is_over && hold.kind == HoldKind::large_task) client.hold_not_before = now + books.options.hold_length;
    release_agent(books, agent);
  }
  std::erase_if(books.clients_short, [&](ClientIndex index) {
    Client& client = books.clients[index];
    if (!books.tree.is_active(client.leaf)) client.short_since.reset();
    return !client.short_since.has_value();
  });
  std::ranges::sort(books.clients_short, [&](ClientIndex a, ClientIndex b) {
    const Client& one = books.clients[a];
    const Client& other = books.clients[b];
    if (one.short_since != other.short_since) return one.short_since < other.short_since;
    if (one.framework == other.framework) return books.roles[one.role].name < books.roles[other.role].name;
    return books.frameworks[one.framework].id < books.frameworks[other.framework].id;
  });
  for (const ClientIndex index : books.clients_short) {
    const Client& client = books.clients[index];
    if (now < *client.short_since + books.options.hold_after || now < client.hold_not_before) continue;
    if (count(books, HoldKind::large_task) >= holds_max(books)) return;
    if (std::ranges::find(books.holds, index, &Hold::client) != books.holds.end()) continue;
    const Minimum need = need_of(books, index);
    Agent* agent = need.empty() ? nullptr : nearest_agent(books, index, need);
    if (agent == nullptr) continue;
    hold_agent(books, *agent, index, need, now + books.options.hold_length, HoldKind::large_task);
  }
}

}  // namespace stoa::allocator
