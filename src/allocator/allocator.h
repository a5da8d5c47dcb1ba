// Allocator decides which framework, in which role, is offered which free resources of which agent (ALC-001).
//
// It keeps the books: of each agent's total, every piece is free or held by one (framework, role); what is offered and
// what is used are one amount here (ALC-033). A cycle walks the agents, asks the clients in the order of the share
// tree, and gives each agent's free resources to the first who may have them and wants them. Pure: told the time,
// seeded, the same calls give the same grants (ALC-270).
//
// An event costs the depth of the role tree, never a scan of agents. Agents of which nobody wanted anything are left
// out of cycles until something changes that could make a difference (ALC-280).
//
// One rule, one file: share_tree (order), filters (refusals), gates (who may see what), minimum (what is worth
// offering), pacing (when), cycle.cpp (the walk).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/explain.h"
#include "allocator/preemption.h"
#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "model/quantities.h"
#include "model/resources.h"

namespace stoa::allocator {

// Alternatives of which one must be met (ALC-110); none: anything goes.
using Minimum = std::vector<model::Quantities>;

// `cpus:0.01|mem:32`.
Minimum default_minimum();
// Alternatives separated by '|'. Fails with invalid_argument and the texts of RES-052.
Result<Minimum> parse_minimum(std::string_view text);

// Who is asked first (ALC-005): the lowest weighted dominant share; a lottery by weights (ALC-045); or the most
// important class of roles, and the lowest share among equals (ALC-201).
enum class Sorter { drf, random, priority };

// What a top-level role with all below it is promised, and what it may not exceed (ALC-060).
struct Quota {
  model::Quantities guarantees;
  model::Limits limits;

  bool empty() const { return guarantees.empty() && limits.empty(); }
  bool operator==(const Quota&) const = default;
};

// May the agent be offered (ALC-140)? Asked seldom: an answer is remembered until the agent is updated, its filters are
// forgotten, or the framework is updated.
using Constraint = std::function<bool(const AgentId& agent)>;

struct Options {
  Duration allocation_interval = std::chrono::seconds(1);
  Duration allocation_interval_min = std::chrono::milliseconds(50);  // Between two extra cycles (ALC-014).
  bool order_by_id = false;                                          // Agents by id instead of at random (ALC-271).
  std::uint64_t seed = 0;
  Minimum minimum = default_minimum();
  std::set<std::string> fair_sharing_excluded;  // ALC-026.
  bool filter_gpu_resources = true;             // ALC-150.
  Sorter role_sorter = Sorter::drf;
  Duration hold_after = std::chrono::seconds(60);   // Who lacks room for so long gets a hold; 0: never (ALC-181).
  Duration hold_length = std::chrono::minutes(10);  // And the pause after one that did not help (ALC-183).
  PreemptionOptions preemption;
  Sorter framework_sorter = Sorter::drf;  // `priority` means drf here.
};

struct FrameworkSpec {
  std::set<std::string> roles;
  std::set<std::string> suppressed;  // Of these.
  bool gpu_resources = false;
  bool revocable_resources = false;
  bool shared_resources = false;
  bool reservation_refinement = false;
  bool multi_role = false;
  bool region_aware = false;
  std::map<std::string, Minimum> minimum;         // By role; replaces Options::minimum (ALC-111).
  std::map<std::string, Constraint> constraints;  // By role; none: every agent.
};

struct AgentSpec {
  model::Resources total;  // Without allocation roles.
  std::string hostname;
  bool is_local_region = true;       // ALC-151.
  bool is_multi_role = true;         // ALC-153.
  bool is_hierarchical_role = true;  // ALC-153.
};

// One offer to make. Its resources carry the allocation role and are already accounted to the framework.
struct Grant {
  FrameworkId framework;
  std::string role;
  AgentId agent;
  model::Resources resources;
};

struct RoleStanding {
  std::string role;
  double share = 0;         // Dominant, divided by weight, as the order goes by it.
  std::size_t filters = 0;  // In force.
  int priority = 0;         // Effective.
};

class Books;

class Allocator {
 public:
  explicit Allocator(Options options);
  ~Allocator();
  Allocator(Allocator&&) noexcept;
  Allocator& operator=(Allocator&&) noexcept;

  // Resources given to the calls below as used carry their allocation role.

  // A framework known only from agents (ALC-243) becomes a full one; `used` is then ignored where an agent told it
  // already. An inactive framework is accounted and not offered anything.
  void add_framework(const FrameworkId& id, const FrameworkSpec& spec, bool active,
                     const std::map<AgentId, model::Resources>& used, TimePoint now);
  // Replaces the specification: roles that are gone lose their filters, roles that leave suppression are revived
  // (ALC-133). Unknown frameworks are ignored, here and below.
  void update_framework(const FrameworkId& id, const FrameworkSpec& spec, TimePoint now);
  // What it still holds stays accounted until it is recovered.
  void remove_framework(const FrameworkId& id);
  void activate_framework(const FrameworkId& id, TimePoint now);
  void deactivate_framework(const FrameworkId& id);  // Drops its filters (ALC-125).
  // Empty `roles`: all. A role that the framework does not have makes the call do nothing (ALC-132).
  void suppress(const FrameworkId& id, const std::set<std::string>& roles);
  void revive(const FrameworkId& id, const std::set<std::string>& roles, TimePoint now);

  // The agent must not be known. `used` may exceed the total (ALC-176).
  void add_agent(const AgentId& id, AgentSpec spec, const std::map<FrameworkId, model::Resources>& used, TimePoint now);
  void remove_agent(const AgentId& id);  // With everything held on it.
  void activate_agent(const AgentId& id, TimePoint now);
  void deactivate_agent(const AgentId& id);
  // Capabilities and place may differ from before; the total is set by update_agent_total.
  void update_agent(const AgentId& id, const AgentSpec& spec, TimePoint now);
  void update_agent_total(const AgentId& id, const model::Resources& total, TimePoint now);
  // The agent's attributes changed: refusals of the past do not hold any more (ALC-125).
  void forget_filters(const AgentId& id, TimePoint now);
  // Only these hostnames are offered; nothing: all (ALC-161).
  void set_whitelist(std::optional<std::set<std::string>> hostnames, TimePoint now);
  void set_weight(const std::string& role, double weight);  // ALC-024.
  // Replaces the role's quota; an empty one removes it. Takes effect in the next cycle (ALC-013). Quotas may be nested;
  // the caller has checked that guarantees fit into those above them.
  void set_quota(const std::string& role, const Quota& quota);
  // Nothing: that of the nearest role above which has one, else 0 (ALC-202).
  void set_priority(const std::string& role, std::optional<int> priority);

  // Resources come back from a declined, rescinded or partly used offer. `refuse_seconds` as the client sent it
  // installs a filter (ALC-122); nothing: no filter, and no wish for a cycle (ALC-013). Fails with not_found if the
  // agent or framework is not known, failed_precondition if it does not hold them: ALC-003 is broken then, and nothing
  // changes.
  Result<> recover(const FrameworkId& framework, const AgentId& agent, const model::Resources& resources,
                   std::optional<double> refuse_seconds, TimePoint now);
  // The same for what a task, executor or operation held until it ended: requests a cycle for the agent (ALC-014).
  Result<> recover_used(const FrameworkId& framework, const AgentId& agent, const model::Resources& resources,
                        TimePoint now);
  // The master learned that the framework uses these: a task of which only the agent knew.
  Result<> charge(const FrameworkId& framework, const AgentId& agent, const model::Resources& resources);
  // An operation turned what the framework holds into something else (ALC-053). One step; total and shares follow.
  Result<> update_allocation(const FrameworkId& framework, const AgentId& agent, const model::Resources& before,
                             const model::Resources& after);
  // The same for free resources (ALC-054). Fails with failed_precondition if `before` is not free.
  Result<> update_available(const AgentId& agent, const model::Resources& before, const model::Resources& after,
                            TimePoint now);

  // Replaces what the framework has declared to need (ALC-210); unknown frameworks are ignored. At most
  // Demands::per_framework_max bundles.
  void request(const FrameworkId& id, std::vector<Demand> demands, TimePoint now);
  // What preemption wants done now: call it after run(). Offers that it rescinds come back by recover(). O(demands),
  // and O(agents and their load) for each demand that is due.
  std::vector<Preemption> preempt(const LoadOf& load_of, TimePoint now);
  // The plan that there would be for a demand now (ALC-223). Changes nothing.
  Plan plan(const FrameworkId& framework, const Demand& demand, const LoadOf& load_of);
  // An offer was not answered in time: counts as a refusal if it was won by preemption (ALC-219). Call it before the
  // resources are recovered.
  void note_lapse(const FrameworkId& framework, const AgentId& agent, const model::Resources& resources);
  // Holds the agent for the framework in the role, as a cycle does for who waited long enough (ALC-181). Fails with
  // not_found, or failed_precondition if the agent is held or nothing is needed.
  Result<> hold(const FrameworkId& framework, const std::string& role, const AgentId& agent, TimePoint now);

  // For each agent and each role of the framework, the first rule that keeps it from being offered the agent. O(clients
  // of its roles, explanations_max, and agents if there are guarantees); costs nothing while nobody asks.
  Explained explain(const ExplainQuestion& question, TimePoint now);

  // While paused there are cycles as ever, and nobody is given anything (ALC-240).
  void set_paused(bool paused, TimePoint now);

  // Asks for a cycle over all agents.
  void request_cycle(TimePoint now);
  // When run() wants to be called.
  std::optional<TimePoint> next_cycle() const;
  // Runs the cycle that is due, if one is. The grants are accounted as held. Atomic (ALC-015).
  std::vector<Grant> run(TimePoint now);

  // Reads, for metrics and tests. Empty, 0 or false for what is not known.
  model::Resources available(const AgentId& agent) const;
  model::Resources total(const AgentId& agent) const;
  model::Resources allocated(const FrameworkId& framework, const AgentId& agent) const;  // With allocation roles.
  model::Resources allocated(const AgentId& agent) const;                                // To all frameworks together.
  std::size_t holds() const;                       // In force, those of preemption not counted (ALC-183).
  PreemptionCounters preemption_counters() const;  // ALC-252.
  std::uint64_t cycles() const;                    // Run so far (ALC-250).
  // What unmet guarantees need, and what there is to meet them (ALC-252). Empty without guarantees; else O(agents).
  model::Quantities headroom_required() const;
  model::Quantities headroom_available() const;
  double dominant_share(const std::string& role) const;  // Not divided by weight.
  // What a role with all below it consumes of its quota: reservations, used or not, and what it holds or is offered of
  // the rest (ALC-071). The caller subtracts what is only offered where operators look.
  model::Quantities consumed_quota(const std::string& role) const;
  int effective_priority(const std::string& role) const;  // ALC-202.
  // Is anybody subscribed to the role or one below it, or holds something there (ALC-028)?
  bool knows_role(const std::string& role) const;
  model::Quantities total_quantities() const;
  model::Quantities allocated_quantities() const;
  // Of each role that is known, by name, for metrics (ALC-250). O(frameworks and their roles).
  std::vector<RoleStanding> roles() const;
  // ALC-003: free and held make up the total, on each agent, for each identity. O(everything).
  Result<> audit() const;
  // The same for one agent. O(its holders).
  Result<> audit(const AgentId& agent) const;

 private:
  std::unique_ptr<Books> books_;
};

}  // namespace stoa::allocator
