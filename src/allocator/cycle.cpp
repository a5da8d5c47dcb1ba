#include "allocator/cycle.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "allocator/gates.h"
#include "allocator/holds.h"
#include "allocator/minimum.h"
#include "allocator/order.h"
#include "allocator/quota.h"

namespace stoa::allocator {
namespace {

enum class Stage { promised, fair };  // ALC-030.

// What a cycle has given so far.
struct Given {
  std::vector<Grant> grants;
  // Those of stage one by agent, to which stage two may add (ALC-016).
  std::unordered_map<AgentIndex, std::vector<std::size_t>> promised;
  Amounts available;  // For the headroom.
  TimePoint now;
};

// The visit of one agent: asks clients in the order of the policy until nothing is left.
class Visit {
 public:
  Visit(Books& books, AgentIndex index, Stage stage, Given& given)
      : books_(books),
        agent_(books.agents[index]),
        index_(index),
        stage_(stage),
        given_(given),
        marks_(marks_of(agent_.free)),
        content_(agent_.filters.empty() ? 0 : books.content_of(agent_)),
        has_quota_(books.quotas.any()),
        unshared_rest_(marks_.shared ? agent_.free : model::Resources()) {}

  bool enter(ShareTree::Node node) {
    if (books_.tree.tag(node) == ShareTree::no_tag) return true;  // A role's path; its clients are below.
    role_ = &books_.roles[books_.tree.tag(node)];
    if (stage_ == Stage::promised && !books_.quotas.may_be_promised(role_->quota)) return false;
    if (!admits_role(agent_.spec, role_->name)) return false;
    select_usable();
    return !usable_->empty();
  }

  bool visit(ShareTree::Node leaf) {
    const ClientIndex index = books_.tree.tag(leaf);
    Client& client = books_.clients[index];
    const FrameworkSpec& spec = books_.frameworks[client.framework].spec;
    if (client.constraint && !books_.verdict_of(client, agent_)) return true;
    if (!admits(agent_.spec, agent_.has_gpus && books_.options.filter_gpu_resources, spec)) return true;
    if (!marks_.none() && hides(marks_, spec)) {
      const model::Resources visible = without_hidden(*usable_, spec);
      const Minimum& minimum = client.minimum.has_value() ? *client.minimum : books_.options.minimum;
      if (visible.empty() || !meets(minimum, visible)) {
        return note_too_little(index, client);
      }
      return offer_allowed(index, client, visible, 0);
    }
    if (!is_worth_offering(client)) return note_too_little(index, client);
    return offer_allowed(index, client, *usable_, usable_ == &agent_.free ? content_ : 0);
  }

  // An agent that is held: the holder is asked first, and only when its need fits. Whoever comes after sees only what
  // is reserved, unless the hold has ended (ALC-182).
  void visit_holder() {
    const Hold* hold = hold_on(books_, index_);
    const Client& client = books_.clients[hold->client];
    role_ = &books_.roles[client.role];
    select_usable();
    const bool is_active = books_.tree.is_active(client.leaf);
    if (is_active && meets(hold->need, without_hidden(*usable_, books_.frameworks[client.framework].spec))) {
      count_headroom(1);  // To the holder alone it is available.
      visit(client.leaf);
      if (agent_.held_for != no_client) count_headroom(-1);
    }
    is_held_ = agent_.held_for != no_client;
  }

  // Only some are asked, of whom this one comes first.
  void begin_with(bool is_first) { is_first_ = is_first; }

  // Nobody would want what is left in the state of now: who passed on more passes on less. Shared volumes are offered
  // once a cycle only.
  bool is_settled() const { return !has_given_ || !marks_.shared; }

 private:
  const model::Resources& rest() const { return marks_.shared ? unshared_rest_ : agent_.free; }

  // Adds what is free here to what is available, `times` times.
  void count_headroom(std::int64_t times) {
    if (given_.available.empty()) return;
    for (const auto& [resource, count] : agent_.free) {
      if (!counts_for_quota(resource)) continue;
      const std::size_t name = books_.names.index_of(resource.name_symbol());
      if (given_.available.size() <= name) given_.available.resize(name + 1);
      given_.available[name] += times * resource.scalar().thousandths();
    }
  }

  void select_usable() {
    meets_default_.reset();
    usable_ = &rest();
    if (!marks_.reserved && !is_held_) return;
    usable_by_role_ = rest().usable_by(role_->name);
    if (is_held_) usable_by_role_ = usable_by_role_.reserved();
    usable_ = &usable_by_role_;
  }

  // Who came first, or after others with whom it was the same, waits for room from now on (ALC-181).
  bool note_too_little(ClientIndex index, const Client& client) {
    const bool has_need = (client.minimum.has_value() && !client.minimum->empty()) || client.has_demands;
    if (is_first_ && has_need && !is_held_) note_short(books_, index, given_.now);
    return true;
  }

  bool is_worth_offering(const Client& client) {
    if (client.minimum.has_value()) return meets(*client.minimum, *usable_);
    if (!meets_default_.has_value()) meets_default_ = meets(books_.options.minimum, *usable_);
    return *meets_default_;
  }

  // As offer(), within what quota allows.
  bool offer_allowed(ClientIndex index, const Client& client, const model::Resources& wanted, Content content) {
    if (!has_quota_) return offer(index, client, wanted, content);
    // Roles without quota are all ruled alike, while nothing is given.
    const bool is_plain = &wanted == &agent_.free && !books_.quotas.has_bounds(role_->quota);
    std::optional<Ruled> own;
    std::optional<Ruled>& ruled = is_plain ? plain_ : own;
    if (!ruled.has_value()) ruled = rule_on(wanted);
    if (ruled->ruling == QuotaRuling::everything) return offer(index, client, wanted, content);
    books_.note_quota_blocked(agent_);
    if (ruled->ruling == QuotaRuling::nothing) return true;
    const Minimum& minimum = client.minimum.has_value() ? *client.minimum : books_.options.minimum;
    if (!meets(minimum, ruled->part)) return true;
    const model::Resources part = ruled->part;  // What is kept goes when something is given.
    return offer(index, client, part, 0);
  }

  struct Ruled {
    QuotaRuling ruling = QuotaRuling::nothing;
    model::Resources part;
  };
  Ruled rule_on(const model::Resources& wanted) {
    const QuotaView view{books_.quotas, books_.names, given_.available,
                         books_.options.order_by_id ? nullptr : &books_.random};
    Ruled ruled;
    ruled.ruling = rule(view, role_->quota, wanted, stage_ == Stage::promised, ruled.part);
    return ruled;
  }

  // Returns whether there is something left for others.
  bool offer(ClientIndex index, const Client& client, const model::Resources& wanted, Content content) {
    if (!agent_.filters.empty() && agent_.filters.withholds(index, client.epoch, wanted, content)) {
      is_first_ = false;
      if (client.short_since.has_value()) note_served(books_, index);  // It is picky, not short.
      return true;
    }
    // A shared volume stays free, but is offered once in a cycle, and one holder at a time (RES-131).
    if (marks_.shared) {
      give(index, client, wanted.with_single_counts());
    } else {
      give(index, client, wanted);
    }
    if (rest().empty()) return false;
    select_usable();
    return true;
  }

  void give(ClientIndex index, const Client& client, const model::Resources& given) {
    record(client, given.with_allocation_role(role_->symbol));
    for (const auto& [resource, count] : given) {
      if (!counts_for_quota(resource) || given_.available.empty()) continue;
      given_.available[books_.names.index_of(resource.name_symbol())] -= resource.scalar().thousandths();
    }
    if (marks_.shared) unshared_rest_ -= given;
    books_.hold(agent_, index, given, 1);
    has_given_ = true;
    content_ = 0;
    plain_.reset();
    if (client.short_since.has_value() || client.has_demands || !books_.holds.empty())
      note_given(index, given_.grants.back().resources.without_allocation_role());
    is_first_ = false;
  }

  // Demands and holds of the client, if it has any.
  void note_given(ClientIndex index, const model::Resources& given) {
    const Client& client = books_.clients[index];
    const Minimum need = need_of(books_, index);
    if (!need.empty() && meets(need, given)) {
      note_served(books_, index);
    } else if (!need.empty() && is_first_) {
      note_short(books_, index, given_.now);
    }
    if (!client.has_demands) return;
    books_.demands.note_offer(books_, books_.frameworks[client.framework].id, role_->name, agent_.id, given);
  }

  void record(const Client& client, model::Resources given) {
    const FrameworkId& framework = books_.frameworks[client.framework].id;
    if (stage_ == Stage::fair && !given_.promised.empty()) {
      const auto of_agent = given_.promised.find(index_);
      if (of_agent != given_.promised.end()) {
        for (const std::size_t known : of_agent->second) {
          Grant& grant = given_.grants[known];
          if (grant.framework != framework || grant.role != role_->name) continue;
          grant.resources += given;
          return;
        }
      }
    }
    if (stage_ == Stage::promised) given_.promised[index_].push_back(given_.grants.size());
    given_.grants.push_back({framework, role_->name, agent_.id, std::move(given)});
  }

  Books& books_;
  Agent& agent_;
  AgentIndex index_;
  Stage stage_;
  Given& given_;
  Marks marks_;
  Content content_;
  bool has_quota_;
  model::Resources unshared_rest_;  // Used if the agent has shared volumes: free without those offered already.
  bool has_given_ = false;
  bool is_first_ = true;  // Nobody has passed or been given anything yet, but for lack of room.
  bool is_held_ = false;
  const Role* role_ = nullptr;
  const model::Resources* usable_ = nullptr;
  model::Resources usable_by_role_;
  std::optional<bool> meets_default_;
  std::optional<Ruled> plain_;
};

void shuffle(std::vector<AgentIndex>& agents, Random& random) {
  for (std::size_t i = agents.size(); i > 1; --i) std::swap(agents[i - 1], agents[random.below(i)]);
}

// Who may want of the agent what nobody wanted before; nothing if that may be anybody.
std::optional<std::vector<ShareTree::Node>> fresh_for(const Books& books, const Agent& agent, const Order& order) {
  if (agent.idle_generation == 0 || agent.idle_generation < books.fresh_from || order.draws()) return std::nullopt;
  std::vector<ShareTree::Node> leaves;
  for (const ClientIndex index : books.fresh) {
    const Client& client = books.clients[index];
    if (client.fresh > agent.idle_generation && books.tree.is_active(client.leaf)) leaves.push_back(client.leaf);
  }
  return leaves;
}

void ask(Books& books, const Agent& agent, Order& order, Visit& visit) {
  std::optional<std::vector<ShareTree::Node>> fresh = fresh_for(books, agent, order);
  if (!fresh.has_value()) return order.walk(visit);
  if (fresh->empty()) return;
  // Whoever waits for room must come before all, not only before those who are asked.
  const bool any_needs = std::ranges::any_of(*fresh, [&](ShareTree::Node leaf) {
    const Client& client = books.clients[books.tree.tag(leaf)];
    return client.has_demands || client.minimum.has_value();
  });
  visit.begin_with(any_needs &&
                   std::ranges::any_of(*fresh, [&](ShareTree::Node leaf) { return order.is_first(leaf); }));
  order.walk_some(*std::move(fresh), visit);
}

void run_stage(Books& books, Stage stage, std::vector<AgentIndex>& agents, Order& order, Given& given) {
  if (!books.options.order_by_id) shuffle(agents, books.random);
  for (const AgentIndex index : agents) {
    if (stage == Stage::promised && !books.quotas.any_unmet()) return;
    Agent& agent = books.agents[index];
    if (agent.free.empty()) continue;
    books.tree.settle();  // The order counts what this cycle has given so far (ALC-032).
    if (stage == Stage::promised && agent.held_for != no_client) continue;
    Visit visit(books, index, stage, given);
    if (agent.held_for != no_client) visit.visit_holder();
    if (agent.free.empty()) continue;
    ask(books, agent, order, visit);
    if (stage == Stage::promised) continue;
    if (visit.is_settled()) {
      agent.idle_generation = books.generation;
    } else {
      books.wake(agent);
    }
  }
}

}  // namespace

std::vector<Grant> give_away(Books& books, std::vector<AgentIndex> candidates, TimePoint now) {
  Given given;
  given.now = now;
  if (candidates.empty()) return {};
  Order order(books);
  if (books.quotas.any_guarantee()) {
    given.available = books.headroom_available();
    run_stage(books, Stage::promised, candidates, order, given);
  }
  run_stage(books, Stage::fair, candidates, order, given);
  return std::move(given.grants);
}

}  // namespace stoa::allocator
