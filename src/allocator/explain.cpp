#include "allocator/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "allocator/allocator.h"
#include "allocator/books.h"
#include "allocator/gates.h"
#include "allocator/holds.h"
#include "allocator/minimum.h"
#include "allocator/order.h"
#include "allocator/quota.h"

namespace stoa::allocator {
namespace {

// Counts the clients that are asked before each of some.
struct Ahead {
  std::unordered_map<ShareTree::Node, std::size_t> places;
  std::size_t unseen = 0;
  std::size_t count = 0;

  bool enter(ShareTree::Node) { return true; }
  bool visit(ShareTree::Node node) {
    if (const auto place = places.find(node); place != places.end()) {
      place->second = count;
      --unseen;
    }
    ++count;
    return unseen > 0;
  }
};

Explanation because(Reason reason, std::string detail) {
  return {.agent = {}, .role = {}, .reason = reason, .detail = std::move(detail), .filter_left = {}};
}

std::optional<Explanation> about_agent(const Agent& agent) {
  if (!agent.is_active) {
    return because(Reason::agent_inactive, "the agent is disconnected, deactivated or draining");
  }
  if (!agent.is_whitelisted) {
    return because(Reason::agent_not_whitelisted, fmt::format("host {} is not whitelisted", agent.spec.hostname));
  }
  if (agent.free.empty()) return because(Reason::nothing_free, "everything of the agent is offered or in use");
  return std::nullopt;
}

std::optional<Explanation> about_framework(const Books& books, const Framework& framework, const Client& client) {
  if (books.is_paused) return because(Reason::paused, "allocation waits for agents to come back after a failover");
  if (!framework.is_known || !framework.is_active) {
    return because(Reason::framework_inactive, "the framework is disconnected or inactive");
  }
  if (!client.is_subscribed) return because(Reason::role_not_subscribed, "the framework left this role");
  if (client.is_suppressed) return because(Reason::role_suppressed, "the framework suppressed offers for this role");
  return std::nullopt;
}

// What quota leaves of `wanted`, or the explanation.
std::optional<Explanation> about_quota(Books& books, const Client& client, const Amounts& available,
                                       model::Resources& wanted) {
  if (!books.quotas.any()) return std::nullopt;
  model::Resources part;
  const QuotaTree::Node node = books.roles[client.role].quota;
  const QuotaRuling ruling = rule({books.quotas, books.names, available}, node, wanted, false, part);
  if (ruling == QuotaRuling::everything) return std::nullopt;
  if (ruling == QuotaRuling::part && meets(client.minimum.value_or(books.options.minimum), part)) {
    wanted = std::move(part);
    return std::nullopt;
  }
  return because(Reason::quota, fmt::format("of '{}' the limits of the role and what guarantees of others need leave "
                                            "'{}'",
                                            wanted.to_text(), part.to_text()));
}

// The rules of Visit, in its order.
Explanation judge(Books& books, ClientIndex index, const Standing& standing, const Amounts& available, Agent& agent,
                  TimePoint now) {
  Client& client = books.clients[index];
  const Framework& framework = books.frameworks[client.framework];
  const std::string& role = books.roles[client.role].name;
  if (!admits_role(agent.spec, role)) return because(Reason::capability, "the agent does not know hierarchical roles");
  model::Resources wanted = agent.free.usable_by(role);
  if (wanted.empty()) return because(Reason::reserved_for_others, "what is free is reserved to other roles");
  if (!books.verdict_of(client, agent)) {
    return because(Reason::offer_constraints, "the framework's offer constraints exclude the agent");
  }
  if (!admits(agent.spec, agent.has_gpus && books.options.filter_gpu_resources, framework.spec)) {
    return because(Reason::capability, "the agent needs GPU_RESOURCES or REGION_AWARE, or is too old for MULTI_ROLE");
  }
  if (agent.held_for != no_client && agent.held_for != index) {
    wanted = wanted.reserved();
    if (wanted.empty()) return because(Reason::held_for_another, "the agent is held for a framework with a large need");
  }
  wanted = without_hidden(wanted, framework.spec);
  const Minimum& minimum = client.minimum.has_value() ? *client.minimum : books.options.minimum;
  if (wanted.empty() || !meets(minimum, wanted)) {
    return because(Reason::below_minimum, fmt::format("'{}' is less than is worth offering", wanted.to_text()));
  }
  if (const auto refused = about_quota(books, client, available, wanted)) return *refused;
  if (const auto until = agent.filters.withheld_until(index, client.epoch, wanted)) {
    Explanation filtered = because(Reason::filter, fmt::format("the framework declined '{}'", wanted.to_text()));
    filtered.filter_left = std::max(*until - now, Duration(0));
    return filtered;
  }
  if (!standing.ahead.has_value()) return because(Reason::share_order, "the order is drawn by lot");
  if (*standing.ahead == 0) return because(Reason::none, "it is the first to be asked");
  return because(Reason::share_order, fmt::format("{} are asked before it", *standing.ahead));
}

// In each role of the framework.
std::vector<Standing> standings_of(Books& books, const Framework& framework) {
  Ahead ahead;
  const bool draws = books.options.role_sorter == Sorter::random || books.options.framework_sorter == Sorter::random;
  for (const auto& [role, index] : framework.clients) {
    const ShareTree::Node leaf = books.clients[index].leaf;
    if (!draws && books.tree.is_active(leaf)) ahead.places.emplace(leaf, 0);  // A look must not draw.
  }
  ahead.unseen = ahead.places.size();
  if (ahead.unseen > 0) Order(books).walk(ahead);
  std::vector<Standing> standings;
  for (const auto& [name, index] : framework.clients) {
    const ShareTree::Node leaf = books.clients[index].leaf;
    Standing standing{.role = name,
                      .role_share = books.tree.share(books.tree.parent(books.roles[books.clients[index].role].node)),
                      .framework_share = books.tree.share(leaf),
                      .priority = books.roles[books.clients[index].role].priority,
                      .ahead = {}};
    if (const auto place = ahead.places.find(leaf); place != ahead.places.end()) standing.ahead = place->second;
    standings.push_back(std::move(standing));
  }
  return standings;
}

}  // namespace

std::string to_text(Reason reason) {
  static constexpr std::array names{"none",
                                    "framework_inactive",
                                    "role_not_subscribed",
                                    "role_suppressed",
                                    "agent_inactive",
                                    "agent_not_whitelisted",
                                    "nothing_free",
                                    "offer_constraints",
                                    "capability",
                                    "reserved_for_others",
                                    "held_for_another",
                                    "below_minimum",
                                    "quota",
                                    "filter",
                                    "share_order",
                                    "paused"};
  return names[static_cast<std::size_t>(reason)];
}

Explained Allocator::explain(const ExplainQuestion& question, TimePoint now) {
  Books& books = *books_;
  Explained result;
  const Framework* framework = books.find_framework(question.framework);
  if (framework == nullptr) return result;
  if (question.agent.has_value() && books.find_agent(*question.agent) == nullptr) return result;
  result.is_known = true;
  books.tree.settle();
  result.standings = standings_of(books, *framework);
  const Amounts available = books.quotas.any_guarantee() ? books.headroom_available() : Amounts();
  auto at = question.agent.has_value() ? books.agents_by_id.find(*question.agent)
                                       : books.agents_by_id.upper_bound(question.after);
  const std::size_t most = question.agent.has_value() ? 1 : question.explanations_max;
  for (; at != books.agents_by_id.end() && result.agents.size() < most; ++at) {
    Agent& agent = books.agents[at->second];
    auto standing = result.standings.begin();
    for (const auto& [role, index] : framework->clients) {
      std::optional<Explanation> reason = about_framework(books, *framework, books.clients[index]);
      if (!reason.has_value()) reason = about_agent(agent);
      if (!reason.has_value()) reason = judge(books, index, *standing, available, agent, now);
      ++standing;
      reason->agent = agent.id;
      reason->role = role;
      result.agents.push_back(*std::move(reason));
    }
    result.next = agent.id;
  }
  if (question.agent.has_value() || at == books.agents_by_id.end()) result.next.reset();
  return result;
}

}  // namespace stoa::allocator
