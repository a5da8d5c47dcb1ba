#include "allocator/share_tree.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace stoa::allocator {

ShareTree::ShareTree() : nodes_(1) {}

ShareTree::Node ShareTree::add(Node parent, std::string name, std::uint32_t tag) {
  Node node = static_cast<Node>(nodes_.size());
  if (unused_.empty()) {
    nodes_.emplace_back();
  } else {
    node = unused_.back();
    unused_.pop_back();
  }
  NodeData& data = nodes_[node];
  data = NodeData{.name = std::move(name), .parent = parent, .tag = tag};
  nodes_[parent].children.push_back(node);
  return node;
}

void ShareTree::remove(Node node) {
  settle();  // So that nothing refers to it.
  CHECK(node != root && !has_children(node) && !is_active(node) && is_empty(node));
  std::erase(nodes_[nodes_[node].parent].children, node);
  unused_.push_back(node);
}

ShareTree::Node ShareTree::find(Node parent, const std::string& name) const {
  for (const Node child : nodes_[parent].children) {
    if (nodes_[child].name == name) return child;
  }
  return root;
}

bool ShareTree::is_empty(Node node) const {
  return std::ranges::all_of(nodes_[node].allocated, [](std::int64_t amount) { return amount == 0; });
}

void ShareTree::set_active(Node leaf, bool active) {
  if (is_active(leaf) == active) return;
  for (Node node = leaf;; node = nodes_[node].parent) {
    nodes_[node].active_leaves += active ? 1 : -1;
    if (node == root) return;
    note_change(node);
  }
}

void ShareTree::set_weight(Node node, double weight) {
  CHECK(weight > 0);
  nodes_[node].weight = weight;
  note_change(node);
}

void ShareTree::set_total(const Amounts& total) {
  total_ = total;
  everything_changed_ = true;
}

void ShareTree::set_excluded(std::vector<bool> excluded) {
  excluded_ = std::move(excluded);
  everything_changed_ = true;
}

void ShareTree::allocate(Node leaf, const Amounts& amounts, std::uint64_t times) {
  for (Node node = leaf; node != root; node = nodes_[node].parent) {
    allocator::add(nodes_[node].allocated, amounts);
    nodes_[node].times += times;
    note_change(node);
  }
}

void ShareTree::release(Node leaf, const Amounts& amounts) {
  for (Node node = leaf; node != root; node = nodes_[node].parent) {
    allocator::subtract(nodes_[node].allocated, amounts);
    note_change(node);
  }
}

double ShareTree::share(Node node) const {
  const NodeData& data = nodes_[node];
  const std::size_t names = std::min(data.allocated.size(), total_.size());
  double share = 0;
  for (std::size_t i = 0; i < names; ++i) {
    if (total_[i] <= 0 || (i < excluded_.size() && excluded_[i])) continue;
    share = std::max(share, static_cast<double>(data.allocated[i]) / static_cast<double>(total_[i]));
  }
  return share / data.weight;
}

bool ShareTree::comes_before(Node a, Node b) const {
  const auto depth = [this](Node node) {
    int depth = 0;
    for (; node != root; node = nodes_[node].parent) ++depth;
    return depth;
  };
  int depth_a = depth(a);
  int depth_b = depth(b);
  for (; depth_a > depth_b; --depth_a) a = nodes_[a].parent;
  for (; depth_b > depth_a; --depth_b) b = nodes_[b].parent;
  while (nodes_[a].parent != nodes_[b].parent) {
    a = nodes_[a].parent;
    b = nodes_[b].parent;
  }
  return nodes_[a].key < nodes_[b].key;
}

void ShareTree::note_change(Node node) {
  if (nodes_[node].is_changed) return;
  nodes_[node].is_changed = true;
  changed_.push_back(node);
}

void ShareTree::reposition(Node node) {
  NodeData& data = nodes_[node];
  data.is_changed = false;
  auto& order = nodes_[data.parent].order;
  const Key key{share(node), data.times, &data.name, node};
  if (data.is_ordered && is_active(node)) {
    auto handle = order.extract(data.key);
    handle.value() = key;
    order.insert(std::move(handle));
  } else if (data.is_ordered) {
    order.erase(data.key);
  } else if (is_active(node)) {
    order.insert(key);
  }
  data.key = key;
  data.is_ordered = is_active(node);
}

void ShareTree::settle() {
  if (everything_changed_) {
    everything_changed_ = false;
    for (Node node = 1; node < nodes_.size(); ++node) {
      if (is_active(node)) note_change(node);
    }
  }
  for (const Node node : changed_) reposition(node);
  changed_.clear();
}

}  // namespace stoa::allocator
