#include "sim/world.h"

#include <gtest/gtest.h>

namespace stoa::sim {
namespace {

constexpr Size small{.agents = 3, .frameworks = 2, .tasks = 20, .busy = std::chrono::minutes(3)};

Outcome outcome_of(const Size& size, std::uint64_t seed) { return World(size, seed).run(); }

TEST(World, TheSameSeedGivesTheSameRunBitForBit) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Outcome first = outcome_of(small, seed);
    const Outcome second = outcome_of(small, seed);
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.steps, second.steps);
  }
}

TEST(World, WithoutFailuresEveryTaskIsLaunched) {
  Size size = small;
  size.faults = false;
  const Outcome outcome = outcome_of(size, 1);
  EXPECT_FALSE(outcome.violation);
  EXPECT_EQ(outcome.launched, size.tasks);
  EXPECT_EQ(outcome.failures, 0u);
}

// A law that nothing puts to the test proves nothing.
TEST(World, EverythingHappensThatCountsAreKeptOf) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Outcome outcome = outcome_of({.agents = 4, .frameworks = 3, .tasks = 60}, seed);
    ASSERT_FALSE(outcome.violation) << seed;
    counts += outcome.counts;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Happening::count); ++i)
    EXPECT_GT(counts.of(static_cast<Happening>(i)), 0u) << i << ": " << counts.to_text();
}

TEST(World, SeedsDiffer) { EXPECT_NE(outcome_of(small, 1).hash, outcome_of(small, 2).hash); }

}  // namespace
}  // namespace stoa::sim
