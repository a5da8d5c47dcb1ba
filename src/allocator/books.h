// Books: what the allocator knows, and the arithmetic that keeps it consistent (ALC-003).
//
// Ids become small numbers at the door. A client is a framework in one role: the unit that is offered something. Each
// agent lists who holds what of it; free is what remains, and is kept, not computed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "allocator/allocator.h"
#include "allocator/amounts.h"
#include "allocator/filters.h"
#include "allocator/pacing.h"
#include "allocator/preemption.h"
#include "allocator/quota_tree.h"
#include "allocator/share_tree.h"
#include "base/random.h"

namespace stoa::allocator {

using AgentIndex = std::uint32_t;
using FrameworkIndex = std::uint32_t;
using RoleIndex = std::uint32_t;

// Why an agent is kept together for one client.
enum class HoldKind : std::uint8_t { large_task, preemption };

struct Hold {
  AgentIndex agent = 0;
  ClientIndex client = 0;
  Minimum need;
  TimePoint until;
  HoldKind kind = HoldKind::large_task;
};

struct Client {
  FrameworkIndex framework = 0;
  RoleIndex role = 0;
  ShareTree::Node leaf = ShareTree::root;
  std::uint64_t epoch = 0;  // Filters of other epochs are void.
  std::uint64_t fresh = 0;  // The generation in which it was freshened last.
  bool is_subscribed = false;
  bool is_suppressed = false;
  std::optional<Minimum> minimum;
  Constraint constraint;
  std::vector<std::uint8_t> verdicts;    // Of the constraint, by agent; see verdict_of.
  std::size_t agents = 0;                // On how many it holds something.
  std::size_t filters = 0;               // In force, on all agents.
  bool has_demands = false;              // In Books::demands.
  std::optional<TimePoint> short_since;  // Listed in Books::clients_short.
  TimePoint hold_not_before;
};

struct Framework {
  FrameworkId id;
  FrameworkSpec spec;
  bool is_known = false;  // False while only agents have spoken of it, and after its removal.
  bool is_active = false;
  std::map<std::string, ClientIndex> clients;
};

struct Role {
  std::string name;
  model::Symbol symbol;                    // The same, as resources carry it.
  ShareTree::Node node = ShareTree::root;  // Parent of the clients: `eng/.` for `eng` (ALC-023).
  QuotaTree::Node quota = QuotaTree::root;
  int priority = 0;  // Effective.
  std::size_t clients = 0;
};

struct Holding {
  ClientIndex client;
  model::Resources resources;  // Without allocation role.
};

struct Agent {
  AgentId id;
  AgentSpec spec;
  bool is_present = false;
  bool is_active = true;
  bool is_whitelisted = true;
  bool has_gpus = false;
  bool is_overcommitted = false;     // More held than there is: free is then computed with a floor (ALC-176).
  bool is_requested = false;         // By an extra cycle.
  model::Resources free;             // Shared volumes stay in it while they are held (RES-131).
  ClientIndex held_for = no_client;  // See Books::holds.
  std::vector<Holding> holdings;
  Filters filters;

  // Nobody wanted anything of it when the books were at this generation; 0: not known. Then those who were freshened
  // later are the only ones to be asked. See Books::wake.
  std::uint64_t idle_generation = 0;
  bool is_awake = false;          // Listed in Books::agents_awake.
  bool is_quota_blocked = false;  // Listed in Books::agents_quota_blocked.
  // `content` names the state of `free` that `content_resources` copies.
  Content content = 0;
  model::Resources content_resources;
};

class Books {
 public:
  explicit Books(Options options);

  // Look-ups; null or nothing if not known.
  Agent* find_agent(const AgentId& id);
  const Agent* find_agent(const AgentId& id) const;
  Framework* find_framework(const FrameworkId& id);
  const Framework* find_framework(const FrameworkId& id) const;
  std::optional<ClientIndex> find_client(const FrameworkId& id, const std::string& role) const;

  Framework& ensure_framework(const FrameworkId& id);
  ClientIndex ensure_client(Framework& framework, const std::string& role);
  // Removes the client, its role and the framework as far as nothing refers to them any more.
  void forget_if_unused(ClientIndex client);
  // After a change of anything that makes a client active.
  void refresh_activity(ClientIndex client);
  void void_filters(ClientIndex client) {
    clients[client].epoch = ++epochs;
    clients[client].filters = 0;
  }
  // Those of the client on the agent that end before or at `now`; all of the agent.
  void expire_filters(Agent& agent, ClientIndex client, TimePoint now);
  void clear_filters(Agent& agent);

  Agent& insert_agent(const AgentId& id, AgentSpec spec);
  void erase_agent(Agent& agent);
  void set_total(Agent& agent, model::Resources total);
  // Replaces `before`, which is free, in the agent's total. O(members) where no shared volume is among them, with no
  // copy of the whole: an agent may have thousands of reservations (RES-180).
  void exchange(Agent& agent, const model::Resources& before, const model::Resources& after);
  // Something changed that may make somebody want what the agent has free.
  void wake(Agent& agent);
  // The client, or anybody, may want what it did not want before.
  void freshen(ClientIndex client);
  void freshen_all();
  // Is somebody to be asked in a cycle whether they want what it has free?
  bool is_candidate(const Agent& agent) const {
    return agent.is_present && agent.is_active && agent.is_whitelisted && !agent.free.empty() &&
           agent.idle_generation != generation;
  }
  // Quota withheld something of it, and may not when resources came back elsewhere.
  void note_quota_blocked(Agent& agent);
  // What guarantees can be met from: free, counted for quota, on agents that may be offered (ALC-075). O(agents).
  Amounts headroom_available();
  // Does the client's constraint admit the agent (ALC-140)? Asks once.
  bool verdict_of(Client& client, const Agent& agent);
  void forget_verdicts(const Agent& agent);
  // All candidates, in the order of their ids, for a cycle that visits each of them. O(agents woken since the last
  // time), or O(agents) if these are many or a client may want what it did not want before.
  std::vector<AgentIndex> take_candidates();
  // Law: a candidate is found by take_candidates.
  bool is_findable(const Agent& agent) const { return agent.is_awake || awake_generation != generation; }
  void request(Agent& agent, TimePoint now);
  void request_all(TimePoint now);

  // Gives `resources` (without allocation role; agent.free itself is fine) to the client. `times` counts as so many
  // allocations (ALC-025).
  void hold(Agent& agent, ClientIndex client, const model::Resources& resources, std::uint64_t times);
  // Takes them back. Fails with failed_precondition if the client does not hold them.
  Result<> release(Agent& agent, ClientIndex client, const model::Resources& resources);
  // The number of the present content of agent.free.
  Content content_of(Agent& agent);

  void set_weight(const std::string& role, double weight);
  void set_quota(const std::string& role, const Quota& quota);
  void set_priority(const std::string& role, std::optional<int> priority);
  int effective_priority(const std::string& role) const;

  Options options;
  Pacing pacing;
  Random random;
  Names names;
  ShareTree tree;
  QuotaTree quotas;
  Amounts total;
  Amounts allocated;

  std::deque<Agent> agents;
  std::map<AgentId, AgentIndex> agents_by_id;  // Ordered: the order of visits starts from it.
  std::vector<AgentIndex> agents_unused;
  std::vector<AgentIndex> agents_awake;  // All candidates are among them, if the generation is this one:
  std::uint64_t awake_generation = 0;
  std::vector<AgentIndex> agents_quota_blocked;
  bool quota_relaxed = false;  // Resources came back since they were blocked.
  std::vector<AgentIndex> agents_requested;
  bool all_requested = false;
  bool is_paused = false;
  std::uint64_t cycles = 0;

  std::deque<Framework> frameworks;
  std::unordered_map<FrameworkId, FrameworkIndex> frameworks_by_id;
  std::vector<FrameworkIndex> frameworks_unused;
  std::deque<Client> clients;
  std::vector<ClientIndex> clients_unused;
  std::deque<Role> roles;
  std::unordered_map<std::string, RoleIndex> roles_by_name;
  std::vector<RoleIndex> roles_unused;
  std::map<std::string, double> weights;
  std::map<std::string, int> priorities;
  std::optional<std::set<std::string>> whitelist;
  std::vector<Hold> holds;                 // A few.
  std::vector<ClientIndex> clients_short;  // Who waits for a hold.
  Demands demands;

  struct Expiry {
    TimePoint at;
    AgentIndex agent;
    ClientIndex client;
    bool operator>(const Expiry& other) const { return at > other.at; }
  };
  std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries;

  std::uint64_t epochs = 0;
  std::uint64_t generation = 1;  // Raised whenever a client may want what it did not want before.
  // Those who were freshened after generation `fresh_from`, if they are few.
  std::vector<ClientIndex> fresh;
  std::uint64_t fresh_from = 1;
  Content contents = 0;

 private:
  void recompute_free(Agent& agent);
  void count_reservations(const model::Resources& total, bool added);
  void give_back(Agent& agent, const model::Resources& resources);
  RoleIndex ensure_role(const std::string& name);
  ShareTree::Node ensure_path(const std::string& role);
  void forget_role_if_unused(RoleIndex role);
};

// Calls `function(role, resources without allocation role)` for each allocation role. Mostly there is one.
template <typename Function>
void for_each_role(const model::Resources& resources, Function function) {
  if (resources.empty()) return;
  if (const auto only = resources.allocation_role(); only.has_value()) {
    function(only->text(), resources.without_allocation_role());
    return;
  }
  std::map<std::string, model::Resources> by_role;
  for (const auto& [resource, count] : resources) {
    by_role[resource.allocation_role().text()].add(resource.with_allocation_role({}), count);
  }
  for (const auto& [role, part] : by_role) function(role, part);
}

}  // namespace stoa::allocator
