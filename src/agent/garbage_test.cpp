#include "agent/garbage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace stoa::agent {
namespace {

using namespace std::chrono_literals;

class GarbageTest : public testing::Test {
 protected:
  // Everything that goes at `now`, if removing works.
  std::vector<std::string> removals() {
    std::vector<std::string> result;
    for (;;) {
      const auto wishes = garbage.advance(now);
      if (!wishes.remove) return result;
      result.push_back(*wishes.remove);
      garbage.removed(*wishes.remove, true, now);
    }
  }

  TimePoint now{std::chrono::hours(10'000)};
  Garbage garbage{{.delay = 7 * 24h, .disk_headroom = 0.1, .watch_interval = 60s}};
};

// AGT-100
TEST_F(GarbageTest, ADirectoryGoesWhenItsAgeIsTheDelay) {
  garbage.schedule("a", 24h, now);
  EXPECT_EQ(garbage.next_wakeup(), now + 6 * 24h);
  now += 6 * 24h - 1s;
  EXPECT_EQ(removals(), std::vector<std::string>());
  now += 1s;
  EXPECT_EQ(removals(), std::vector<std::string>{"a"});
  EXPECT_EQ(garbage.next_wakeup(), std::nullopt);
}

// AGT-101
TEST_F(GarbageTest, TheFullerTheDiskTheYoungerGoOldestFirst) {
  garbage.schedule("young", 2 * 24h, now);
  garbage.schedule("old", 5 * 24h, now);
  garbage.schedule("middle", 3 * 24h, now);
  garbage.start(now);
  EXPECT_TRUE(garbage.advance(now).measure);
  garbage.measured(0.6, now);
  // One week, headroom 0.1, 60 % used.
  EXPECT_NEAR(std::chrono::duration<double>(garbage.counts().age_allowed).count(), 2.1 * 86400, 1);
  EXPECT_EQ(removals(), (std::vector<std::string>{"old", "middle"}));
  garbage.measured(0.95, now);
  EXPECT_EQ(garbage.counts().age_allowed, 0s);
  EXPECT_EQ(removals(), std::vector<std::string>{"young"});
}

// AGT-101
TEST_F(GarbageTest, TheDiskIsLookedAtOnceInAnInterval) {
  garbage.start(now);
  EXPECT_EQ(garbage.next_wakeup(), now);
  EXPECT_TRUE(garbage.advance(now).measure);
  EXPECT_FALSE(garbage.advance(now).measure) << "the answer is awaited";
  garbage.measured(std::nullopt, now);
  EXPECT_FALSE(garbage.advance(now + 59s).measure);
  EXPECT_TRUE(garbage.advance(now + 60s).measure);
}

// AGT-102
TEST_F(GarbageTest, ADirectoryInUseAgainLeavesTheScheduleWithAllAboveIt) {
  for (const auto* path : {"f", "f/e", "f/e/1", "f/e/2", "f2"}) garbage.schedule(path, 1h, now);
  EXPECT_TRUE(garbage.take_back("f/e/3"));
  now += 8 * 24h;
  EXPECT_EQ(removals(), (std::vector<std::string>{"f/e/1", "f/e/2", "f2"}));
}

// AGT-102
TEST_F(GarbageTest, WhatIsBeingRemovedCannotBeTakenBack) {
  garbage.schedule("f/e", 7 * 24h, now);
  EXPECT_EQ(garbage.advance(now).remove, "f/e");
  EXPECT_FALSE(garbage.take_back("f/e/3"));
  EXPECT_FALSE(garbage.take_back("f/e"));
  EXPECT_TRUE(garbage.take_back("f/e2"));
  EXPECT_TRUE(garbage.take_back("f"));
  garbage.removed("f/e", true, now);
  EXPECT_TRUE(garbage.take_back("f/e/3"));
}

// AGT-105
TEST_F(GarbageTest, OneTreeIsRemovedAtATimeAndEachIsCounted) {
  garbage.schedule("a", 8 * 24h, now);
  garbage.schedule("b", 7 * 24h, now);
  EXPECT_EQ(garbage.counts().pending, 2);
  EXPECT_EQ(garbage.advance(now).remove, "a");
  EXPECT_FALSE(garbage.advance(now).remove);
  EXPECT_EQ(garbage.counts().pending, 2);
  garbage.removed("a", true, now);
  EXPECT_EQ(garbage.advance(now).remove, "b");
  garbage.removed("b", false, now);
  EXPECT_EQ(garbage.counts().removed, 1);
  EXPECT_EQ(garbage.counts().failed, 1);
  EXPECT_EQ(garbage.counts().pending, 1) << "it is tried again";
}

// AGT-103
TEST_F(GarbageTest, AFailureDoesNotHoldUpTheOthersAndIsTriedAnewLater) {
  garbage.schedule("a", 8 * 24h, now);
  garbage.schedule("b", 7 * 24h, now);
  garbage.removed(*garbage.advance(now).remove, false, now);
  EXPECT_EQ(removals(), std::vector<std::string>{"b"});
  now += 7 * 24h;
  EXPECT_EQ(removals(), std::vector<std::string>{"a"});
}

// AGT-105
TEST_F(GarbageTest, WhatLayInARemovedDirectoryIsNotPending) {
  garbage.schedule("f", 8 * 24h, now);
  garbage.schedule("f/e", 1h, now);
  garbage.schedule("f2", 1h, now);
  EXPECT_EQ(removals(), std::vector<std::string>{"f"});
  EXPECT_EQ(garbage.counts().pending, 1);
}

}  // namespace
}  // namespace stoa::agent
