#include "allocator/preemption.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "allocator/books.h"
#include "allocator/holds.h"

namespace stoa::allocator {
namespace {

bool is_active(const Books& books, const FrameworkId& framework, const std::string& role) {
  const auto client = books.find_client(framework, role);
  return client.has_value() && books.tree.is_active(books.clients[*client].leaf);
}

bool is_same(const Work& a, const Work& b) { return a.framework == b.framework && a.tasks == b.tasks; }

bool contains(const std::vector<Work>& works, const Work& work) {
  return std::ranges::any_of(works, [&](const Work& one) { return is_same(one, work); });
}

// The agent, while it is held for this plan; else null.
Agent* agent_held(Books& books, const FrameworkId& framework, const std::string& role, const AgentId& id) {
  Agent* agent = books.find_agent(id);
  const auto client = books.find_client(framework, role);
  if (agent == nullptr || !client.has_value() || agent->held_for != *client) return nullptr;
  return hold_on(books, books.agents_by_id.at(id))->kind == HoldKind::preemption ? agent : nullptr;
}

}  // namespace

std::vector<Demands::Entry> Demands::take(const FrameworkId& framework) {
  std::vector<Entry> taken;
  for (Entry& entry : entries_) {
    if (entry.framework == framework) taken.push_back(std::move(entry));
  }
  std::erase_if(entries_, [&](const Entry& entry) { return entry.framework == framework; });
  return taken;
}

void Demands::note_flags(Books& books, const FrameworkId& framework) const {
  const Framework* known = books.find_framework(framework);
  if (known == nullptr) return;
  for (const auto& [role, client] : known->clients) {
    books.clients[client].has_demands = std::ranges::any_of(
        entries_, [&](const Entry& entry) { return entry.framework == framework && entry.demand.role == role; });
  }
}

void Demands::replace(Books& books, const FrameworkId& framework, std::vector<Demand> demands, TimePoint now) {
  std::vector<Entry> before = take(framework);
  if (demands.size() > per_framework_max) demands.resize(per_framework_max);
  for (Demand& demand : demands) {
    if (demand.bundle.empty()) continue;
    if (const auto same = std::ranges::find(before, demand, &Entry::demand); same != before.end()) {
      entries_.push_back(std::move(*same));
      entries_.back().is_implicit = false;
      before.erase(same);
      continue;
    }
    ++counters_.demands;
    Entry entry{
        .framework = framework, .demand = std::move(demand), .number = ++numbers_, .since = {}, .execution = {}};
    if (is_active(books, framework, entry.demand.role)) entry.since = now;
    entries_.push_back(std::move(entry));
  }
  for (Entry& entry : before) end_execution(books, entry);
  requested_.insert(framework);
  note_flags(books, framework);
}

void Demands::drop(Books& books, const FrameworkId& framework) {
  for (Entry& entry : take(framework)) end_execution(books, entry);
  std::erase_if(won_, [&](const auto& won) { return won.first.first == framework; });
  note_flags(books, framework);
}

void Demands::remove(Books& books, const FrameworkId& framework) {
  drop(books, framework);
  requested_.erase(framework);
  refusals_.erase(framework);
}

std::vector<model::Quantities> Demands::bundles(const FrameworkId& framework, const std::string& role) const {
  std::vector<model::Quantities> result;
  for (const Entry& entry : entries_) {
    if (entry.framework == framework && entry.demand.role == role) result.push_back(entry.demand.bundle);
  }
  return result;
}

// Whoever was told and is not killed yet is spared.
void Demands::end_execution(Books& books, Entry& entry) {
  if (!entry.execution.has_value()) return;
  Execution execution = *std::exchange(entry.execution, std::nullopt);
  if (Agent* agent = agent_held(books, entry.framework, entry.demand.role, execution.agent)) {
    release_agent(books, *agent);
  }
  if (execution.is_killed || execution.victims.empty()) return;
  wishes_.push_back({.kind = Preemption::Kind::spare,
                     .framework = entry.framework,
                     .demand = entry.demand,
                     .agent = execution.agent,
                     .rescinds = {},
                     .victims = std::move(execution.victims),
                     .kill_at = execution.kill_at});
}

// Demands whose framework cannot be offered anything wait, and their plans are void. A plan whose hold is over has
// failed: after a kill the demand waits as if it were new.
void Demands::refresh(Books& books, TimePoint now) {
  for (Entry& entry : entries_) {
    const bool active = is_active(books, entry.framework, entry.demand.role);
    if (entry.execution.has_value() &&
        (!active || agent_held(books, entry.framework, entry.demand.role, entry.execution->agent) == nullptr)) {
      if (entry.execution->is_killed) entry.since = now;
      end_execution(books, entry);
    }
    if (!active) {
      entry.since.reset();
    } else if (!entry.since.has_value()) {
      entry.since = now;
    }
  }
  std::set<FrameworkId> changed;
  std::erase_if(entries_, [&](const Entry& entry) {
    const auto client = books.find_client(entry.framework, entry.demand.role);
    const bool is_needless = entry.is_implicit && !entry.execution.has_value() &&
                             (!entry.since.has_value() || (client.has_value() && books.clients[*client].agents > 0));
    if (client.has_value() && !is_needless) return false;
    changed.insert(entry.framework);
    return true;
  });
  for (const FrameworkId& framework : changed) note_flags(books, framework);
}

// O(frameworks and their roles).
void Demands::add_implicit(Books& books, TimePoint now) {
  std::vector<std::pair<FrameworkId, std::string>> added;
  for (const auto& [id, index] : books.frameworks_by_id) {
    if (books.frameworks[index].spec.minimum.empty() || requested_.contains(id)) continue;
    for (const auto& [role, number] : books.frameworks[index].clients) {
      const Client& client = books.clients[number];
      if (!client.minimum.has_value() || client.minimum->empty() || client.minimum->front().empty()) continue;
      if (client.has_demands || client.agents > 0 || !books.tree.is_active(client.leaf)) continue;
      added.emplace_back(id, role);
    }
  }
  std::ranges::sort(added);  // Ids come without order; numbers must not.
  for (const auto& [id, role] : added) {
    Client& client = books.clients[*books.find_client(id, role)];
    ++counters_.demands;
    entries_.push_back({.framework = id,
                        .demand = {.role = role, .bundle = client.minimum->front(), .agent = {}},
                        .number = ++numbers_,
                        .is_implicit = true,
                        .since = now,
                        .execution = {}});
    client.has_demands = true;
  }
}

Duration Demands::delay_of(const FrameworkId& framework) const {
  const auto refused = refusals_.find(framework);
  Duration delay = options_.delay;
  for (int i = 0; refused != refusals_.end() && i < refused->second && delay < options_.delay_max; ++i) delay *= 2;
  return std::max(options_.delay, std::min(delay, options_.delay_max));
}

std::size_t Demands::victims_in_flight() const {
  std::size_t sum = 0;
  for (const Entry& entry : entries_) sum += entry.execution.has_value() ? entry.execution->victims.size() : 0;
  return sum;
}

void Demands::begin_execution(Books& books, Entry& entry, Plan plan, TimePoint now) {
  const bool kills = !plan.victims.empty();
  const TimePoint kill_at = kills ? now + options_.grace : now;
  const TimePoint ends_at = (kills ? kill_at + options_.kill_grace_max : now) + options_.hold;
  Agent& agent = *books.find_agent(*plan.agent);
  const ClientIndex client = *books.find_client(entry.framework, entry.demand.role);
  release_agent(books, agent);
  hold_agent(books, agent, client, {entry.demand.bundle}, ends_at, HoldKind::preemption);
  books.expire_filters(agent, client, TimePoint::max());  // Declared need counts for more than what was refused before.
  entry.execution = Execution{*plan.agent, plan.victims, kill_at, !kills};
  ++counters_.plans;
  counters_.rescinds += plan.rescinds.size();
  if (!kills && plan.rescinds.empty()) return;  // It fits already.
  wishes_.push_back({.kind = Preemption::Kind::notice,
                     .framework = entry.framework,
                     .demand = entry.demand,
                     .agent = *plan.agent,
                     .rescinds = std::move(plan.rescinds),
                     .victims = std::move(plan.victims),
                     .kill_at = kill_at});
}

// At the end of the grace period: who is still in the way is killed, if that is still enough (ALC-216).
void Demands::kill(Books& books, Entry& entry, const LoadOf& load_of, TimePoint now) {
  Execution& execution = *entry.execution;
  AgentLoad load = load_of(execution.agent);
  std::erase_if(load.work, [&](const Work& work) { return !contains(execution.victims, work); });
  Demand demand = entry.demand;
  demand.agent = execution.agent;
  Plan plan =
      plan_for(books, {entry.framework, demand, options_.victims_max, true}, [&load](const AgentId&) { return load; });
  execution.victims = std::move(load.work);                         // The others have left by themselves.
  if (!plan.agent.has_value()) return end_execution(books, entry);  // Something changed: it is planned anew.
  Preemption wish{.kind = Preemption::Kind::spare,
                  .framework = entry.framework,
                  .demand = entry.demand,
                  .agent = execution.agent,
                  .rescinds = {},
                  .victims = std::exchange(execution.victims, plan.victims),
                  .kill_at = now};
  std::erase_if(wish.victims, [&](const Work& work) { return contains(plan.victims, work); });
  if (!wish.victims.empty()) wishes_.push_back(wish);
  execution.is_killed = true;
  counters_.victims += plan.victims.size();
  counters_.rescinds += plan.rescinds.size();
  wish.kind = Preemption::Kind::kill;
  wish.rescinds = std::move(plan.rescinds);
  wish.victims = std::move(plan.victims);
  wishes_.push_back(std::move(wish));
}

void Demands::search(Books& books, const LoadOf& load_of, TimePoint now) {
  std::size_t searches = 0;
  for (Entry& entry : entries_) {
    if (entry.execution.has_value() || !entry.since.has_value() || now < entry.search_at) continue;
    if (now < *entry.since + delay_of(entry.framework)) continue;
    if (++searches > searches_max) return;
    Plan plan = plan_for(books, {entry.framework, entry.demand, options_.victims_max}, load_of);
    const bool is_served = plan.claim == Claim::guaranteed || options_.mode == PreemptionMode::priority;
    if (!plan.agent.has_value() || !is_served) {
      entry.search_at = now + search_pause;
      continue;
    }
    // Those behind it wait too: their plans are not to overtake it for ever (ALC-220).
    if (victims_in_flight() + plan.victims.size() > options_.victims_max) return;
    begin_execution(books, entry, std::move(plan), now);
  }
}

std::vector<Preemption> Demands::advance(Books& books, const LoadOf& load_of, TimePoint now) {
  refresh(books, now);
  if (options_.mode == PreemptionMode::off) return {};
  add_implicit(books, now);
  std::ranges::stable_sort(entries_, [&](const Entry& a, const Entry& b) {
    return std::tuple(-books.effective_priority(a.demand.role), a.since, a.number) <
           std::tuple(-books.effective_priority(b.demand.role), b.since, b.number);
  });
  for (Entry& entry : entries_) {
    if (entry.execution.has_value() && !entry.execution->is_killed && now >= entry.execution->kill_at) {
      kill(books, entry, load_of, now);
    }
  }
  search(books, load_of, now);
  return std::exchange(wishes_, {});
}

void Demands::forget_pauses() {
  for (Entry& entry : entries_) entry.search_at = {};
}

void Demands::note_offer(Books& books, const FrameworkId& framework, const std::string& role, const AgentId& agent,
                         const model::Resources& resources) {
  const model::Quantities offered = resources.scalar_quantities();
  const auto met = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.framework == framework && entry.demand.role == role && offered.contains(entry.demand.bundle) &&
           (!entry.demand.agent.has_value() || *entry.demand.agent == agent);
  });
  if (met == entries_.end()) return;
  if (met->execution.has_value() && met->execution->agent == agent) won_[{framework, agent}] = met->demand.bundle;
  end_execution(books, *met);
  entries_.erase(met);
  note_flags(books, framework);
}

void Demands::note_return(Books& books, const FrameworkId& framework, const AgentId& agent,
                          const model::Resources& resources, bool refused) {
  const auto won = won_.find({framework, agent});
  if (won == won_.end()) return;
  const bool is_whole = resources.scalar_quantities().contains(won->second);
  won_.erase(won);
  if (is_whole && refused) {
    ++counters_.refused;
    ++refusals_[framework];
    drop(books, framework);
  } else if (!is_whole) {
    refusals_.erase(framework);
  }
}

}  // namespace stoa::allocator
