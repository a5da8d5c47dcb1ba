// QuotaTree knows what each role has consumed of what it is promised and of what it is allowed (section 7 of the
// allocator's specification).
//
// Consumption and limits hold for a role with all its sub-roles (ALC-078), guarantees serve all of them (ALC-079), so
// the books are a tree over the paths of roles. What must be kept free for a node is the larger of its own unmet
// guarantee and what its children need; the sum over the top is the cluster's headroom (ALC-075). A change costs the
// depth of the role; while nobody has a quota it is one addition a level.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "allocator/amounts.h"

namespace stoa::allocator {

class QuotaTree {
 public:
  using Node = std::uint32_t;
  static constexpr Node root = 0;
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

  QuotaTree() : nodes_(1) {}

  // The node of a role, which stays until it is dropped as often as it was taken.
  Node take(const std::string& role);
  void drop(Node node);

  // Replaces a role's quota; two empty ones remove it. `limits` has `unlimited` for names without one.
  void set(const std::string& role, Amounts guarantees, Amounts limits);

  // Reservations by name of their role, everything else by the node that was taken.
  void consume(Node node, const Amounts& amounts);
  void give_back(Node node, const Amounts& amounts);
  void reserve(const std::string& role, const Amounts& amounts);
  void unreserve(const std::string& role, const Amounts& amounts);

  bool any() const { return quotas_ > 0; }
  bool any_guarantee() const { return guarantees_ > 0; }
  bool any_unmet() const { return is_unmet(root); }
  // Could something be given to the role because it was promised? May say yes where promise() gives nothing.
  bool may_be_promised(Node node) const { return is_unmet(nodes_[node].top); }
  // How much of one name is still promised to the role: to itself, or above it and to no other (ALC-070).
  std::int64_t promise(Node node, std::size_t name) const;
  // How much it may still be given of one name: `unlimited`, or at least 0 (ALC-074).
  std::int64_t allowance(Node node, std::size_t name) const;
  // Has it, or a role above it, a quota?
  bool has_bounds(Node node) const {
    for (; node != root; node = nodes_[node].parent) {
      if (!nodes_[node].guarantees.empty() || !nodes_[node].limits.empty()) return true;
    }
    return false;
  }
  // What all unmet guarantees together need of one name (ALC-075).
  std::int64_t required(std::size_t name) const { return get(nodes_[root].required_below, name); }

  // Reads by path. Nothing if the role is not known.
  Amounts consumed(const std::string& role) const;
  Amounts guarantees(const std::string& role) const;
  // Does its quota name something?
  bool has_quota(const std::string& role) const;

 private:
  struct NodeData {
    std::string role;
    Node parent = root;
    Node top = root;  // The top-level role it belongs to.
    std::uint32_t uses = 0;
    std::uint32_t children = 0;
    Amounts consumed;
    Amounts guarantees;
    Amounts limits;
    Amounts required;        // Of this node.
    Amounts required_below;  // The sum over its children.
  };

  static std::int64_t get(const Amounts& amounts, std::size_t name) {
    return name < amounts.size() ? amounts[name] : 0;
  }
  // At the root, whether anything at all is required.
  bool is_unmet(Node node) const;
  Node ensure(const std::string& role);
  void tidy(Node node);
  void refresh_required(Node node);

  std::deque<NodeData> nodes_;
  std::vector<Node> unused_;
  std::unordered_map<std::string, Node> by_role_;
  std::size_t quotas_ = 0;
  std::size_t guarantees_ = 0;
};

}  // namespace stoa::allocator
