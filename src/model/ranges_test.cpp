#include "model/ranges.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/random.h"
#include "model/item_set.h"

namespace stoa::model {
namespace {

constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();

Ranges ranges(std::vector<Range> list) { return *Ranges::coalesced(std::move(list)); }
std::string refusal(std::vector<Range> list) {
  const auto result = Ranges::disjoint(std::move(list));
  return result.has_value() ? "accepted" : result.error().message;
}

// RES-020 HTTP-161 AGT-015
TEST(Ranges, InvertedAndOverlappingOnesAreRefusedInAnyOrder) {
  EXPECT_EQ(refusal({{2, 1}}), "Invalid ranges resource: begin > end");
  EXPECT_EQ(refusal({{1, 5}, {5, 6}}), "Invalid ranges resource: overlapping ranges");
  EXPECT_EQ(refusal({{3, 4}, {1, 10}}), "Invalid ranges resource: overlapping ranges");
  EXPECT_EQ(refusal({{1, 10}, {3, 4}}), "Invalid ranges resource: overlapping ranges");
  EXPECT_EQ(refusal({{7, 8}, {1, 2}, {3, 4}}), "accepted");
}

// RES-021 HTTP-161 AGT-015
TEST(Ranges, NormalFormIsSortedAndCoalesced) {
  EXPECT_EQ(ranges({{1, 2}, {3, 4}}), ranges({{1, 4}}));
  EXPECT_EQ(ranges({{3, 5}, {1, 2}, {4, 8}}).to_text(), "[1-8]");
  EXPECT_EQ(ranges({{top, top}, {top - 1, top - 1}}), ranges({{top - 1, top}}));
  EXPECT_EQ(ranges({{0, top}, {5, 6}}).to_text(), "[0-18446744073709551615]");
  EXPECT_EQ((ranges({{1, 2}}) += ranges({{3, 4}})), ranges({{1, 4}}));
}

// RES-022
TEST(Ranges, DifferenceAtTheEdgesOfNumbers) {
  Ranges all = ranges({{0, top}});
  all -= ranges({{0, 0}, {top, top}});
  EXPECT_EQ(all, ranges({{1, top - 1}}));
  all -= ranges({{0, top}});
  EXPECT_TRUE(all.empty());
  EXPECT_EQ(ranges({{0, top}}).count(), std::numeric_limits<std::int64_t>::max());
}

// RES-021 RES-022
TEST(Ranges, BehaveLikeSetsOfNumbers) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    Ranges mine;
    std::set<std::uint64_t> model;
    for (int step = 0; step < 1'000; ++step) {
      const std::uint64_t begin = random.below(60);
      const Range range{begin, begin + random.below(8)};
      const Ranges other = ranges({range, {range.begin + 20, range.end + 22}});
      std::set<std::uint64_t> numbers;
      for (const Range& interval : other.intervals()) {
        for (std::uint64_t n = interval.begin; n <= interval.end; ++n) numbers.insert(n);
      }
      ASSERT_EQ(mine.contains(other), std::ranges::includes(model, numbers)) << "seed " << seed << " step " << step;
      ASSERT_EQ(mine.contains(range.begin), model.contains(range.begin));
      ASSERT_EQ(mine.intersects(other), std::ranges::any_of(numbers, [&](auto n) { return model.contains(n); }));
      if (random.chance(0.5)) {
        mine += other;
        model.insert(numbers.begin(), numbers.end());
      } else {
        mine -= other;
        for (const auto n : numbers) model.erase(n);
      }
      std::vector<Range> expected;
      for (const auto n : model) expected.push_back({n, n});
      ASSERT_EQ(mine, ranges(expected)) << "seed " << seed << " step " << step;
      ASSERT_EQ(mine.count(), static_cast<std::int64_t>(model.size()));
    }
  }
}

// RES-023 HTTP-162
TEST(ItemSet, ItemsAreDistinctAndUnordered) {
  const auto set = [](std::vector<std::string> items) { return *ItemSet::distinct(std::move(items)); };
  EXPECT_EQ(ItemSet::distinct({"a", "b", "a"}).error().message, "Invalid set resource: duplicated elements");
  EXPECT_EQ(set({"a", "b"}), set({"b", "a"}));
  EXPECT_EQ((set({"a", "b"}) += set({"c", "b"})), set({"a", "b", "c"}));
  EXPECT_EQ((set({"a", "b"}) -= set({"b", "z"})), set({"a"}));
  EXPECT_TRUE(set({"a", "b"}).contains(set({"b"})));
  EXPECT_FALSE(set({"a", "b"}).contains(set({"c"})));
}

}  // namespace
}  // namespace stoa::model
