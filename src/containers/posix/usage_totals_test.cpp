#include "containers/posix/usage_totals.h"

#include <gtest/gtest.h>

#include "containers/posix/process_table.h"

namespace stoa::containers {
namespace {

using namespace std::chrono_literals;
using Usages = std::map<ContainerId, ports::ContainerUsage>;

ports::ContainerUsage usage(double seconds, std::uint64_t bytes = 0) {
  return {.processes = 1, .threads = 2, .user_seconds = seconds, .system_seconds = seconds / 2, .memory_bytes = bytes};
}

// AGT-149
TEST(UsageTotals, WhatIsNestedCountsInAllThatItIsNestedIn) {
  UsageTotals totals;
  const Usages shown = totals.update({{ContainerId("a"), usage(1, 10)},
                                      {ContainerId("a.x"), usage(2, 20)},
                                      {ContainerId("a.x.y"), usage(4, 40)},
                                      {ContainerId("a-b"), usage(8, 80)},
                                      {ContainerId("p.1"), usage(16, 160)}},
                                     TimePoint());
  EXPECT_EQ(shown.at(ContainerId("a")).user_seconds, 7);
  EXPECT_EQ(shown.at(ContainerId("a")).memory_bytes, 70);
  EXPECT_EQ(shown.at(ContainerId("a")).processes, 3);
  EXPECT_EQ(shown.at(ContainerId("a.x")).user_seconds, 6);
  EXPECT_EQ(shown.at(ContainerId("a-b")).user_seconds, 8);
  EXPECT_EQ(shown.at(ContainerId("p")).threads, 2);
}

// V0-107
TEST(UsageTotals, TimesNeverGoBackWhileTheContainerLives) {
  UsageTotals totals;
  const TimePoint start;
  totals.update({{ContainerId("a"), usage(4)}, {ContainerId("a.x"), usage(2)}}, start);
  EXPECT_EQ(totals.update({{ContainerId("a"), usage(3)}, {ContainerId("a.x"), usage(2)}}, start)
                .at(ContainerId("a"))
                .user_seconds,
            6);
  EXPECT_EQ(totals.update({{ContainerId("a"), usage(5)}}, start).at(ContainerId("a")).user_seconds, 7);
  EXPECT_EQ(totals.update({{ContainerId("a"), usage(5)}}, start + 2h).at(ContainerId("a")).system_seconds, 3.5);
}

// V0-107
TEST(UsageTotals, AnExecutorWithoutAProcessKeepsWhatItsTasksUsed) {
  UsageTotals totals;
  const TimePoint start;
  totals.update({{ContainerId("p.1"), usage(4)}}, start);
  EXPECT_TRUE(totals.update({}, start).empty());
  EXPECT_EQ(totals.update({{ContainerId("p.2"), usage(1)}}, start + 30min).at(ContainerId("p")).user_seconds, 5);
  totals.update({}, start + 30min);
  totals.update({}, start + 3h);
  EXPECT_EQ(totals.update({{ContainerId("p.3"), usage(1)}}, start + 3h).at(ContainerId("p")).user_seconds, 1);
}

TEST(ProcessTable, ATreeIsSummedWithWhatHasEndedInIt) {
  const ProcessTable table({{.pid = 10, .parent = 1, .start_time = 7, .user = 1000, .ended_user = 100},
                            {.pid = 11, .parent = 10, .user = 200, .system = 50, .ended_user = 300, .threads = 1},
                            {.pid = 12, .parent = 11, .user = 400, .threads = 3, .resident_pages = 2},
                            {.pid = 20, .parent = 1, .user = 5000}});
  const auto used = table.below({.pid = 10, .start_time = 7});
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->processes, 2);
  EXPECT_EQ(used->threads, 4);
  EXPECT_EQ(used->user_seconds, 1000.0 / static_cast<double>(sysconf(_SC_CLK_TCK)));
  EXPECT_EQ(used->memory_bytes, 2 * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(table.below({.pid = 10, .start_time = 7}, {.pid = 12, .start_time = 0})->processes, 1) << "the relay";
  EXPECT_EQ(table.below({.pid = 10, .start_time = 7}, {.pid = 12, .start_time = 1})->processes, 2) << "its pid, reused";
  EXPECT_FALSE(table.below({.pid = 10, .start_time = 8}).has_value());  // Another process by now.
  EXPECT_FALSE(table.below({.pid = 99, .start_time = 7}).has_value());
}

TEST(ProcessTable, ANameMayHoldAnything) {
  const auto entry = parse_process(
      "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 11 12 13 14 20 0 5 0 777 1000 33 18446744073709551615 1 1");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->pid, 42);
  EXPECT_EQ(entry->parent, 7);
  EXPECT_EQ(entry->user, 11);
  EXPECT_EQ(entry->ended_system, 14);
  EXPECT_EQ(entry->threads, 5);
  EXPECT_EQ(entry->start_time, 777);
  EXPECT_EQ(entry->resident_pages, 33);
  for (const char* line : {"", "42", "42 (sh)", "x (sh) S 1 2", "42 (sh) S 1 2"}) {
    EXPECT_FALSE(parse_process(line).has_value()) << line;
  }
}

}  // namespace
}  // namespace stoa::containers
