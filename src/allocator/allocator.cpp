#include "allocator/allocator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "allocator/books.h"
#include "allocator/cycle.h"
#include "allocator/holds.h"

namespace stoa::allocator {
namespace {

Error unknown(const AgentId& agent) { return {Code::not_found, fmt::format("agent {} is not known", agent.value)}; }
Error unknown(const FrameworkId& framework, const std::string& role) {
  return {Code::not_found, fmt::format("framework {} in role {} is not known", framework.value, role)};
}

// Charges what agent and framework say is used, under the roles that it is allocated to.
void hold_used(Books& books, Agent& agent, Framework& framework, const model::Resources& used) {
  for_each_role(used, [&](const std::string& role, const model::Resources& part) {
    books.hold(agent, books.ensure_client(framework, role), part, 1);
  });
}

bool holds_on(const Books& books, const Framework& framework, const Agent& agent) {
  return std::ranges::any_of(agent.holdings, [&](const Holding& holding) {
    return &books.frameworks[books.clients[holding.client].framework] == &framework;
  });
}

void subscribe(Books& books, Framework& framework, const std::string& role) {
  const ClientIndex index = books.ensure_client(framework, role);
  Client& client = books.clients[index];
  const bool suppressed = framework.spec.suppressed.contains(role);
  if (client.is_suppressed && !suppressed) books.void_filters(index);  // Revived (ALC-133).
  client.is_subscribed = true;
  client.is_suppressed = suppressed;
  const auto minimum = framework.spec.minimum.find(role);
  client.minimum = minimum == framework.spec.minimum.end() ? std::nullopt : std::optional(minimum->second);
  const auto constraint = framework.spec.constraints.find(role);
  client.constraint = constraint == framework.spec.constraints.end() ? nullptr : constraint->second;
  client.verdicts.clear();
  books.refresh_activity(index);
}

void unsubscribe(Books& books, ClientIndex index) {
  books.void_filters(index);
  books.clients[index].is_subscribed = false;
  books.refresh_activity(index);
  books.forget_if_unused(index);
}

void apply_spec(Books& books, Framework& framework, const FrameworkSpec& spec) {
  framework.spec = spec;
  const std::map<std::string, ClientIndex> before = framework.clients;
  for (const std::string& role : spec.roles) subscribe(books, framework, role);
  for (const auto& [role, client] : before) {
    if (!spec.roles.contains(role) && books.clients[client].is_subscribed) unsubscribe(books, client);
  }
  for (const auto& [role, client] : framework.clients) books.freshen(client);
}

// The clients named by `roles`, or all; nothing if one of the roles is not subscribed (ALC-132).
std::vector<ClientIndex> named_clients(const Books& books, const Framework& framework,
                                       const std::set<std::string>& roles) {
  std::vector<ClientIndex> result;
  if (!std::ranges::includes(framework.spec.roles, roles)) return result;
  for (const auto& [role, client] : framework.clients) {
    if (books.clients[client].is_subscribed && (roles.empty() || roles.contains(role))) result.push_back(client);
  }
  return result;
}

void apply_whitelist(Books& books, Agent& agent) {
  agent.is_whitelisted = !books.whitelist.has_value() || books.whitelist->contains(agent.spec.hostname);
  books.wake(agent);
}

// Takes resources back; the role says from which client.
Result<> release_all(Books& books, const FrameworkId& framework, Agent& agent, const model::Resources& resources,
                     std::vector<ClientIndex>* clients = nullptr) {
  Result<> result;
  for_each_role(resources, [&](const std::string& role, const model::Resources& part) {
    if (!result.has_value()) return;
    const auto client = books.find_client(framework, role);
    if (!client.has_value()) {
      result = std::unexpected(unknown(framework, role));
      return;
    }
    result = books.release(agent, *client, part);
    if (clients != nullptr) clients->push_back(*client);
  });
  return result;
}

void install_filter(Books& books, Agent& agent, ClientIndex client, model::Resources refused, double refuse_seconds,
                    TimePoint now) {
  const Duration length = refusal_length(refuse_seconds);
  if (length == Duration::zero()) return;
  // A filter shorter than an interval still holds in the next periodic cycle (ALC-123), which may be exactly one
  // interval away.
  const Duration interval = books.options.allocation_interval;
  const TimePoint expires = now + (length > interval ? length : interval + Duration(1));
  Client& refusing = books.clients[client];
  ++refusing.filters;
  refusing.filters -= agent.filters.add(client, refusing.epoch, expires, std::move(refused));
  books.expiries.push({expires, books.agents_by_id.at(agent.id), client});
}

void expire_filters(Books& books, TimePoint now) {
  while (!books.expiries.empty() && books.expiries.top().at <= now) {
    const auto [at, agent, client] = books.expiries.top();
    books.expiries.pop();
    books.expire_filters(books.agents[agent], client, now);
  }
}

// In the order of their ids.
std::vector<AgentIndex> requested_agents(Books& books, bool all) {
  std::vector<AgentIndex> requested = std::exchange(books.agents_requested, {});
  for (const AgentIndex index : requested) books.agents[index].is_requested = false;
  if (all) return books.take_candidates();
  std::erase_if(requested, [&](AgentIndex index) { return !books.is_candidate(books.agents[index]); });
  std::ranges::sort(requested, {}, [&](AgentIndex index) -> const AgentId& { return books.agents[index].id; });
  requested.erase(std::ranges::unique(requested).begin(), requested.end());
  return requested;
}

}  // namespace

Allocator::Allocator(Options options) : books_(std::make_unique<Books>(std::move(options))) {}
Allocator::~Allocator() = default;
Allocator::Allocator(Allocator&&) noexcept = default;
Allocator& Allocator::operator=(Allocator&&) noexcept = default;

void Allocator::add_framework(const FrameworkId& id, const FrameworkSpec& spec, bool active,
                              const std::map<AgentId, model::Resources>& used, TimePoint now) {
  Framework& framework = books_->ensure_framework(id);
  framework.is_known = true;
  framework.is_active = active;
  apply_spec(*books_, framework, spec);
  for (const auto& [agent_id, resources] : used) {
    Agent* agent = books_->find_agent(agent_id);
    if (agent == nullptr || holds_on(*books_, framework, *agent)) continue;
    hold_used(*books_, *agent, framework, resources);
  }
  for (const auto& [role, client] : framework.clients) books_->refresh_activity(client);
  if (active) books_->request_all(now);
}

void Allocator::update_framework(const FrameworkId& id, const FrameworkSpec& spec, TimePoint now) {
  Framework* framework = books_->find_framework(id);
  if (framework == nullptr) return;
  apply_spec(*books_, *framework, spec);
  if (framework->is_active) books_->request_all(now);
}

void Allocator::remove_framework(const FrameworkId& id) {
  Framework* framework = books_->find_framework(id);
  if (framework == nullptr) return;
  books_->demands.remove(*books_, id);
  framework->is_known = false;
  framework->is_active = false;
  if (framework->clients.empty()) {
    books_->frameworks_unused.push_back(books_->frameworks_by_id.at(id));
    books_->frameworks_by_id.erase(id);
    return;
  }
  const std::map<std::string, ClientIndex> clients = framework->clients;
  for (const auto& [role, client] : clients) unsubscribe(*books_, client);
}

void Allocator::activate_framework(const FrameworkId& id, TimePoint now) {
  Framework* framework = books_->find_framework(id);
  if (framework == nullptr) return;
  framework->is_active = true;
  for (const auto& [role, client] : framework->clients) books_->refresh_activity(client);
  books_->request_all(now);
}

void Allocator::deactivate_framework(const FrameworkId& id) {
  Framework* framework = books_->find_framework(id);
  if (framework == nullptr) return;
  framework->is_active = false;
  for (const auto& [role, client] : framework->clients) {
    books_->void_filters(client);
    books_->refresh_activity(client);
  }
}

void Allocator::suppress(const FrameworkId& id, const std::set<std::string>& roles) {
  Framework* framework = books_->find_framework(id);
  if (framework == nullptr) return;
  for (const ClientIndex client : named_clients(*books_, *framework, roles)) {
    books_->clients[client].is_suppressed = true;
    books_->refresh_activity(client);
  }
}

void Allocator::revive(const FrameworkId& id, const std::set<std::string>& roles, TimePoint now) {
  Framework* framework = books_->find_framework(id);
  if (framework == nullptr) return;
  const std::vector<ClientIndex> named = named_clients(*books_, *framework, roles);
  if (named.empty()) return;
  for (const ClientIndex client : named) {
    books_->void_filters(client);
    books_->clients[client].is_suppressed = false;
    books_->refresh_activity(client);
    books_->freshen(client);
  }
  books_->request_all(now);
}

void Allocator::add_agent(const AgentId& id, AgentSpec spec, const std::map<FrameworkId, model::Resources>& used,
                          TimePoint now) {
  Agent& agent = books_->insert_agent(id, std::move(spec));
  for (const auto& [framework, resources] : used) {
    if (!resources.empty()) hold_used(*books_, agent, books_->ensure_framework(framework), resources);
  }
  books_->request(agent, now);
}

void Allocator::remove_agent(const AgentId& id) {
  if (Agent* agent = books_->find_agent(id)) books_->erase_agent(*agent);
}

void Allocator::activate_agent(const AgentId& id, TimePoint now) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return;
  agent->is_active = true;
  books_->wake(*agent);
  books_->request(*agent, now);
}

void Allocator::deactivate_agent(const AgentId& id) {
  if (Agent* agent = books_->find_agent(id)) agent->is_active = false;
}

void Allocator::update_agent(const AgentId& id, const AgentSpec& spec, TimePoint now) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return;
  model::Resources total = std::move(agent->spec.total);
  agent->spec = spec;
  agent->spec.total = std::move(total);
  books_->forget_verdicts(*agent);
  apply_whitelist(*books_, *agent);
  books_->request(*agent, now);
}

void Allocator::update_agent_total(const AgentId& id, const model::Resources& total, TimePoint now) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr || agent->spec.total == total) return;
  books_->set_total(*agent, total);
  books_->request(*agent, now);
}

void Allocator::forget_filters(const AgentId& id, TimePoint now) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return;
  books_->clear_filters(*agent);
  books_->forget_verdicts(*agent);
  books_->wake(*agent);
  books_->request(*agent, now);
}

void Allocator::set_whitelist(std::optional<std::set<std::string>> hostnames, TimePoint now) {
  books_->whitelist = std::move(hostnames);
  for (const auto& [id, index] : books_->agents_by_id) apply_whitelist(*books_, books_->agents[index]);
  books_->request_all(now);
}

void Allocator::set_weight(const std::string& role, double weight) { books_->set_weight(role, weight); }

void Allocator::set_quota(const std::string& role, const Quota& quota) { books_->set_quota(role, quota); }

void Allocator::set_priority(const std::string& role, std::optional<int> priority) {
  books_->set_priority(role, priority);
}

Result<> Allocator::recover(const FrameworkId& framework, const AgentId& id, const model::Resources& resources,
                            std::optional<double> refuse_seconds, TimePoint now) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return std::unexpected(unknown(id));
  std::vector<ClientIndex> clients;
  TRY(release_all(*books_, framework, *agent, resources, &clients));
  if (books_->demands.has_won()) {
    books_->demands.note_return(*books_, framework, id, resources, refuse_seconds.has_value());
  }
  for (const ClientIndex client : clients) {
    if (refuse_seconds.has_value() && books_->clients[client].is_subscribed) {
      const std::string& role = books_->roles[books_->clients[client].role].name;
      const bool only = clients.size() == 1;
      install_filter(
          *books_, *agent, client,
          only ? resources.without_allocation_role() : resources.allocated_to(role).without_allocation_role(),
          *refuse_seconds, now);
    }
    books_->forget_if_unused(client);
  }
  return {};
}

Result<> Allocator::recover_used(const FrameworkId& framework, const AgentId& id, const model::Resources& resources,
                                 TimePoint now) {
  TRY(recover(framework, id, resources, std::nullopt, now));
  books_->request(*books_->find_agent(id), now);
  return {};
}

Result<> Allocator::charge(const FrameworkId& framework, const AgentId& id, const model::Resources& resources) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return std::unexpected(unknown(id));
  hold_used(*books_, *agent, books_->ensure_framework(framework), resources);
  return {};
}

Result<> Allocator::update_allocation(const FrameworkId& framework, const AgentId& id, const model::Resources& before,
                                      const model::Resources& after) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return std::unexpected(unknown(id));
  model::Resources total = agent->spec.total;
  TRY(total.subtract(before.without_allocation_role().with_single_counts()));
  TRY(release_all(*books_, framework, *agent, before));
  books_->set_total(*agent, total + after.without_allocation_role());
  for_each_role(after, [&](const std::string& role, const model::Resources& part) {
    books_->hold(*agent, books_->ensure_client(books_->ensure_framework(framework), role), part, 0);
  });
  return {};
}

Result<> Allocator::update_available(const AgentId& id, const model::Resources& before, const model::Resources& after,
                                     TimePoint now) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return std::unexpected(unknown(id));
  if (!agent->free.contains(before)) {
    return fail(Code::failed_precondition,
                fmt::format("agent {}: '{}' does not contain '{}'", id.value, agent->free.to_text(), before.to_text()));
  }
  books_->exchange(*agent, before, after);
  books_->request(*agent, now);
  return {};
}

void Allocator::request(const FrameworkId& id, std::vector<Demand> demands, TimePoint now) {
  if (books_->find_framework(id) == nullptr) return;
  books_->demands.replace(*books_, id, std::move(demands), now);
}

std::vector<Preemption> Allocator::preempt(const LoadOf& load_of, TimePoint now) {
  return books_->demands.advance(*books_, load_of, now);
}

Plan Allocator::plan(const FrameworkId& framework, const Demand& demand, const LoadOf& load_of) {
  return plan_for(*books_, {framework, demand, books_->options.preemption.victims_max}, load_of);
}

void Allocator::note_lapse(const FrameworkId& framework, const AgentId& agent, const model::Resources& resources) {
  books_->demands.note_return(*books_, framework, agent, resources, true);
}

Result<> Allocator::hold(const FrameworkId& framework, const std::string& role, const AgentId& id, TimePoint now) {
  Agent* agent = books_->find_agent(id);
  if (agent == nullptr) return std::unexpected(unknown(id));
  const auto client = books_->find_client(framework, role);
  if (!client.has_value()) return std::unexpected(unknown(framework, role));
  Minimum need = need_of(*books_, *client);
  if (agent->held_for != no_client || need.empty()) {
    return fail(Code::failed_precondition, fmt::format("agent {} is held already, or framework {} has declared no need",
                                                       id.value, framework.value));
  }
  hold_agent(*books_, *agent, *client, std::move(need), now + books_->options.hold_length, HoldKind::large_task);
  return {};
}

void Allocator::set_paused(bool paused, TimePoint now) {
  if (std::exchange(books_->is_paused, paused) && !paused) books_->request_all(now);
}

void Allocator::request_cycle(TimePoint now) { books_->request_all(now); }

std::optional<TimePoint> Allocator::next_cycle() const { return books_->pacing.next(); }

std::vector<Grant> Allocator::run(TimePoint now) {
  const Pacing::Due due = books_->pacing.take(now);
  if (due == Pacing::Due::nothing) return {};
  ++books_->cycles;
  if (due == Pacing::Due::periodic) {
    expire_filters(*books_, now);
    update_holds(*books_, now);
  }
  if (books_->is_paused) return {};
  const bool all = due == Pacing::Due::periodic || books_->all_requested;
  books_->all_requested = false;
  std::vector<Grant> grants = give_away(*books_, requested_agents(*books_, all), now);
  if (all) {  // All that anybody can be asked about has been.
    books_->fresh.clear();
    books_->fresh_from = books_->generation;
  }
  return grants;
}

}  // namespace stoa::allocator
