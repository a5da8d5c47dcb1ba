// Resources against a model of them too dumb to be wrong: a map from the text of an identity to thousandths, to a set
// of numbers, or to a count of volumes.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "model/testing.h"

namespace stoa::model {
namespace {

struct DumbModel {
  std::map<std::string, std::int64_t> thousandths;
  std::map<std::string, std::set<std::uint64_t>> numbers;
  std::map<std::string, std::size_t> wholes;  // Volumes and MOUNT disks: how many of each.

  void add(const Resource& r, int sign) {
    const std::string key = r.with_value(Scalar::from_whole(1)).to_text();
    if (r.is_persistent_volume() || !r.is_divisible()) {
      wholes[r.to_text()] += static_cast<std::size_t>(sign);
      if (wholes[r.to_text()] == 0) wholes.erase(r.to_text());
    } else if (r.is_scalar()) {
      thousandths[key] += sign * r.scalar().thousandths();
      if (thousandths[key] == 0) thousandths.erase(key);
    } else {
      for (const Range& range : std::get<Ranges>(r.value()).intervals()) {
        for (auto n = range.begin; n <= range.end; ++n) {
          if (sign > 0) numbers[key].insert(n);
          if (sign < 0) numbers[key].erase(n);
        }
      }
      if (numbers[key].empty()) numbers.erase(key);
    }
  }

  bool contains(const Resource& r) const {
    DumbModel single;
    single.add(r, 1);
    for (const auto& [key, amount] : single.thousandths) {
      if (!thousandths.contains(key) || thousandths.at(key) < amount) return false;
    }
    for (const auto& [key, set] : single.numbers) {
      if (!numbers.contains(key) || !std::ranges::includes(numbers.at(key), set)) return false;
    }
    for (const auto& [key, count] : single.wholes) {
      if (!wholes.contains(key)) return false;
    }
    return true;
  }

  bool operator==(const DumbModel&) const = default;
};

DumbModel model_of(const Resources& resources) {
  DumbModel model;
  for (const auto& [resource, count] : resources) {
    for (std::size_t i = 0; i < count; ++i) model.add(resource, 1);
  }
  return model;
}

Resource random_resource(Random& random) {
  const auto amount = Scalar::from_thousandths(static_cast<std::int64_t>(random.below(3'000) + 1));
  Resource result = [&] {
    switch (random.below(4)) {
      case 0: {
        const auto begin = random.below(40);
        return Resource("ports", *Ranges::coalesced({{begin, begin + random.below(6)}}));
      }
      case 1:
        return Resource("disk", amount);
      case 2:
        return Resource("mem", amount);
      default:
        return Resource("cpus", amount);
    }
  }();
  switch (random.below(4)) {
    case 0:
      result = testing::reserved(result, testing::dynamic_reservation("ads"));
      break;
    case 1:
      result = testing::reserved(result, testing::dynamic_reservation("ads", "p", Labels{{{"k", "v"}}}));
      break;
    default:
      break;
  }
  if (result.name() == "disk") {
    const auto whole = result.with_value(Scalar::from_whole(1 + static_cast<std::int64_t>(random.below(2))));
    switch (random.below(4)) {
      case 0:
        return testing::with_source(whole, Disk::Source::Type::mount, "/m");
      case 1:
        return testing::with_source(result, Disk::Source::Type::path, "/p");
      case 2:
        if (result.is_reserved()) {
          const Resource held = testing::volume(whole, random.chance(0.5) ? "v1" : "v2");
          return random.chance(0.3) ? testing::shared(held) : held;
        }
        break;
      default:
        break;
    }
  }
  if (random.chance(0.2)) result = testing::revocable(result);
  return random.chance(0.3) ? result.with_allocation_role("ads") : result;
}

// RES-022 RES-031 RES-032 RES-035 RES-036 RES-037
TEST(Resources, BehaveLikeTheDumbModel) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    Resources pool;
    DumbModel model;
    for (int step = 0; step < 1'000; ++step) {
      const Resource r = random_resource(random);
      ASSERT_EQ(pool.contains(r), model.contains(r)) << "seed " << seed << " step " << step << " " << r.to_text();
      if (random.chance(0.5)) {
        const auto result = pool.subtract({r});
        ASSERT_EQ(result.has_value(), model.contains(r)) << "seed " << seed << " step " << step;
        if (result.has_value()) model.add(r, -1);
      } else {
        pool.add(r);
        model.add(r, 1);
      }
      if (step % 50 == 0) {
        ASSERT_EQ(model_of(pool), model) << "seed " << seed << " step " << step << " " << pool.to_text();
        ASSERT_EQ(pool, pool + Resources());
      }
    }
    Resources copy = pool;
    copy -= pool;
    ASSERT_TRUE(copy.empty());
  }
}

}  // namespace
}  // namespace stoa::model
