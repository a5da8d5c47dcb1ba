#include "containers/posix/event_thread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>

namespace stoa::containers {
namespace {

TEST(EventThread, RunsWhatIsPostedInItsOrder) {
  auto thread = *EventThread::start();
  std::vector<int> seen;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) thread->post([&seen, i] { seen.push_back(i); });
  thread->post([&] { done.set_value(); });
  done.get_future().wait();
  ASSERT_EQ(seen.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

// The end may come at any moment of a round: also when the thread has been woken and has not taken yet what was posted.
TEST(EventThread, EndsWheneverItIsStopped) {
  for (int i = 0; i < 20'000; ++i) {
    auto thread = *EventThread::start();
    std::atomic<bool> is_awake = false;
    thread->post([&] { is_awake = true; });
    if (i % 2 == 0) {
      while (!is_awake) std::this_thread::yield();
      thread->post([] {});
    }
    thread->stop();
  }
}

}  // namespace
}  // namespace stoa::containers
