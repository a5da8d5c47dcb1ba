// The planner: what would have to go on which agent so that a demand fits (ALC-211 to ALC-215).
#include <algorithm>
#include <limits>
#include <tuple>

#include "allocator/books.h"
#include "allocator/gates.h"
#include "allocator/holds.h"
#include "allocator/preemption.h"
#include "allocator/quota.h"
#include "model/role.h"

namespace stoa::allocator {
namespace {

struct Candidate {
  const Work* work = nullptr;  // One of the two.
  const OutstandingOffer* offer = nullptr;
  int priority = 0;
  std::string top;          // Its top-level role.
  model::Quantities frees;  // Of what the demand may use.
};

class Planner {
 public:
  Planner(Books& books, const FrameworkSpec& spec, const PlanQuestion& question)
      : books_(books),
        spec_(spec),
        demand_(question.demand),
        top_(model::top_level(demand_.role)),
        victims_max_(question.victims_max),
        quota_(books.quotas.take(demand_.role)) {
    claim_ = claim();
    if (books.quotas.any_guarantee()) headroom_ = books.headroom_available();
  }
  ~Planner() { books_.quotas.drop(quota_); }
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  Claim claim_kind() const { return claim_; }

  // False if all that is free, or held by roles that may be taken from, would not do: then there is no need to look at
  // what runs there.
  bool could_fit(const Agent& agent) {
    return std::ranges::all_of(demand_.bundle, [&](const model::Amount& wanted) {
      model::Scalar sum = amount_in(agent.free, wanted.first);
      for (const Holding& holding : agent.holdings) {
        if (sum >= wanted.second) return true;
        if (may_take_from(books_.clients[holding.client].role)) sum += amount_in(holding.resources, wanted.first);
      }
      return sum >= wanted.second;
    });
  }

  // The cheapest so far wins; `agent` must have passed the gates.
  void consider(const Agent& agent, const AgentLoad& load) {
    std::vector<Candidate> chosen = choose(agent, load);
    if (!is_complete_ || !is_within_headroom(agent, chosen)) return;
    Cost cost{std::numeric_limits<int>::min(), 0, 0};
    for (const Candidate& candidate : chosen) {
      if (candidate.work == nullptr) continue;
      std::get<0>(cost) = std::max(std::get<0>(cost), candidate.priority);
      ++std::get<1>(cost);
      std::get<2>(cost) += dominant_share(candidate.work->resources);
    }
    if (std::get<1>(cost) > victims_max_ || (best_.agent.has_value() && best_cost_ <= cost)) return;
    best_cost_ = cost;
    best_ = {.claim = claim_, .agent = agent.id, .rescinds = {}, .victims = {}};
    for (const Candidate& candidate : chosen) {
      if (candidate.offer != nullptr) best_.rescinds.push_back(candidate.offer->id);
      if (candidate.work != nullptr) best_.victims.push_back(*candidate.work);
    }
  }

  Plan take() {
    best_.claim = claim_;
    return std::move(best_);
  }

 private:
  using Cost = std::tuple<int, std::size_t, double>;  // ALC-215; agents come in the order of their ids.

  std::int64_t amount_of(const Amounts& amounts, const model::Symbol& name) const {
    const std::size_t index = books_.names.index_of(name);
    return index < amounts.size() ? amounts[index] : 0;
  }

  static model::Scalar amount_in(const model::Resources& resources, const model::Symbol& name) {
    model::Scalar sum;
    for (const auto& [resource, count] : resources) {
      if (resource.name_symbol() == name && !resource.is_revocable()) sum += resource.quantity();
    }
    return sum;
  }

  Claim claim() const {
    const bool fits = std::ranges::all_of(demand_.bundle, [&](const model::Amount& amount) {
      return amount.second.thousandths() <= books_.quotas.allowance(quota_, books_.names.index_of(amount.first));
    });
    if (!fits) return Claim::none;
    const Amounts guarantees = books_.quotas.guarantees(top_);
    const Amounts consumed = books_.quotas.consumed(top_);
    bool any = false;
    for (std::size_t i = 0; i < guarantees.size(); ++i) {
      if (guarantees[i] == 0) continue;
      const std::int64_t wanted = demand_.bundle.get(books_.names.name(i).text()).thousandths();
      if ((i < consumed.size() ? consumed[i] : 0) + wanted > guarantees[i]) return Claim::priority;
      any = any || wanted > 0;
    }
    return any ? Claim::guaranteed : Claim::priority;
  }

  bool may_take_from(const std::string& role) const {
    if (books_.effective_priority(role) < priority_) return true;
    return claim_ == Claim::guaranteed && model::top_level(role) != top_;
  }

  // The same by the role's number; asked for each holder of each agent.
  bool may_take_from(RoleIndex role) {
    enum : std::uint8_t { unknown, yes, no };
    if (takeable_.size() <= role) takeable_.resize(books_.roles.size(), unknown);
    if (takeable_[role] == unknown) takeable_[role] = may_take_from(books_.roles[role].name) ? yes : no;
    return takeable_[role] == yes;
  }

  // What is set free must not be kept for the guarantees of others in the next cycle (ALC-075).
  bool is_within_headroom(const Agent& agent, const std::vector<Candidate>& chosen) const {
    model::Quantities freed;
    for (const Candidate& candidate : chosen) freed += candidate.frees;
    return std::ranges::all_of(demand_.bundle, [&](const model::Amount& wanted) {
      const std::size_t name = books_.names.index_of(wanted.first);
      const std::int64_t required = books_.quotas.required(name);
      if (required <= 0) return true;
      std::int64_t available = amount_of(headroom_, wanted.first) + freed.get(wanted.first.text()).thousandths();
      if (agent.held_for != no_client) {  // It is not part of the headroom.
        available += amount_in(agent.free.unreserved(), wanted.first).thousandths();
      }
      const std::int64_t own = books_.quotas.promise(quota_, name);
      return wanted.second.thousandths() <= own + std::max(available - required, std::int64_t{0});
    });
  }

  model::Quantities usable(const model::Resources& resources) const {
    return without_hidden(resources.without_allocation_role().usable_by(demand_.role).non_revocable(), spec_)
        .scalar_quantities();
  }

  std::vector<Candidate> candidates(const AgentLoad& load) const {
    std::vector<Candidate> offers;
    for (const OutstandingOffer& offer : load.offers) {
      if (!may_take_from(offer.role)) continue;
      offers.push_back({.offer = &offer,
                        .priority = books_.effective_priority(offer.role),
                        .top = std::string(model::top_level(offer.role)),
                        .frees = usable(offer.resources)});
    }
    std::ranges::sort(offers, {}, [](const Candidate& one) {
      return std::tie(one.priority, one.offer->framework.value, one.offer->id.value);
    });
    std::vector<Candidate> works;
    for (const Work& work : load.work) {
      const bool is_plain = std::ranges::all_of(work.resources, [](const auto& member) {
        return !member.resource.is_reserved() && !member.resource.is_revocable() &&
               !member.resource.is_persistent_volume();
      });
      if (!is_plain || work.tasks.empty() || !may_take_from(work.role)) continue;
      works.push_back({.work = &work,
                       .priority = books_.effective_priority(work.role),
                       .top = std::string(model::top_level(work.role)),
                       .frees = work.resources.scalar_quantities()});
    }
    std::ranges::sort(works, [](const Candidate& a, const Candidate& b) {
      return std::tie(a.priority, b.work->start, a.work->framework.value, a.work->tasks[0].value) <
             std::tie(b.priority, a.work->start, b.work->framework.value, b.work->tasks[0].value);
    });
    offers.insert(offers.end(), works.begin(), works.end());
    return offers;
  }

  // Would its top-level role still consume what it is guaranteed (ALC-213)?
  bool is_above_guarantee(const Candidate& candidate, const model::Quantities& taken) const {
    const Amounts guarantees = books_.quotas.guarantees(candidate.top);
    const Amounts consumed = books_.quotas.consumed(candidate.top);
    return std::ranges::all_of(candidate.frees, [&](const model::Amount& amount) {
      const std::int64_t guarantee = amount_of(guarantees, amount.first);
      const std::int64_t left = amount_of(consumed, amount.first) - taken.get(amount.first.text()).thousandths() -
                                amount.second.thousandths();
      return guarantee == 0 || left >= guarantee;
    });
  }

  std::vector<Candidate> choose(const Agent& agent, const AgentLoad& load) {
    const model::Quantities needed = demand_.bundle - usable(agent.free);
    model::Quantities missing = needed;
    std::map<std::string, model::Quantities> taken;  // By top-level role.
    std::vector<Candidate> chosen;
    for (Candidate& candidate : candidates(load)) {
      if (missing.empty()) break;
      const bool helps = std::ranges::any_of(
          missing, [&](const model::Amount& amount) { return !candidate.frees.get(amount.first.text()).is_zero(); });
      if (!helps) continue;
      if (candidate.work != nullptr && !is_above_guarantee(candidate, taken[candidate.top])) continue;
      missing -= candidate.frees;
      taken[candidate.top] += candidate.frees;
      chosen.push_back(std::move(candidate));
    }
    is_complete_ = missing.empty();
    for (std::size_t i = chosen.size(); is_complete_ && i-- > 0;) {
      model::Quantities without = needed;
      for (std::size_t other = 0; other < chosen.size(); ++other) {
        if (other != i) without -= chosen[other].frees;
      }
      if (without.empty()) chosen.erase(chosen.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return chosen;
  }

  double dominant_share(const model::Resources& resources) const {
    double share = 0;
    for (const auto& [name, amount] : resources.scalar_quantities()) {
      const std::int64_t total = amount_of(books_.total, name);
      if (total > 0) share = std::max(share, static_cast<double>(amount.thousandths()) / static_cast<double>(total));
    }
    return share;
  }

  Books& books_;
  const FrameworkSpec& spec_;
  const Demand& demand_;
  std::string top_;
  std::size_t victims_max_;
  QuotaTree::Node quota_;
  int priority_ = books_.effective_priority(demand_.role);
  Claim claim_ = Claim::none;
  Amounts headroom_;
  std::vector<std::uint8_t> takeable_;  // By role.
  bool is_complete_ = false;
  Plan best_;
  Cost best_cost_;
};

// The gates of ALC-215.
bool is_open(Books& books, const PlanQuestion& question, const FrameworkSpec& spec, std::optional<ClientIndex> client,
             const Agent& agent) {
  if (!agent.is_active || !agent.is_whitelisted) return false;
  if (agent.held_for != no_client && !question.goes_on) {
    if (agent.held_for != client.value_or(no_client)) return false;
    if (hold_on(books, books.agents_by_id.at(agent.id))->kind == HoldKind::preemption) return false;
  }
  if (client.has_value() && !books.verdict_of(books.clients[*client], agent)) return false;
  return admits_role(agent.spec, question.demand.role) &&
         admits(agent.spec, agent.has_gpus && books.options.filter_gpu_resources, spec);
}

}  // namespace

Plan plan_for(Books& books, const PlanQuestion& question, const LoadOf& load_of) {
  // What no agent has had can be freed on none, and frameworks must not teach the books new names without end.
  const bool is_known = std::ranges::all_of(
      question.demand.bundle, [&](const model::Amount& wanted) { return books.names.find(wanted.first).has_value(); });
  if (!is_known) return {};
  const Framework* known = books.find_framework(question.framework);
  static const FrameworkSpec plain;
  const FrameworkSpec& spec = known == nullptr ? plain : known->spec;
  const auto client = books.find_client(question.framework, question.demand.role);
  Planner planner(books, spec, question);
  const auto consider = [&](const Agent& agent) {
    if (is_open(books, question, spec, client, agent) && planner.could_fit(agent)) {
      planner.consider(agent, load_of(agent.id));
    }
  };
  if (planner.claim_kind() == Claim::none) return planner.take();
  if (question.demand.agent.has_value()) {
    if (const Agent* agent = books.find_agent(*question.demand.agent)) consider(*agent);
  } else {
    for (const auto& [id, index] : books.agents_by_id) consider(books.agents[index]);
  }
  return planner.take();
}

}  // namespace stoa::allocator
