#include "allocator/cycle.h"

#include <optional>
#include <string>
#include <utility>

#include "allocator/gates.h"
#include "allocator/minimum.h"

namespace stoa::allocator {
namespace {

// The visit of one agent: asks clients in the order of the tree until nothing is left.
class Visit {
 public:
  Visit(Books& books, Agent& agent, std::vector<Grant>& grants) : books_(books), agent_(agent), grants_(grants) {
    marks_ = marks_of(agent.free);
    if (!agent.filters.empty()) content_ = books.content_of(agent);
    if (marks_.shared) unshared_rest_ = agent.free;
  }

  bool enter(ShareTree::Node node) {
    if (books_.tree.tag(node) == ShareTree::no_tag) return true;  // A role's path; its clients are below.
    role_ = &books_.roles[books_.tree.tag(node)];
    if (!admits_role(agent_.spec, role_->name)) return false;
    select_usable();
    return !usable_->empty();
  }

  bool visit(ShareTree::Node leaf) {
    const ClientIndex index = books_.tree.tag(leaf);
    const Client& client = books_.clients[index];
    const FrameworkSpec& spec = books_.frameworks[client.framework].spec;
    if (!admits(agent_.spec, agent_.has_gpus && books_.options.filter_gpu_resources, spec)) return true;
    if (!marks_.none() && hides(marks_, spec)) {
      const model::Resources visible = without_hidden(*usable_, spec);
      if (visible.empty() || !meets(client.minimum.value_or(books_.options.minimum), visible)) return true;
      return offer(index, client, visible, 0);
    }
    if (!is_worth_offering(client)) return true;
    return offer(index, client, *usable_, usable_ == &agent_.free ? content_ : 0);
  }

  bool has_given() const { return has_given_; }

 private:
  const model::Resources& rest() const { return marks_.shared ? unshared_rest_ : agent_.free; }

  void select_usable() {
    meets_default_.reset();
    usable_ = &rest();
    if (!marks_.reserved) return;
    usable_by_role_ = rest().usable_by(role_->name);
    usable_ = &usable_by_role_;
  }

  bool is_worth_offering(const Client& client) {
    if (client.minimum.has_value()) return meets(*client.minimum, *usable_);
    if (!meets_default_.has_value()) meets_default_ = meets(books_.options.minimum, *usable_);
    return *meets_default_;
  }

  // Returns whether there is something left for others.
  bool offer(ClientIndex index, const Client& client, const model::Resources& wanted, Content content) {
    if (!agent_.filters.empty() && agent_.filters.withholds(index, client.epoch, wanted, content)) return true;
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
    grants_.push_back(
        {books_.frameworks[client.framework].id, role_->name, agent_.id, given.with_allocation_role(role_->symbol)});
    if (marks_.shared) unshared_rest_ -= given;
    books_.hold(agent_, index, given, 1);
    has_given_ = true;
    content_ = 0;
  }

  Books& books_;
  Agent& agent_;
  std::vector<Grant>& grants_;
  Marks marks_;
  Content content_ = 0;
  bool has_given_ = false;
  const Role* role_ = nullptr;
  const model::Resources* usable_ = nullptr;
  model::Resources usable_by_role_;
  model::Resources unshared_rest_;  // Used if the agent has shared volumes: free without those offered already.
  std::optional<bool> meets_default_;
};

}  // namespace

std::vector<Grant> give_away(Books& books, const std::vector<AgentIndex>& candidates) {
  std::vector<Grant> grants;
  for (const AgentIndex index : candidates) {
    Agent& agent = books.agents[index];
    books.tree.settle();  // The order counts what this cycle has given so far (ALC-032).
    Visit visit(books, agent, grants);
    books.tree.walk(visit);
    if (visit.has_given()) {
      books.wake(agent);  // There may be a rest for the next cycle.
    } else {
      agent.idle_generation = books.generation;
    }
  }
  return grants;
}

}  // namespace stoa::allocator
