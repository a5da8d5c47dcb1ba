#include "base/timer_queue.h"

#include <gtest/gtest.h>

namespace stoa {
namespace {

using namespace std::chrono_literals;

TEST(TimerQueue, GivesWhatIsDueEarliestFirstAndOnce) {
  TimerQueue<int> timers;
  const TimePoint start{};
  timers.set(1, start + 20s);
  timers.set(2, start + 10s);
  timers.set(3, start + 30s);
  EXPECT_EQ(timers.next(), start + 10s);
  EXPECT_FALSE(timers.pop(start + 9s).has_value());
  EXPECT_EQ(timers.pop(start + 25s), 2);
  EXPECT_EQ(timers.pop(start + 25s), 1);
  EXPECT_FALSE(timers.pop(start + 25s).has_value());
}

TEST(TimerQueue, SettingAgainReplacesAndCancelForgets) {
  TimerQueue<int> timers;
  const TimePoint start{};
  timers.set(1, start + 10s);
  timers.set(1, start + 50s);
  EXPECT_EQ(timers.next(), start + 50s);
  timers.cancel(1);
  EXPECT_FALSE(timers.next().has_value());
  timers.cancel(1);
}

}  // namespace
}  // namespace stoa
