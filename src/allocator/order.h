// In which order clients are asked: by dominant share, by lottery, or by class and then share (ALC-005).
//
// Every policy keeps the accounts of the share tree; they differ in how the roles, and the frameworks within a role,
// are walked.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "allocator/allocator.h"
#include "allocator/share_tree.h"
#include "base/random.h"

namespace stoa::allocator {

class Books;

class Order {
 public:
  // For one cycle: takes the classes of the roles that may be asked. Books must outlive it.
  explicit Order(Books& books);

  // Visits as ShareTree::walk does, with the settled tree.
  template <typename Visitor>
  void walk(Visitor& visitor);
  // The same for some active leaves only. Not where lots are drawn.
  template <typename Visitor>
  void walk_some(std::vector<ShareTree::Node> leaves, Visitor& visitor);
  bool draws() const { return roles_ == Sorter::random || frameworks_ == Sorter::random; }
  // Is it asked before all others?
  bool is_first(ShareTree::Node leaf);

 private:
  // The roles that may be asked, in the order of a weighted draw without replacement (ALC-045).
  std::vector<ShareTree::Node> drawn_roles();
  std::vector<ShareTree::Node> drawn_frameworks(ShareTree::Node role);
  int priority_of(ShareTree::Node role) const;
  void sort(std::vector<ShareTree::Node>& leaves) const;
  void collect(ShareTree::Node node, double chance, std::vector<std::pair<double, ShareTree::Node>>& keys);

  // Asks the frameworks of one role. Returns whether to go on.
  template <typename Visitor>
  bool visit_role(ShareTree::Node role, Visitor& visitor);

  // Sees roles only, of one class if there are classes.
  template <typename Visitor>
  struct ByRole {
    Order& order;
    Visitor& visitor;
    const int* priority;
    bool goes_on = true;

    bool enter(ShareTree::Node node) {
      if (!goes_on) return false;
      if (order.tree_.tag(node) == ShareTree::no_tag) return true;
      if (priority != nullptr && order.priority_of(node) != *priority) return false;
      goes_on = order.visit_role(node, visitor);
      return false;
    }
    bool visit(ShareTree::Node) { return goes_on; }
  };

  Books& books_;
  const ShareTree& tree_;
  Random& random_;
  Sorter roles_;
  Sorter frameworks_;
  std::vector<int> priorities_;  // Highest first.
};

template <typename Visitor>
bool Order::visit_role(ShareTree::Node role, Visitor& visitor) {
  if (!visitor.enter(role)) return true;
  if (frameworks_ != Sorter::random) return tree_.walk_below(role, visitor);
  const std::vector<ShareTree::Node> drawn = drawn_frameworks(role);
  return std::ranges::all_of(drawn, [&visitor](ShareTree::Node leaf) { return visitor.visit(leaf); });
}

template <typename Visitor>
void Order::walk_some(std::vector<ShareTree::Node> leaves, Visitor& visitor) {
  if (leaves.size() > 1) sort(leaves);
  for (const ShareTree::Node leaf : leaves) {
    if (visitor.enter(tree_.parent(leaf)) && !visitor.visit(leaf)) return;
  }
}

template <typename Visitor>
void Order::walk(Visitor& visitor) {
  if (roles_ == Sorter::random) {
    const std::vector<ShareTree::Node> drawn = drawn_roles();
    std::ranges::all_of(drawn, [&](ShareTree::Node role) { return visit_role(role, visitor); });
  } else if (roles_ == Sorter::priority) {
    for (const int priority : priorities_) {
      ByRole<Visitor> by_role{*this, visitor, &priority};
      tree_.walk(by_role);
      if (!by_role.goes_on) return;
    }
  } else if (frameworks_ == Sorter::random) {
    ByRole<Visitor> by_role{*this, visitor, nullptr};
    tree_.walk(by_role);
  } else {
    tree_.walk(visitor);
  }
}

}  // namespace stoa::allocator
