#include "allocator/quota_tree.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace stoa::allocator {
namespace {

bool is_nothing(const Amounts& amounts) {
  return std::ranges::all_of(amounts, [](std::int64_t amount) { return amount == 0; });
}

}  // namespace

QuotaTree::Node QuotaTree::ensure(const std::string& role) {
  const auto known = by_role_.find(role);
  if (known != by_role_.end()) return known->second;
  const std::size_t slash = role.rfind('/');
  const Node parent = slash == std::string::npos ? root : ensure(role.substr(0, slash));
  Node node = static_cast<Node>(nodes_.size());
  if (unused_.empty()) {
    nodes_.emplace_back();
  } else {
    node = unused_.back();
    unused_.pop_back();
  }
  nodes_[node] = {};
  nodes_[node].role = role;
  nodes_[node].parent = parent;
  nodes_[node].top = parent == root ? node : nodes_[parent].top;
  ++nodes_[parent].children;
  by_role_.emplace(role, node);
  return node;
}

void QuotaTree::tidy(Node node) {
  while (node != root) {
    const NodeData& data = nodes_[node];
    const bool has_quota = !data.guarantees.empty() || !data.limits.empty();
    if (data.uses > 0 || data.children > 0 || has_quota || !is_nothing(data.consumed)) return;
    const Node parent = data.parent;
    --nodes_[parent].children;
    by_role_.erase(data.role);
    unused_.push_back(node);
    node = parent;
  }
}

QuotaTree::Node QuotaTree::take(const std::string& role) {
  const Node node = ensure(role);
  ++nodes_[node].uses;
  return node;
}

void QuotaTree::drop(Node node) {
  CHECK(nodes_[node].uses > 0);
  --nodes_[node].uses;
  tidy(node);
}

void QuotaTree::set(const std::string& role, Amounts guarantees, Amounts limits) {
  const Node node = ensure(role);
  NodeData& data = nodes_[node];
  if (!data.guarantees.empty() || !data.limits.empty()) --quotas_;
  if (!data.guarantees.empty()) --guarantees_;
  data.guarantees = std::move(guarantees);
  data.limits = std::move(limits);
  if (!data.guarantees.empty() || !data.limits.empty()) ++quotas_;
  if (!data.guarantees.empty()) ++guarantees_;
  for (Node above = node; above != root; above = nodes_[above].parent) refresh_required(above);
  tidy(node);
}

void QuotaTree::refresh_required(Node node) {
  NodeData& data = nodes_[node];
  Amounts& sum = nodes_[data.parent].required_below;
  const std::size_t names = std::max({data.guarantees.size(), data.required_below.size(), data.required.size()});
  data.required.resize(names);
  if (sum.size() < names) sum.resize(names);
  for (std::size_t i = 0; i < names; ++i) {
    const std::int64_t own = get(data.guarantees, i) - get(data.consumed, i);
    const std::int64_t required = std::max({own, get(data.required_below, i), std::int64_t{0}});
    sum[i] += required - data.required[i];
    data.required[i] = required;
  }
}

void QuotaTree::consume(Node node, const Amounts& amounts) {
  for (; node != root; node = nodes_[node].parent) {
    add(nodes_[node].consumed, amounts);
    if (guarantees_ > 0) refresh_required(node);
  }
}

void QuotaTree::give_back(Node node, const Amounts& amounts) {
  for (; node != root; node = nodes_[node].parent) {
    subtract(nodes_[node].consumed, amounts);
    if (guarantees_ > 0) refresh_required(node);
  }
}

void QuotaTree::reserve(const std::string& role, const Amounts& amounts) { consume(ensure(role), amounts); }

void QuotaTree::unreserve(const std::string& role, const Amounts& amounts) {
  const Node node = ensure(role);
  give_back(node, amounts);
  tidy(node);
}

bool QuotaTree::is_unmet(Node node) const {
  return !is_nothing(node == root ? nodes_[root].required_below : nodes_[node].required);
}

std::int64_t QuotaTree::promise(Node node, std::size_t name) const {
  std::int64_t promised = 0;
  std::int64_t of_child = 0;  // What the child on the way needs: it may have that from here.
  for (; node != root; node = nodes_[node].parent) {
    const NodeData& data = nodes_[node];
    const std::int64_t for_others = get(data.required_below, name) - of_child;
    promised = std::max(promised, get(data.guarantees, name) - get(data.consumed, name) - for_others);
    of_child = get(data.required, name);
  }
  return promised;
}

std::int64_t QuotaTree::allowance(Node node, std::size_t name) const {
  std::int64_t least = unlimited;
  for (; node != root; node = nodes_[node].parent) {
    const NodeData& data = nodes_[node];
    if (name >= data.limits.size() || data.limits[name] == unlimited) continue;
    least = std::min(least, std::max(data.limits[name] - get(data.consumed, name), std::int64_t{0}));
  }
  return least;
}

Amounts QuotaTree::consumed(const std::string& role) const {
  const auto known = by_role_.find(role);
  return known == by_role_.end() ? Amounts() : nodes_[known->second].consumed;
}

Amounts QuotaTree::guarantees(const std::string& role) const {
  const auto known = by_role_.find(role);
  return known == by_role_.end() ? Amounts() : nodes_[known->second].guarantees;
}

bool QuotaTree::has_quota(const std::string& role) const {
  const auto known = by_role_.find(role);
  if (known == by_role_.end()) return false;
  return !nodes_[known->second].guarantees.empty() || !nodes_[known->second].limits.empty();
}

}  // namespace stoa::allocator
