#include <gtest/gtest.h>

#include "allocator/allocator.h"
#include "model/testing.h"

namespace stoa::allocator {
namespace {

using model::testing::resources;
using namespace std::chrono_literals;

TimePoint at(double seconds) {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

// One agent of 4 CPUs that S keeps busy with small tasks, of which one ends each second and is replaced at once if the
// piece is offered to S. Returns when L, which needs the whole agent, was first offered something.
std::optional<int> first_served(Duration hold_after, int seconds, std::size_t* holds_most = nullptr) {
  Allocator allocator({.order_by_id = true, .hold_after = hold_after});
  allocator.add_agent(AgentId("a1"), {.total = resources("cpus:4;mem:4096")}, {}, at(0));
  allocator.add_framework(FrameworkId("S"), {.roles = {"small"}}, true, {}, at(0));
  const auto piece = resources("cpus:1;mem:1024").with_allocation_role("small");
  int running = 4;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(allocator.charge(FrameworkId("S"), AgentId("a1"), piece).has_value());
  allocator.add_framework(FrameworkId("L"),
                          {.roles = {"large"}, .minimum = {{"large", *parse_minimum("cpus:4;mem:4096")}}}, true, {},
                          at(0));
  for (int second = 0; second < seconds; ++second) {
    if (running > 0) {
      --running;
      EXPECT_TRUE(allocator.recover_used(FrameworkId("S"), AgentId("a1"), piece, at(second)).has_value());
    }
    for (const Grant& grant : allocator.run(at(second))) {
      if (grant.framework.value == "L") return second;
      running += static_cast<int>(grant.resources.scalar("cpus").thousandths() / 1000);
    }
    if (holds_most != nullptr) *holds_most = std::max(*holds_most, allocator.holds());
    EXPECT_TRUE(allocator.audit().has_value());
  }
  return std::nullopt;
}

// ALC-180 ALC-181 ALC-182
TEST(Holds, LargeNeedsAreServedSoonAfterTheWaitAndNeverWithout) {
  EXPECT_EQ(first_served(0s, 600), std::nullopt);
  std::size_t holds = 0;
  const std::optional<int> served = first_served(60s, 600, &holds);
  ASSERT_TRUE(served.has_value());
  EXPECT_GE(*served, 60);
  EXPECT_LE(*served, 66);
  EXPECT_EQ(holds, 1U);
}

// ALC-183
TEST(Holds, EndWithSuppressionAndWithTime) {
  Allocator allocator({.order_by_id = true});
  allocator.add_agent(AgentId("a1"), {.total = resources("cpus:4;mem:4096")}, {}, at(0));
  allocator.add_framework(FrameworkId("S"), {.roles = {"small"}}, true, {}, at(0));
  allocator.add_framework(FrameworkId("L"), {.roles = {"large"}, .minimum = {{"large", *parse_minimum("cpus:4")}}},
                          true, {}, at(0));
  const auto piece = resources("cpus:1").with_allocation_role("small");
  ASSERT_TRUE(allocator.charge(FrameworkId("S"), AgentId("a1"), piece).has_value());
  ASSERT_TRUE(allocator.hold(FrameworkId("L"), "large", AgentId("a1"), at(0)).has_value());
  EXPECT_FALSE(allocator.hold(FrameworkId("L"), "large", AgentId("a1"), at(0)).has_value());
  EXPECT_TRUE(allocator.run(at(0)).empty());
  EXPECT_TRUE(allocator.run(at(599)).empty());
  EXPECT_EQ(allocator.holds(), 1U);
  EXPECT_EQ(allocator.run(at(600)).size(), 1U);
  EXPECT_EQ(allocator.holds(), 0U);
  EXPECT_FALSE(allocator.hold(FrameworkId("S"), "small", AgentId("a1"), at(601)).has_value());  // Declares no need.
  ASSERT_TRUE(allocator.hold(FrameworkId("L"), "large", AgentId("a1"), at(601)).has_value());
  allocator.suppress(FrameworkId("L"), {});
  allocator.run(at(602));
  EXPECT_EQ(allocator.holds(), 0U);
}

// ALC-181: whoever refuses an agent where its need fits is picky, not short.
TEST(Holds, WhoDeclinesWhatWouldDoGetsNone) {
  Allocator allocator({.order_by_id = true});
  allocator.add_agent(AgentId("a1"), {.total = resources("cpus:4;mem:4096")}, {}, at(0));
  allocator.add_agent(AgentId("a2"), {.total = resources("cpus:4;mem:4096")}, {}, at(0));
  ASSERT_TRUE(
      allocator.charge(FrameworkId("S"), AgentId("a1"), resources("cpus:1").with_allocation_role("small")).has_value());
  allocator.add_framework(FrameworkId("L"), {.roles = {"large"}, .minimum = {{"large", *parse_minimum("cpus:4")}}},
                          true, {}, at(0));
  const std::vector<Grant> grants = allocator.run(at(0));
  ASSERT_EQ(grants.size(), 1U);
  ASSERT_TRUE(allocator.recover(grants[0].framework, grants[0].agent, grants[0].resources, 1e6, at(0)).has_value());
  for (int second = 1; second < 120; ++second) EXPECT_TRUE(allocator.run(at(second)).empty());
  EXPECT_EQ(allocator.holds(), 0U);
}

// ALC-181 ALC-183: the agent with the least missing, one for each who needs it, and one in twenty agents at most.
TEST(Holds, TheNearestAgentIsTakenAndFewAreHeld) {
  Allocator allocator({.order_by_id = true, .hold_after = 10s});
  for (int i = 0; i < 39; ++i) {
    const AgentId id("a" + std::to_string(10 + i));
    allocator.add_agent(id, {.total = resources("cpus:4;mem:4096")}, {}, at(0));
    const std::string used = i == 20 ? "cpus:1;mem:1024" : "cpus:2;mem:2048";
    ASSERT_TRUE(allocator.charge(FrameworkId("S"), id, resources(used).with_allocation_role("small")).has_value());
  }
  for (const char* id : {"L", "M"}) {
    allocator.add_framework(FrameworkId(id), {.roles = {"large"}, .minimum = {{"large", *parse_minimum("cpus:4")}}},
                            true, {}, at(0));
  }
  for (int second = 0; second <= 10; ++second) EXPECT_TRUE(allocator.run(at(second)).empty());
  EXPECT_EQ(allocator.holds(), 1U);  // Of 39 agents, one.
  ASSERT_TRUE(allocator
                  .recover_used(FrameworkId("S"), AgentId("a30"),
                                resources("cpus:1;mem:1024").with_allocation_role("small"), at(11))
                  .has_value());
  const std::vector<Grant> grants = allocator.run(at(11));
  ASSERT_EQ(grants.size(), 1U);
  EXPECT_EQ(grants[0].framework, FrameworkId("L"));
  EXPECT_EQ(grants[0].agent, AgentId("a30"));
  EXPECT_EQ(allocator.holds(), 0U);
}

}  // namespace
}  // namespace stoa::allocator
