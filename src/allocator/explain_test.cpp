#include "allocator/explain.h"

#include <gtest/gtest.h>

#include <functional>

#include "allocator/allocator.h"
#include "model/testing.h"

namespace stoa::allocator {
namespace {

using model::testing::resources;
using namespace std::chrono_literals;

constexpr TimePoint start{};

struct Case {
  std::string name;
  std::function<void(Allocator&)> arrange;
  Reason reason;
};

// F asks in role `r` for agent `a`, of which all is free and nothing stands in the way but what the case arranges.
TEST(Explain, NamesTheFirstRuleThatSaysNo) {
  const FrameworkId f("F");
  const AgentId a("a");
  const auto other = [](Allocator& allocator, std::string_view used) {
    allocator.add_framework(FrameworkId("G"), {.roles = {"g"}}, true, {}, start);
    ASSERT_TRUE(
        allocator.charge(FrameworkId("G"), AgentId("a"), resources(used).with_allocation_role("g")).has_value());
  };
  const Case cases[] = {
      {"none", [](Allocator&) {}, Reason::none},
      {"framework_inactive", [&](Allocator& it) { it.deactivate_framework(f); }, Reason::framework_inactive},
      {"role_not_subscribed",
       [&](Allocator& it) {
         ASSERT_TRUE(it.charge(f, a, resources("cpus:1").with_allocation_role("r")).has_value());
         it.update_framework(f, {.roles = {}}, start);
       },
       Reason::role_not_subscribed},
      {"role_suppressed", [&](Allocator& it) { it.suppress(f, {}); }, Reason::role_suppressed},
      {"agent_inactive", [&](Allocator& it) { it.deactivate_agent(a); }, Reason::agent_inactive},
      {"agent_not_whitelisted", [&](Allocator& it) { it.set_whitelist(std::set<std::string>{}, start); },
       Reason::agent_not_whitelisted},
      {"nothing_free", [&](Allocator& it) { other(it, "cpus:4;mem:4096"); }, Reason::nothing_free},
      {"offer_constraints",
       [&](Allocator& it) {
         it.update_framework(f, {.roles = {"r"}, .constraints = {{"r", [](const AgentId&) { return false; }}}}, start);
       },
       Reason::offer_constraints},
      {"capability", [&](Allocator& it) { it.update_agent_total(a, resources("cpus:4;mem:4096;gpus:1"), start); },
       Reason::capability},
      {"reserved_for_others",
       [&](Allocator& it) { it.update_agent_total(a, resources("cpus(x):4;mem(x):4096"), start); },
       Reason::reserved_for_others},
      {"held_for_another",
       [&](Allocator& it) {
         it.add_framework(FrameworkId("L"), {.roles = {"l"}, .minimum = {{"l", *parse_minimum("cpus:8")}}}, true, {},
                          start);
         ASSERT_TRUE(it.hold(FrameworkId("L"), "l", a, start).has_value());
       },
       Reason::held_for_another},
      {"below_minimum", [&](Allocator& it) { other(it, "cpus:3.995;mem:4090"); }, Reason::below_minimum},
      {"quota",
       [](Allocator& it) {
         it.set_quota("promised", {.guarantees = *model::Quantities::parse("cpus:4;mem:4096"), .limits = {}});
       },
       Reason::quota},
      {"limit",
       [](Allocator& it) { it.set_quota("r", {.guarantees = {}, .limits = *model::Limits::parse("cpus:0;mem:0")}); },
       Reason::quota},
      {"share_order", [](Allocator& it) { it.add_framework(FrameworkId("A"), {.roles = {"a"}}, true, {}, start); },
       Reason::share_order},
      {"paused", [](Allocator& it) { it.set_paused(true, start); }, Reason::paused},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    Allocator allocator({.order_by_id = true});
    allocator.add_agent(a, {.total = resources("cpus:4;mem:4096"), .hostname = "host"}, {}, start);
    allocator.add_framework(f, {.roles = {"r"}}, true, {}, start);
    one.arrange(allocator);
    const Explained explained = allocator.explain({.framework = f, .agent = a, .after = {}}, start);
    EXPECT_TRUE(explained.is_known);
    ASSERT_EQ(explained.agents.size(), 1U);
    EXPECT_EQ(to_text(explained.agents[0].reason), to_text(one.reason)) << explained.agents[0].detail;
    // It says what a cycle does.
    const std::vector<Grant> grants = allocator.run(start);
    const bool is_offered =
        std::ranges::any_of(grants, [&](const Grant& grant) { return grant.framework == f && grant.agent == a; });
    EXPECT_EQ(is_offered, one.reason == Reason::none);
  }
}

TEST(Explain, FiltersShowHowLongTheyStillHold) {
  Allocator allocator({});
  allocator.add_agent(AgentId("a"), {.total = resources("cpus:4;mem:4096")}, {}, start);
  allocator.add_framework(FrameworkId("F"), {.roles = {"r"}}, true, {}, start);
  const std::vector<Grant> grants = allocator.run(start);
  ASSERT_EQ(grants.size(), 1U);
  ASSERT_TRUE(allocator.recover(grants[0].framework, grants[0].agent, grants[0].resources, 60.0, start).has_value());
  const Explained explained = allocator.explain({.framework = FrameworkId("F"), .agent = {}, .after = {}}, start + 20s);
  ASSERT_EQ(explained.agents.size(), 1U);
  EXPECT_EQ(explained.agents[0].reason, Reason::filter);
  EXPECT_EQ(explained.agents[0].filter_left, 40s);
}

TEST(Explain, ShowsSharesAndPlaceInTheOrderAndGoesOnPageByPage) {
  Allocator allocator({.role_sorter = Sorter::priority});
  for (const char* id : {"a1", "a2", "a3"}) {
    allocator.add_agent(AgentId(id), {.total = resources("cpus:4;mem:4096")}, {}, start);
  }
  allocator.set_weight("r", 2);
  allocator.set_priority("r", -7);
  allocator.add_framework(FrameworkId("E"), {.roles = {"e"}}, true, {}, start);
  allocator.add_framework(FrameworkId("F"), {.roles = {"r"}}, true, {}, start);
  ASSERT_TRUE(
      allocator.charge(FrameworkId("F"), AgentId("a1"), resources("cpus:3").with_allocation_role("r")).has_value());
  Explained explained =
      allocator.explain({.framework = FrameworkId("F"), .agent = {}, .after = {}, .explanations_max = 2}, start);
  ASSERT_EQ(explained.standings.size(), 1U);
  EXPECT_EQ(explained.standings[0].role_share, 0.125);
  EXPECT_EQ(explained.standings[0].framework_share, 0.25);
  EXPECT_EQ(explained.standings[0].priority, -7);
  EXPECT_EQ(explained.standings[0].ahead, 1U);
  ASSERT_EQ(explained.agents.size(), 2U);
  ASSERT_TRUE(explained.next.has_value());
  explained = allocator.explain({.framework = FrameworkId("F"), .agent = {}, .after = *explained.next}, start);
  ASSERT_EQ(explained.agents.size(), 1U);
  EXPECT_EQ(explained.agents[0].agent, AgentId("a3"));
  EXPECT_FALSE(explained.next.has_value());
  EXPECT_FALSE(allocator.explain({.framework = FrameworkId("none"), .agent = {}, .after = {}}, start).is_known);
  EXPECT_FALSE(allocator.explain({.framework = FrameworkId("F"), .agent = AgentId("no"), .after = {}}, start).is_known);
}

}  // namespace
}  // namespace stoa::allocator
