// ShareTree decides who is asked first: dominant resource fairness over a tree (Ghodsi et al., NSDI 2011; hierarchical
// as in Bhattacharya et al., SoCC 2013).
//
// Inner nodes are roles, leaves are frameworks in a role; a node's allocation is the sum of its leaves'. The children
// of each node are kept ordered by weighted dominant share, then by the number of allocations, then by name (ALC-025),
// and the order of all leaves is the pre-order walk (ALC-022). A change costs the depth times a look-up, and only those
// who can be asked are in the order, so the inactive cost nothing (ALC-280).
//
// While one agent's resources are given away the order stays as it was (ALC-032): changes are noted, and settle()
// brings them into the order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "allocator/amounts.h"

namespace stoa::allocator {

class ShareTree {
 public:
  using Node = std::uint32_t;
  static constexpr Node root = 0;
  static constexpr std::uint32_t no_tag = ~0U;

  ShareTree();

  // Adds a child. `tag` is the caller's own number for it.
  Node add(Node parent, std::string name, std::uint32_t tag = no_tag);
  // Removes a node that is inactive, has no children and holds nothing.
  void remove(Node node);
  // The child with this name, or nothing (root is nobody's child).
  Node find(Node parent, const std::string& name) const;
  bool has_children(Node node) const { return !nodes_[node].children.empty(); }
  bool is_empty(Node node) const;  // Nothing allocated?
  Node parent(Node node) const { return nodes_[node].parent; }
  std::uint32_t tag(Node node) const { return nodes_[node].tag; }
  const std::string& name(Node node) const { return nodes_[node].name; }

  // A leaf takes part in the order while it is active; an inner node while a leaf below it is (ALC-027).
  void set_active(Node leaf, bool active);
  bool is_active(Node node) const { return nodes_[node].active_leaves > 0; }
  void set_weight(Node node, double weight);  // Positive; 1 at first (ALC-024).

  double weight(Node node) const { return nodes_[node].weight; }

  // Names with total 0 do not count for shares; neither do excluded ones (ALC-020, ALC-026).
  void set_total(const Amounts& total);
  void set_excluded(std::vector<bool> excluded);

  // Changes what a leaf holds. `times` is added to the number of allocations.
  void allocate(Node leaf, const Amounts& amounts, std::uint64_t times);
  void release(Node leaf, const Amounts& amounts);

  // Dominant share divided by weight, of this moment (ALC-029). O(names).
  double share(Node node) const;
  const Amounts& allocated(Node node) const { return nodes_[node].allocated; }

  // Of two leaves, in the settled order. O(depth).
  bool comes_before(Node a, Node b) const;

  // Brings all changes into the order. O(changes x log siblings); O(n log n) after a change of total.
  void settle();

  // Visits the active leaves in the settled order. visitor.enter(inner) says whether to go in, visitor.visit(leaf)
  // whether to go on. Allocating from within is fine, activating and adding is not.
  template <typename Visitor>
  void walk(Visitor& visitor) const {
    walk_below(root, visitor);
  }
  // The same below one node. Returns whether to go on.
  template <typename Visitor>
  bool walk_below(Node node, Visitor& visitor) const {
    for (const Key& key : nodes_[node].order) {
      const NodeData& child = nodes_[key.node];
      if (child.order.empty()) {
        if (!visitor.visit(key.node)) return false;
      } else if (visitor.enter(key.node) && !walk_below(key.node, visitor)) {
        return false;
      }
    }
    return true;
  }
  // Calls function(child) for those that can be asked, in the settled order.
  template <typename Function>
  void for_each_active_child(Node node, Function function) const {
    for (const Key& key : nodes_[node].order) function(key.node);
  }

 private:
  struct Key {
    double share = 0;
    std::uint64_t times = 0;
    const std::string* name = nullptr;
    Node node = root;

    bool operator<(const Key& other) const {
      if (share != other.share) return share < other.share;
      if (times != other.times) return times < other.times;
      return *name < *other.name;
    }
  };

  struct NodeData {
    std::string name;
    Node parent = root;
    std::uint32_t tag = no_tag;
    double weight = 1;
    std::uint64_t times = 0;
    std::uint32_t active_leaves = 0;
    bool is_ordered = false;  // Is `key` in the order of the parent?
    bool is_changed = false;  // Is it in `changed_`?
    Key key;
    Amounts allocated;
    std::vector<Node> children;
    std::set<Key> order;  // Active children.
  };

  void note_change(Node node);
  void reposition(Node node);

  std::deque<NodeData> nodes_;  // Keys point to names in it.
  std::vector<Node> unused_;
  std::vector<Node> changed_;
  bool everything_changed_ = false;
  Amounts total_;
  std::vector<bool> excluded_;
};

}  // namespace stoa::allocator
