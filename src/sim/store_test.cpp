#include "sim/store.h"

#include <gtest/gtest.h>

namespace stoa::sim {
namespace {

TEST(Store, ACrashLosesWhatWasNotDurableAndNobodyIsToldOfIt) {
  Plan plan;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    Queue queue;
    int durable = 0;
    int told = 0;
    Store store(plan, queue, random, {.on_durable = [&] { ++durable; }, .on_told = [&](WriteNumber) { ++told; }});
    for (int i = 0; i < 5; ++i) store.apply(WriteNumber{}, {{{"k", std::to_string(i)}, "v"}});
    while (durable < 3) queue.step(queue.now().steady + std::chrono::hours(1));
    store.crash();
    const int told_before = told;
    while (!queue.empty()) queue.step(queue.now().steady + std::chrono::hours(1));
    EXPECT_EQ(store.records().size(), 3u);  // The first three: batches become durable in order.
    EXPECT_TRUE(store.records().contains({"k", "2"}));
    EXPECT_LE(told_before, 3);
    EXPECT_EQ(told, told_before);
  }
}

}  // namespace
}  // namespace stoa::sim
