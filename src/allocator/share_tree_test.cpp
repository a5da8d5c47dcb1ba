#include "allocator/share_tree.h"

#include <gtest/gtest.h>

#include <map>

#include "model/testing.h"

namespace stoa::allocator {
namespace {

struct Leaf {
  std::string path;
  std::string allocated;
  std::uint64_t times = 0;
  bool active = true;
};

// Builds the tree of roles as the allocator does: the leaf of `eng` is `eng/.`.
class Roles {
 public:
  explicit Roles(std::string_view total) { tree_.set_total(names_.amounts_of(model::testing::resources(total))); }

  ShareTree::Node path(const std::string& role) {
    ShareTree::Node node = ShareTree::root;
    for (std::size_t begin = 0; begin <= role.size();) {
      const std::size_t end = std::min(role.find('/', begin), role.size());
      const std::string name = role.substr(begin, end - begin);
      const ShareTree::Node known = tree_.find(node, name);
      node = known == ShareTree::root ? tree_.add(node, name) : known;
      begin = end + 1;
    }
    return node;
  }
  void add(const Leaf& leaf) {
    const ShareTree::Node node = tree_.add(path(leaf.path), ".", static_cast<std::uint32_t>(paths_.size()));
    paths_.push_back(leaf.path);
    leaves_[leaf.path] = node;
    tree_.allocate(node, names_.amounts_of(model::testing::resources(leaf.allocated)), leaf.times);
    tree_.set_active(node, leaf.active);
  }
  std::vector<std::string> order() {
    tree_.settle();
    Collector collector{*this, {}};
    tree_.walk(collector);
    return collector.order;
  }
  double share(const std::string& leaf) { return tree_.share(leaves_.at(leaf)); }
  void exclude(std::string_view name) {
    std::vector<bool> excluded(names_.index_of(model::Symbol(name)) + 1);
    excluded.back() = true;
    tree_.set_excluded(excluded);
  }
  ShareTree& tree() { return tree_; }
  ShareTree::Node leaf(const std::string& role) { return leaves_.at(role); }
  Amounts amounts(std::string_view text) { return names_.amounts_of(model::testing::resources(text)); }

 private:
  struct Collector {
    Roles& roles;
    std::vector<std::string> order;
    bool enter(ShareTree::Node) { return true; }
    bool visit(ShareTree::Node leaf) {
      order.push_back(roles.paths_[roles.tree_.tag(leaf)]);
      return true;
    }
  };

  Names names_;
  ShareTree tree_;
  std::vector<std::string> paths_;
  std::map<std::string, ShareTree::Node> leaves_;
};

using Order = std::vector<std::string>;

// ALC-025 ALX-14
TEST(ShareTree, TiesAreBrokenByTimesThenByName) {
  Roles roles("cpus:10;mem:10240");
  for (const Leaf& leaf : {Leaf{"c", "", 0}, Leaf{"b", "", 2}, Leaf{"a", "", 2}, Leaf{"d", "cpus:1;mem:10", 0}}) {
    roles.add(leaf);
  }
  EXPECT_EQ(roles.order(), (Order{"c", "a", "b", "d"}));
}

// ALC-020 ALC-026 ALX-15 ALX-16
TEST(ShareTree, ExcludedNamesDoNotCount) {
  Roles roles("cpus:10;mem:10240;gpus:2");
  roles.add({"ml", "cpus:1;gpus:1", 1});
  roles.add({"web", "cpus:2", 1});
  EXPECT_EQ(roles.order(), (Order{"web", "ml"}));
  EXPECT_EQ(roles.share("ml"), 0.5);
  roles.exclude("gpus");
  EXPECT_EQ(roles.order(), (Order{"ml", "web"}));
  EXPECT_EQ(roles.share("ml"), 0.1);
}

// ALC-022 ALC-023 ALX-17
TEST(ShareTree, InnerNodesAreOrderedByTheSumOfTheirSubtree) {
  Roles roles("cpus:100;mem:102400");
  for (const Leaf& leaf : {Leaf{"eng", "cpus:5", 1}, Leaf{"eng/a", "cpus:20", 1}, Leaf{"eng/b", "cpus:1", 1},
                           Leaf{"ops", "cpus:25", 1}, Leaf{"qa", "cpus:27", 1}}) {
    roles.add(leaf);
  }
  EXPECT_EQ(roles.order(), (Order{"ops", "eng/b", "eng", "eng/a", "qa"}));
  EXPECT_EQ(roles.tree().share(roles.path("eng")), 0.26);
  EXPECT_EQ(roles.share("eng"), 0.05);
}

// ALC-027 ALX-18
TEST(ShareTree, InactiveLeavesAreLeftOutButCount) {
  Roles roles("cpus:10;mem:10240");
  for (const Leaf& leaf : {Leaf{"a/x", "", 0, false}, Leaf{"b", "cpus:5", 1}, Leaf{"a/y", "cpus:9", 1}}) {
    roles.add(leaf);
  }
  EXPECT_EQ(roles.order(), (Order{"b", "a/y"}));
  roles.tree().allocate(roles.leaf("a/x"), roles.amounts("cpus:1"), 1);
  EXPECT_EQ(roles.tree().share(roles.path("a")), 1.0);
}

// ALC-024
TEST(ShareTree, WeightsDivideTheShareAmongSiblings) {
  Roles roles("cpus:10");
  roles.add({"a", "cpus:4", 1});
  roles.add({"b", "cpus:3", 1});
  EXPECT_EQ(roles.order(), (Order{"b", "a"}));
  roles.tree().set_weight(roles.path("a"), 2);
  EXPECT_EQ(roles.order(), (Order{"a", "b"}));
}

// ALC-029
TEST(ShareTree, EqualFractionsOfDifferentNamesAreRealTies) {
  Roles roles("cpus:9;mem:18432");
  roles.add({"b", "cpus:3", 1});
  roles.add({"a", "mem:6144", 1});
  EXPECT_EQ(roles.order(), (Order{"a", "b"}));
  EXPECT_EQ(roles.share("a"), roles.share("b"));
}

// ALC-020
TEST(ShareTree, NamesWithoutTotalAreSkipped) {
  Roles roles("cpus:10;mem:0");
  roles.add({"a", "cpus:1;disk:100", 1});
  EXPECT_EQ(roles.share("a"), 0.1);
}

}  // namespace
}  // namespace stoa::allocator
