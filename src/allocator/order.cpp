#include "allocator/order.h"

#include <cmath>
#include <set>

#include "allocator/books.h"

namespace stoa::allocator {

Order::Order(Books& books)
    : books_(books),
      tree_(books.tree),
      random_(books.random),
      roles_(books.options.role_sorter),
      frameworks_(books.options.framework_sorter) {
  if (roles_ != Sorter::priority) return;
  std::set<int, std::greater<>> classes;
  for (const auto& [name, index] : books.roles_by_name) {
    if (tree_.is_active(books.roles[index].node)) classes.insert(books.roles[index].priority);
  }
  priorities_.assign(classes.begin(), classes.end());
}

int Order::priority_of(ShareTree::Node role) const { return books_.roles[tree_.tag(role)].priority; }

void Order::sort(std::vector<ShareTree::Node>& leaves) const {
  std::ranges::sort(leaves, [this](ShareTree::Node a, ShareTree::Node b) {
    if (roles_ == Sorter::priority) {
      const int priority_a = priority_of(tree_.parent(a));
      const int priority_b = priority_of(tree_.parent(b));
      if (priority_a != priority_b) return priority_a > priority_b;
    }
    return tree_.comes_before(a, b);
  });
  leaves.erase(std::ranges::unique(leaves).begin(), leaves.end());
}

bool Order::is_first(ShareTree::Node leaf) {
  struct First {
    ShareTree::Node leaf = ShareTree::root;
    bool enter(ShareTree::Node) { return true; }
    bool visit(ShareTree::Node node) {
      leaf = node;
      return false;
    }
  } first;
  walk(first);
  return first.leaf == leaf;
}

// Efraimidis and Spirakis (2006): who has the smallest -log(u) / chance comes first.
void Order::collect(ShareTree::Node node, double chance, std::vector<std::pair<double, ShareTree::Node>>& keys) {
  double sum = 0;
  tree_.for_each_active_child(node, [&](ShareTree::Node child) { sum += tree_.weight(child); });
  tree_.for_each_active_child(node, [&](ShareTree::Node child) {
    const double own = chance * tree_.weight(child) / sum;
    if (tree_.tag(child) == ShareTree::no_tag) return collect(child, own, keys);
    keys.emplace_back(-std::log(1 - random_.unit()) / own, child);
  });
}

std::vector<ShareTree::Node> Order::drawn_roles() {
  std::vector<std::pair<double, ShareTree::Node>> keys;
  collect(ShareTree::root, 1, keys);
  std::ranges::sort(keys);
  std::vector<ShareTree::Node> drawn;
  for (const auto& [key, node] : keys) drawn.push_back(node);
  return drawn;
}

std::vector<ShareTree::Node> Order::drawn_frameworks(ShareTree::Node role) {
  std::vector<ShareTree::Node> drawn;
  tree_.for_each_active_child(role, [&](ShareTree::Node child) { drawn.push_back(child); });
  for (std::size_t i = drawn.size(); i > 1; --i) std::swap(drawn[i - 1], drawn[random_.below(i)]);
  return drawn;
}

}  // namespace stoa::allocator
