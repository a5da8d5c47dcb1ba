#include "allocator/preemption.h"

#include <gtest/gtest.h>

#include "allocator/allocator.h"
#include "allocator/books.h"
#include "model/testing.h"

namespace stoa::allocator {
namespace {

using model::Resources;
using model::testing::resources;
using namespace std::chrono_literals;

TimePoint at(double seconds) {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

// A full agent of four tasks of `batch`, and W of `prod`, which may take from it.
class Preempting : public ::testing::Test {
 protected:
  Preempting() { allocator = make(PreemptionMode::priority); }

  Allocator make(PreemptionMode mode) {
    Allocator made({.order_by_id = true, .role_sorter = Sorter::priority, .preemption = {.mode = mode}});
    made.set_priority("prod", 10);
    made.add_agent(AgentId("a1"), {.total = resources("cpus:4;mem:4096")}, {}, at(0));
    made.add_framework(FrameworkId("L"), {.roles = {"batch"}}, true, {}, at(0));
    made.add_framework(FrameworkId("W"), {.roles = {"prod"}}, true, {}, at(0));
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(made.charge(FrameworkId("L"), AgentId("a1"), piece.with_allocation_role("batch")).has_value());
      work.push_back({FrameworkId("L"), "batch", {TaskId("L-" + std::to_string(i))}, piece, at(i)});
    }
    made.run(at(0));
    return made;
  }
  std::vector<Preemption> preempt(double seconds) {
    return allocator.preempt([this](const AgentId&) { return AgentLoad{work, {}}; }, at(seconds));
  }
  void demand(std::string_view bundle, double seconds) {
    allocator.request(FrameworkId("W"), {{.role = "prod", .bundle = *model::Quantities::parse(bundle)}}, at(seconds));
  }
  // The last task of L ends.
  void end_one(double seconds) {
    work.pop_back();
    EXPECT_TRUE(
        allocator.recover_used(FrameworkId("L"), AgentId("a1"), piece.with_allocation_role("batch"), at(seconds))
            .has_value());
  }

  model::Resources piece = resources("cpus:1;mem:1024");
  std::vector<Work> work;
  Allocator allocator{Options{}};
};

// ALC-216 ALC-218
TEST_F(Preempting, VictimsThatLeaveInTimeAreNotKilledAndWhatTheyFreeIsKept) {
  demand("cpus:2", 100);
  const std::vector<Preemption> notice = preempt(130);
  ASSERT_EQ(notice.size(), 1U);
  EXPECT_EQ(notice[0].victims.size(), 2U);
  end_one(140);
  EXPECT_TRUE(allocator.run(at(140)).empty());  // Kept, although L would take it.
  const std::vector<Preemption> kill = preempt(160);
  ASSERT_EQ(kill.size(), 1U);
  ASSERT_EQ(kill[0].victims.size(), 1U);
  EXPECT_EQ(kill[0].victims[0].tasks[0].value, "L-2");
  end_one(165);
  const std::vector<Grant> grants = allocator.run(at(165));
  ASSERT_EQ(grants.size(), 1U);
  EXPECT_EQ(grants[0].framework.value, "W");
  EXPECT_TRUE(preempt(400).empty());  // Met, and finished.
  EXPECT_EQ(allocator.preemption_counters().demands, 1U);
  EXPECT_EQ(allocator.preemption_counters().plans, 1U);
  EXPECT_EQ(allocator.preemption_counters().victims, 1U);
}

// ALC-218
TEST_F(Preempting, WhatNobodyFetchesBecomesOrdinary) {
  demand("cpus:3", 100);
  ASSERT_EQ(preempt(130).size(), 1U);
  ASSERT_EQ(preempt(160).size(), 1U);
  end_one(170);
  EXPECT_TRUE(allocator.run(at(170)).empty());
  EXPECT_TRUE(allocator.run(at(199)).empty());
  EXPECT_EQ(allocator.run(at(200)).size(), 1U);  // Kill at 160, 30 s for the kill, 10 s of hold.
}

// ALC-219
TEST_F(Preempting, WhoDeclinesWhatItWonWaitsLonger) {
  for (const double start : {100.0, 1000.0}) {
    const double delay = start == 100.0 ? 30 : 60;
    demand("cpus:1", start);
    EXPECT_TRUE(preempt(start + delay - 1).empty()) << start;
    ASSERT_EQ(preempt(start + delay).size(), 1U) << start;
    ASSERT_EQ(preempt(start + delay + 30).size(), 1U);
    end_one(start + delay + 31);
    const std::vector<Grant> grants = allocator.run(at(start + delay + 31));
    ASSERT_EQ(grants.size(), 1U);
    ASSERT_TRUE(
        allocator.recover(grants[0].framework, grants[0].agent, grants[0].resources, 1e6, at(start + delay + 32))
            .has_value());
    ASSERT_TRUE(allocator.charge(FrameworkId("L"), AgentId("a1"), piece.with_allocation_role("batch")).has_value());
    work.push_back({FrameworkId("L"), "batch", {TaskId("again")}, piece, at(start)});
  }
}

// ALC-205 ALC-210
TEST_F(Preempting, NothingIsPreemptedWhenOffAndPrioritiesNotWhenOnlyGuaranteesCount) {
  for (const PreemptionMode mode : {PreemptionMode::off, PreemptionMode::guarantees}) {
    work.clear();
    allocator = make(mode);
    demand("cpus:1", 100);
    EXPECT_TRUE(preempt(500).empty());
    allocator.set_quota("prod", {.guarantees = *model::Quantities::parse("cpus:1"), .limits = {}});
    EXPECT_EQ(preempt(501).size(), mode == PreemptionMode::off ? 0U : 1U);
  }
}

// ALC-212
TEST_F(Preempting, TimeInSuppressionDoesNotCount) {
  demand("cpus:1", 100);
  allocator.suppress(FrameworkId("W"), {});
  EXPECT_TRUE(preempt(120).empty());
  allocator.revive(FrameworkId("W"), {}, at(140));
  EXPECT_TRUE(preempt(140).empty());
  EXPECT_TRUE(preempt(169).empty());
  EXPECT_EQ(preempt(170).size(), 1U);
}

// ALC-210
TEST_F(Preempting, AMinimumIsTheDemandOfWhoNeverAsked) {
  allocator.update_framework(FrameworkId("W"), {.roles = {"prod"}, .minimum = {{"prod", *parse_minimum("cpus:3")}}},
                             at(100));
  EXPECT_TRUE(preempt(100).empty());
  const std::vector<Preemption> notice = preempt(130);
  ASSERT_EQ(notice.size(), 1U);
  EXPECT_EQ(notice[0].victims.size(), 3U);
}

// ALC-210
TEST_F(Preempting, ARequestReplacesTheEarlierAndOneThatIsRepeatedKeepsItsAge) {
  demand("cpus:2", 100);
  demand("cpus:2", 120);
  ASSERT_EQ(preempt(130).size(), 1U);
  demand("cpus:2", 140);
  EXPECT_TRUE(preempt(140).empty());  // Its plan goes on.
  demand("cpus:3", 150);
  const std::vector<Preemption> spared = preempt(150);
  ASSERT_EQ(spared.size(), 1U);
  EXPECT_EQ(spared[0].kind, Preemption::Kind::spare);
  EXPECT_EQ(spared[0].victims.size(), 2U);
  EXPECT_TRUE(preempt(179).empty());
  const std::vector<Preemption> notice = preempt(180);
  ASSERT_EQ(notice.size(), 1U);
  EXPECT_EQ(notice[0].victims.size(), 3U);
}

// ALC-216
TEST_F(Preempting, WhenItIsServedElsewhereVictimsAreSpared) {
  demand("cpus:2", 100);
  ASSERT_EQ(preempt(130).size(), 1U);
  allocator.add_agent(AgentId("a2"), {.total = resources("cpus:4;mem:4096")}, {}, at(140));
  ASSERT_EQ(allocator.run(at(140)).size(), 1U);
  const std::vector<Preemption> spared = preempt(140);
  ASSERT_EQ(spared.size(), 1U);
  EXPECT_EQ(spared[0].kind, Preemption::Kind::spare);
  EXPECT_EQ(spared[0].victims.size(), 2U);
  EXPECT_TRUE(preempt(160).empty());
}

// ALC-216 ALC-221
TEST_F(Preempting, APlanIsVoidWhenItsFrameworkOrAgentLeaves) {
  demand("cpus:2", 100);
  ASSERT_EQ(preempt(130).size(), 1U);
  allocator.deactivate_framework(FrameworkId("W"));
  ASSERT_EQ(preempt(140).size(), 1U);
  EXPECT_TRUE(preempt(170).empty());
  allocator.activate_framework(FrameworkId("W"), at(200));
  EXPECT_TRUE(preempt(200).empty());
  ASSERT_EQ(preempt(230).size(), 1U);
  allocator.remove_agent(AgentId("a1"));
  const std::vector<Preemption> spared = preempt(231);
  ASSERT_EQ(spared.size(), 1U);
  EXPECT_EQ(spared[0].kind, Preemption::Kind::spare);
  EXPECT_TRUE(preempt(300).empty());
}

// ALC-213 ALC-220
TEST_F(Preempting, TwoDemandsNeverShareTheirVictims) {
  const Demand two{.role = "prod", .bundle = *model::Quantities::parse("cpus:2"), .agent = {}};
  const Demand one{.role = "prod", .bundle = *model::Quantities::parse("cpus:1"), .agent = {}};
  allocator.request(FrameworkId("W"), {two, one}, at(100));
  const std::vector<Preemption> notice = preempt(130);
  ASSERT_EQ(notice.size(), 1U);
  EXPECT_EQ(notice[0].demand, two);
}

// ALC-215
TEST_F(Preempting, ANamedAgentIsTheOnlyOneLookedAt) {
  for (const char* id : {"a0", "a2"}) {
    allocator.add_agent(AgentId(id), {.total = resources("cpus:4;mem:4096")}, {}, at(0));
    ASSERT_TRUE(
        allocator.charge(FrameworkId("L"), AgentId(id), resources("cpus:4;mem:4096").with_allocation_role("batch"))
            .has_value());
  }
  allocator.request(FrameworkId("W"),
                    {{.role = "prod", .bundle = *model::Quantities::parse("cpus:1"), .agent = AgentId("a1")}}, at(100));
  const std::vector<Preemption> notice = preempt(130);
  ASSERT_EQ(notice.size(), 1U);
  EXPECT_EQ(notice[0].agent, AgentId("a1"));
}

// ALC-212: what is set free would be kept for the guarantee, so nothing is.
TEST_F(Preempting, NobodyIsKilledForWhatGuaranteesOfOthersWouldTake) {
  demand("cpus:2", 100);
  allocator.set_quota("promised", {.guarantees = *model::Quantities::parse("cpus:4"), .limits = {}});
  EXPECT_TRUE(preempt(130).empty());
  allocator.set_quota("promised", {});
  EXPECT_EQ(preempt(131).size(), 1U);
}

// ALC-212
TEST_F(Preempting, BeyondItsLimitADemandIsNotDue) {
  allocator.set_quota("prod", {.guarantees = {}, .limits = *model::Limits::parse("cpus:1")});
  demand("cpus:2", 100);
  EXPECT_TRUE(preempt(130).empty());
  allocator.set_quota("prod", {.guarantees = {}, .limits = *model::Limits::parse("cpus:2")});
  EXPECT_EQ(preempt(131).size(), 1U);
}

// ALC-214 ALC-222: a dry run changes nothing, and says the same each time.
TEST_F(Preempting, ADryRunChangesNothing) {
  const Demand demand{.role = "prod", .bundle = *model::Quantities::parse("cpus:2"), .agent = {}};
  const auto load = [this](const AgentId&) { return AgentLoad{work, {}}; };
  for (int i = 0; i < 3; ++i) {
    const Plan plan = allocator.plan(FrameworkId("nobody"), demand, load);
    EXPECT_EQ(plan.claim, Claim::priority);
    EXPECT_EQ(plan.agent, AgentId("a1"));
    ASSERT_EQ(plan.victims.size(), 2U);
    EXPECT_EQ(plan.victims[0].tasks[0].value, "L-3");
    EXPECT_EQ(plan.victims[1].tasks[0].value, "L-2");
  }
  EXPECT_TRUE(preempt(1000).empty());
  EXPECT_EQ(allocator.preemption_counters().plans, 0U);
}

// ALC-213
TEST_F(Preempting, ATaskGroupIsOneVictimAndReservedOrRevocableWorkIsNone) {
  work[3].tasks.push_back(TaskId("L-3b"));
  work[2].resources = Resources{model::testing::revocable(model::testing::resource("cpus:1"))};
  work[1].resources = resources("cpus(batch):1;mem:1024");
  demand("cpus:2", 100);
  const std::vector<Preemption> notice = preempt(130);
  ASSERT_EQ(notice.size(), 1U);
  ASSERT_EQ(notice[0].victims.size(), 2U);
  EXPECT_EQ(notice[0].victims[0].tasks.size(), 2U);
  EXPECT_EQ(notice[0].victims[1].tasks[0].value, "L-0");
}

TEST_F(Preempting, WhatNoAgentHasLeavesNoTrace) {
  Books books({.preemption = {.mode = PreemptionMode::priority}});
  books.insert_agent(AgentId("a1"), {.total = resources("cpus:4")});
  const std::size_t before = books.names.size();
  const Demand demand{.role = "prod", .bundle = *model::Quantities::parse("cpus:1;unobtainium:1"), .agent = {}};
  const auto nothing = [](const AgentId&) { return AgentLoad(); };
  EXPECT_EQ(plan_for(books, {FrameworkId("W"), demand, 100}, nothing).agent, std::nullopt);
  EXPECT_EQ(books.names.size(), before);
}

// ALC-220
TEST_F(Preempting, NoMoreVictimsThanAllowedAreInFlight) {
  allocator = Allocator({.order_by_id = true,
                         .role_sorter = Sorter::priority,
                         .preemption = {.mode = PreemptionMode::priority, .victims_max = 2}});
  allocator.set_priority("prod", 10);
  allocator.add_framework(FrameworkId("L"), {.roles = {"batch"}}, true, {}, at(0));
  allocator.add_framework(FrameworkId("W"), {.roles = {"prod"}}, true, {}, at(0));
  const char* ids[] = {"a1", "a2"};
  for (const char* id : ids) {
    allocator.add_agent(AgentId(id), {.total = resources("cpus:2;mem:2048")}, {}, at(0));
    ASSERT_TRUE(
        allocator.charge(FrameworkId("L"), AgentId(id), resources("cpus:2;mem:2048").with_allocation_role("batch"))
            .has_value());
  }
  const auto load = [this](const AgentId& id) {
    return AgentLoad{{{FrameworkId("L"), "batch", {TaskId("1" + id.value)}, piece, at(0)},
                      {FrameworkId("L"), "batch", {TaskId("2" + id.value)}, piece, at(0)}},
                     {}};
  };
  const Demand whole{.role = "prod", .bundle = *model::Quantities::parse("cpus:2"), .agent = {}};
  allocator.request(FrameworkId("W"), {whole, whole}, at(0));
  const std::vector<Preemption> notice = allocator.preempt(load, at(30));
  ASSERT_EQ(notice.size(), 1U);
  EXPECT_EQ(notice[0].victims.size(), 2U);
}

}  // namespace
}  // namespace stoa::allocator
