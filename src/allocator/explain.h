// Why a framework is not being offered an agent: the first rule that says no, in the order in which a cycle asks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace stoa::allocator {

enum class Reason {
  none,                 // It will be offered in the next cycle that reaches it.
  framework_inactive,   // Disconnected or deactivated.
  role_not_subscribed,  // It only holds something in the role.
  role_suppressed,
  agent_inactive,  // Disconnected, deactivated or draining.
  agent_not_whitelisted,
  nothing_free,
  offer_constraints,
  capability,  // gpus, region, or what an old agent or framework does not understand.
  reserved_for_others,
  held_for_another,  // A hold or a preemption keeps it together for somebody else.
  below_minimum,
  quota,        // The role's limit, or headroom for the guarantees of others.
  filter,       // It refused the same lately.
  share_order,  // Others are asked first.
  paused,       // Allocation waits for agents after a failover.
};

// `offer_constraints`, for people and for JSON.
std::string to_text(Reason reason);

// About one agent and one role of the framework.
struct Explanation {
  AgentId agent;
  std::string role;
  Reason reason = Reason::none;
  std::string detail;                   // A sentence for people.
  std::optional<Duration> filter_left;  // For `filter`.
};

// Where the framework stands in one of its roles.
struct Standing {
  std::string role;
  double role_share = 0;  // Dominant, divided by the role's weight: what the order goes by.
  double framework_share = 0;
  int priority = 0;                  // Effective.
  std::optional<std::size_t> ahead;  // How many are asked before it; nothing if it is not asked, or if lots are drawn.
};

struct ExplainQuestion {
  FrameworkId framework;
  std::optional<AgentId> agent;         // Nothing: all,
  AgentId after;                        // behind this one, by id,
  std::size_t explanations_max = 1000;  // One for each agent and role; ends with an agent.
};

struct Explained {
  bool is_known = false;  // The framework, and the agent if one was named.
  std::vector<Standing> standings;
  std::vector<Explanation> agents;
  std::optional<AgentId> next;  // There are more: ask again, after this one.
};

}  // namespace stoa::allocator
