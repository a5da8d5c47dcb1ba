// Rules that no worked example shows: who is asked when, and what is never taken away.
#include <gtest/gtest.h>

#include <cmath>

#include "allocator/allocator.h"
#include "base/random.h"
#include "model/testing.h"

namespace stoa::allocator {
namespace {

using model::Resources;
using model::testing::resources;
using namespace std::chrono_literals;

constexpr TimePoint start{};
const Resources unit = resources("cpus:1;mem:64");

void add_agents(Allocator& allocator, int count, const Resources& total = unit) {
  for (int i = 0; i < count; ++i) {
    allocator.add_agent(AgentId("a" + std::to_string(10 + i)), {.total = total}, {}, start);
  }
}
void add(Allocator& allocator, const std::string& id, const std::string& role, const FrameworkSpec& given = {}) {
  FrameworkSpec spec = given;
  spec.roles.insert(role);
  allocator.add_framework(FrameworkId(id), spec, true, {}, start);
}
Quota quota(std::string_view guarantees, std::string_view limits = "") {
  return {.guarantees = *model::Quantities::parse(guarantees), .limits = *model::Limits::parse(limits)};
}
void give_back(Allocator& allocator, const std::vector<Grant>& grants, TimePoint now) {
  for (const Grant& grant : grants) {
    ASSERT_TRUE(allocator.recover(grant.framework, grant.agent, grant.resources, std::nullopt, now).has_value());
  }
}

// ALC-045 ALC-046 PAP-042: 10,000 draws with weights 3 : 1, then with those of a path.
TEST(Lottery, TheFirstPlaceGoesByWeight) {
  Allocator allocator({.seed = 1, .role_sorter = Sorter::random});
  add_agents(allocator, 1);
  allocator.set_weight("heavy", 3);
  add(allocator, "H", "heavy");
  add(allocator, "L", "light");
  const auto first_places = [&](const std::string& framework) {
    TimePoint now = start;
    int count = 0;
    for (int i = 0; i < 10'000; ++i) {
      now += 1s;
      const std::vector<Grant> grants = allocator.run(now);
      EXPECT_EQ(grants.size(), 1U);
      count += grants[0].framework.value == framework ? 1 : 0;
      give_back(allocator, grants, now);
    }
    return count;
  };
  EXPECT_NEAR(first_places("H"), 7500, 200);
}

// ALC-045: the chance of a leaf is the product along its path, and inactive siblings do not count.
TEST(Lottery, ChancesMultiplyAlongThePath) {
  Allocator allocator({.seed = 2, .role_sorter = Sorter::random, .framework_sorter = Sorter::random});
  add_agents(allocator, 1);
  allocator.set_weight("b/x", 2);
  for (const char* role : {"a", "b/x", "b/y", "gone"}) add(allocator, role, role);
  allocator.suppress(FrameworkId("gone"), {});
  std::map<std::string, int> counts;
  TimePoint now = start;
  for (int i = 0; i < 9'000; ++i) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    ++counts[grants.at(0).role];
    give_back(allocator, grants, now);
  }
  EXPECT_NEAR(counts["a"], 4500, 200);
  EXPECT_NEAR(counts["b/x"], 3000, 200);
  EXPECT_NEAR(counts["b/y"], 1500, 200);
}

// ALC-046: only the order differs: limits and filters hold as ever.
TEST(Lottery, LimitsAndFiltersHold) {
  Allocator allocator({.seed = 3, .role_sorter = Sorter::random});
  add_agents(allocator, 6);
  allocator.set_quota("a", quota("", "cpus:2"));
  add(allocator, "A", "a");
  add(allocator, "B", "b");
  allocator.run(start);
  EXPECT_EQ(allocator.consumed_quota("a").get("cpus"), model::Scalar::from_whole(2));
  EXPECT_TRUE(allocator.audit().has_value());
}

// ALC-034
TEST(Order, AgentsAreVisitedInAnOrderThatIsDrawnAnew) {
  Allocator allocator({.seed = 4});
  add_agents(allocator, 6);
  add(allocator, "A", "a");
  std::map<std::string, int> first;
  TimePoint now = start;
  for (int i = 0; i < 600; ++i) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    ASSERT_EQ(grants.size(), 6U);
    ++first[grants[0].agent.value];
    give_back(allocator, grants, now);
  }
  for (const auto& [agent, count] : first) EXPECT_NEAR(count, 100, 45) << agent;
  EXPECT_EQ(first.size(), 6U);
}

// ALC-037 ALC-002: the first takes all of the agent, and what a framework has counts for its role.
TEST(Order, AnAgentIsNotSplitAndARoleIsOneAccount) {
  Allocator allocator({.order_by_id = true});
  add_agents(allocator, 4);
  add(allocator, "A1", "a");
  add(allocator, "A2", "a");
  add(allocator, "B", "b");
  std::map<std::string, int> agents;
  for (const Grant& grant : allocator.run(start)) {
    EXPECT_EQ(grant.resources.without_allocation_role(), unit);
    ++agents[grant.framework.value];
  }
  EXPECT_EQ(agents, (std::map<std::string, int>{{"A1", 1}, {"A2", 1}, {"B", 2}}));
}

// ALC-002: a framework in two roles competes in each.
TEST(Order, AFrameworkCompetesInEachOfItsRoles) {
  Allocator allocator({.order_by_id = true});
  add_agents(allocator, 3);
  allocator.add_framework(FrameworkId("F"), {.roles = {"a", "b"}, .multi_role = true}, true, {}, start);
  add(allocator, "G", "c");
  std::map<std::string, int> agents;
  for (const Grant& grant : allocator.run(start)) ++agents[grant.framework.value + grant.role];
  EXPECT_EQ(agents, (std::map<std::string, int>{{"Fa", 1}, {"Fb", 1}, {"Gc", 1}}));
}

// ALC-135: who suppressed keeps its place; what it holds counts.
TEST(Order, SuppressingGainsNothing) {
  Allocator allocator({.order_by_id = true});
  add_agents(allocator, 5);
  add(allocator, "A", "a");
  add(allocator, "B", "b");
  for (const char* agent : {"a10", "a11"}) {
    ASSERT_TRUE(allocator.charge(FrameworkId("A"), AgentId(agent), unit.with_allocation_role("a")).has_value());
  }
  allocator.suppress(FrameworkId("A"), {});
  allocator.revive(FrameworkId("A"), {}, start);
  std::vector<std::string> order;
  for (const Grant& grant : allocator.run(start)) order.push_back(grant.framework.value);
  EXPECT_EQ(order, (std::vector<std::string>{"B", "B", "A"}));
}

// ALC-011
TEST(Cycles, AreAskedForByWhatGivesSomebodySomething) {
  const struct {
    const char* name;
    void (*happens)(Allocator&);
    bool asks;
  } cases[] = {
      {"framework added", [](Allocator& it) { it.add_framework(FrameworkId("B"), {.roles = {"b"}}, true, {}, start); },
       true},
      {"framework activated", [](Allocator& it) { it.activate_framework(FrameworkId("A"), start); }, true},
      {"revive", [](Allocator& it) { it.revive(FrameworkId("A"), {}, start); }, true},
      {"agent added", [](Allocator& it) { it.add_agent(AgentId("b"), {.total = unit}, {}, start); }, true},
      {"agent changed", [](Allocator& it) { it.update_agent(AgentId("a10"), {.total = unit}, start); }, true},
      {"agent's total", [](Allocator& it) { it.update_agent_total(AgentId("a10"), resources("cpus:2"), start); }, true},
      {"agent's attributes", [](Allocator& it) { it.forget_filters(AgentId("a10"), start); }, true},
      {"suppress", [](Allocator& it) { it.suppress(FrameworkId("A"), {}); }, false},
      {"weight", [](Allocator& it) { it.set_weight("a", 2); }, false},
      {"quota", [](Allocator& it) { it.set_quota("a", quota("cpus:1")); }, false},
      {"priority", [](Allocator& it) { it.set_priority("a", 2); }, false},
      {"framework deactivated", [](Allocator& it) { it.deactivate_framework(FrameworkId("A")); }, false},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Allocator allocator({.allocation_interval_min = 0s});
    add_agents(allocator, 1);
    add(allocator, "A", "a");
    allocator.run(start);
    ASSERT_EQ(allocator.next_cycle(), start + 1s);
    one.happens(allocator);
    EXPECT_EQ(allocator.next_cycle(), one.asks ? start : start + 1s);
  }
}

// ALC-038
TEST(Cycles, OneFrameworkMayBeOfferedThousandsOfAgents) {
  Allocator allocator({});
  for (int i = 0; i < 10'000; ++i) allocator.add_agent(AgentId(std::to_string(i)), {.total = unit}, {}, start);
  add(allocator, "A", "a");
  EXPECT_EQ(allocator.run(start).size(), 10'000U);
}

// ALC-127: 100,000 filters end in one cycle, and nothing of them is left.
TEST(Cycles, FiltersThatEndAreForgotten) {
  Allocator allocator({});
  add_agents(allocator, 50);
  for (int i = 0; i < 40; ++i) add(allocator, "F" + std::to_string(i), "r");
  TimePoint now = start;
  for (std::vector<Grant> grants = allocator.run(now); !grants.empty(); grants = allocator.run(now)) {
    for (const Grant& grant : grants) {
      ASSERT_TRUE(allocator.recover(grant.framework, grant.agent, grant.resources, 1000.0, now).has_value());
    }
    now += 1s;
  }
  EXPECT_EQ(allocator.roles().at(0).filters, 50U * 40);
  now += 2000s;
  EXPECT_EQ(allocator.run(now).size(), 50U);
  EXPECT_EQ(allocator.roles().at(0).filters, 0U);
}

// ALC-036 ALC-081 ALC-175
TEST(Quotas, TakeNothingOfWhatIsReservedRevocableOrNoScalar) {
  const Resources extra = Resources{model::testing::revocable(model::testing::resource("cpus:2"))};
  for (const bool by_limit : {true, false}) {
    Allocator allocator({.order_by_id = true});
    add_agents(allocator, 1, resources("cpus:4;mem:64;ports:[1-9];cpus(a):1") + extra);
    allocator.set_quota(by_limit ? "a" : "other", by_limit ? quota("", "cpus:2") : quota("cpus:3"));
    add(allocator, "A", "a", {.revocable_resources = true});
    const std::vector<Grant> grants = allocator.run(start);
    ASSERT_EQ(grants.size(), 1U);
    // One of the limit of 2 is consumed by the reservation; or one of 4 is not needed for others.
    EXPECT_EQ(grants[0].resources.without_allocation_role(), resources("cpus:1;mem:64;ports:[1-9];cpus(a):1") + extra);
    EXPECT_EQ(allocator.consumed_quota("a").get("cpus"), model::Scalar::from_whole(2));
  }
}

// ALC-052
TEST(Quotas, AReservationIsConsumedAtOnceAndCountsForTheShareWhenItIsOffered) {
  Allocator allocator({});
  add_agents(allocator, 1, resources("cpus:2;mem:64;cpus(a):2"));
  EXPECT_EQ(allocator.consumed_quota("a").get("cpus"), model::Scalar::from_whole(2));
  add(allocator, "A", "a");
  EXPECT_EQ(allocator.dominant_share("a"), 0);
  allocator.run(start);
  EXPECT_EQ(allocator.dominant_share("a"), 1);
}

// ALC-080
TEST(Quotas, MembersOfOneNameAreTakenByChanceAndDisksWholeOrNotAtAll) {
  const auto offered = [](Options options, std::string_view limit) {
    Allocator allocator(std::move(options));
    const auto mount = [](const std::string& root) {
      return model::testing::with_source(model::testing::resource("disk:10"), model::Disk::Source::Type::mount, root);
    };
    add_agents(allocator, 1, resources("cpus:1;mem:64") + Resources{mount("/a")} + Resources{mount("/b")});
    allocator.set_quota("r", quota("", limit));
    add(allocator, "F", "r");
    const std::vector<Grant> grants = allocator.run(start);
    EXPECT_EQ(grants.size(), 1U);
    return grants.at(0).resources.without_allocation_role();
  };
  EXPECT_EQ(offered({.order_by_id = true}, "disk:9").scalar("disk").thousandths(), 0);
  std::set<std::string> by_chance;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Resources one = offered({.seed = seed}, "disk:19");
    EXPECT_EQ(one.scalar("disk"), model::Scalar::from_whole(10));
    by_chance.insert(one.to_text().contains("/a") ? "/a" : "/b");
    EXPECT_TRUE(offered({.order_by_id = true, .seed = seed}, "disk:19").to_text().contains("/a"));
  }
  EXPECT_EQ(by_chance.size(), 2U);
}

}  // namespace
}  // namespace stoa::allocator
