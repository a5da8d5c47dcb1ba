#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::Offer;
using mesos::v1::TaskInfo;
using mesos::v1::TaskStatus;
using mesos::v1::scheduler::Call;

OfferId id_of(const Offer& offer) { return OfferId(offer.id().value()); }

// Two agents and a scheduler with an offer of each.
struct Accepting : testing::Test {
  Accepting()
      : agent(bench.add_agent("cpus:4;mem:1024")),
        second(bench.add_agent("cpus:4;mem:1024")),
        scheduler(bench.subscribe(test_framework())) {
    bench.round();
    scheduler.told();
    agent.told();
    second.told();
  }
  OfferId offer() const { return id_of(scheduler.offer(agent.id)); }
  Call accept_of(const std::vector<OfferId>& offers) const {
    Call call;
    call.set_type(Call::ACCEPT);
    for (const OfferId& id : offers) call.mutable_accept()->add_offer_ids()->set_value(id.value);
    return call;
  }
  // An ACCEPT of these offers with t1 must be refused for this reason, and withdraw the framework's own ones.
  void expect_invalid(const std::vector<OfferId>& offers, const std::string& reason) {
    const std::size_t before = bench.snapshot().frameworks[0]->offers.size();
    std::set<OfferId> own;
    for (const OfferId& id : offers) {
      if (scheduler.offers.contains(id)) own.insert(id);
    }
    ASSERT_TRUE(bench.accept(scheduler, offers, {test_task("t1", agent.id)}));
    EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_DROPPED"});
    EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_INVALID_OFFERS);
    EXPECT_EQ(scheduler.status().source(), TaskStatus::SOURCE_MASTER);
    EXPECT_EQ(scheduler.status().message(), "Task launched with invalid offers: " + reason);
    EXPECT_FALSE(scheduler.status().has_uuid());
    EXPECT_EQ(bench.snapshot().frameworks[0]->offers.size(), before - own.size());
    EXPECT_EQ(agent.told(), Lines{});
  }

  Bench bench;
  FakeAgent& agent;
  FakeAgent& second;
  FakeScheduler& scheduler;
};

// SCH-104 SCH-103
TEST_F(Accepting, WithoutOffersIsInvalid) { expect_invalid({}, "No offers specified"); }

// SCH-104 SCH-103
TEST_F(Accepting, TheSameOfferTwiceIsInvalid) {
  expect_invalid({offer(), offer()}, "Duplicate offer " + offer().value + " in offer list");
}

// SCH-104 SCH-103 ALC-094
TEST_F(Accepting, AnUnknownOfferIsInvalidAndWithdrawsTheOthers) {
  expect_invalid({offer(), OfferId("M-O99")}, "Offer M-O99 is no longer valid");
}

// SCH-104
TEST_F(Accepting, ADuplicateIsNoticedBeforeAnUnknownOffer) {
  expect_invalid({OfferId("x"), OfferId("x")}, "Duplicate offer x in offer list");
}

// SCH-104 SCH-105 SCH-103
TEST_F(Accepting, AForeignOfferIsInvalidAndNotTouched) {
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  bench.add_agent();
  bench.round();
  // The fresh agent went to one of the two.
  FakeScheduler& thief = other.offers.empty() ? other : scheduler;
  FakeScheduler& victim = other.offers.empty() ? scheduler : other;
  const OfferId foreign = id_of(victim.offer());
  thief.told();
  bench.accept(thief, {foreign}, {test_task("t1", agent.id)});
  EXPECT_EQ(thief.told(), Lines{"UPDATE t1 TASK_DROPPED"});
  EXPECT_EQ(thief.status().message(), "Task launched with invalid offers: Offer " + foreign.value +
                                          " has invalid framework " + victim.id.value + " while framework " +
                                          thief.id.value + " is expected");
  ASSERT_TRUE(bench.accept(victim, {foreign}, {}));
  EXPECT_FALSE(victim.offers.contains(foreign));
}

// SCH-104 SCH-103 RES-151
TEST_F(Accepting, OffersOfTwoAgentsAreInvalid) {
  const OfferId other = id_of(scheduler.offer(second.id));
  expect_invalid({offer(), other}, "Aggregated offers must belong to one single agent. Offer " + other.value +
                                       " uses agent " + second.id.value + " and agent " + agent.id.value);
}

// SCH-104 SCH-103 RES-151 SCH-130
TEST(Accept, OffersOfTwoRolesAreInvalid) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus(a):1;cpus(b):1");
  FakeScheduler& scheduler = bench.subscribe(test_framework({"a", "b"}));
  bench.round();
  std::vector<OfferId> ids;
  for (const auto& [id, offer] : scheduler.offers) ids.push_back(id);
  ASSERT_EQ(ids.size(), 2U);
  bench.accept(scheduler, ids, {test_task("t1", agent.id)});
  EXPECT_EQ(scheduler.status().message().find("Task launched with invalid offers: Aggregated offers must be allocated"),
            0U);
  EXPECT_TRUE(bench.snapshot().agents[0]->offered.empty());
}

// SCH-104
TEST_F(Accepting, InvalidOffersReturnWithoutFilterAndWithoutRescind) {
  bench.accept(scheduler, {offer(), OfferId("x")}, {test_task("t1", agent.id)}, 3600);
  scheduler.told();
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O2"});
}

// SCH-104 SCH-186
TEST_F(Accepting, OperationsWithAnIdHearOfInvalidOffersAndThoseWithoutDoNot) {
  Call call = accept_of({OfferId("x")});
  for (const char* id : {"op1", ""}) {
    Offer::Operation& operation = *call.mutable_accept()->add_operations();
    operation.set_type(Offer::Operation::RESERVE);
    operation.mutable_reserve();
    if (*id != '\0') operation.mutable_id()->set_value(id);
  }
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op1 OPERATION_ERROR"});
  EXPECT_EQ(scheduler.last().update_operation_status().status().message(),
            "Operation attempted with invalid offers: Offer x is no longer valid");
}

// SCH-104 SCH-041 HA-086
TEST(Accept, WithoutPartitionAwareInvalidOffersLoseTheTask) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(old_framework());
  bench.accept(scheduler, {OfferId("old-leader-O1")}, {test_task("t1", AgentId("S"))});
  EXPECT_EQ(scheduler.told().back(), "UPDATE t1 TASK_LOST");
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_INVALID_OFFERS);
}

// SCH-103
TEST(Accept, OffersOfOneAgentArePooled) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id, "cpus:2;mem:512"));
  bench.round();
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.round();
  ASSERT_EQ(scheduler.offers.size(), 2U);
  std::vector<OfferId> ids;
  for (const auto& [id, offer] : scheduler.offers) ids.push_back(id);
  bench.accept(scheduler, ids, {test_task("t2", agent.id, "cpus:4;mem:1024")});
  EXPECT_EQ(bench.list_of(scheduler.id, "t2"), "tasks");
}

// SCH-106
TEST_F(Accepting, AnOfferIsConsumedWhateverHappensToTheOperations) {
  const OfferId used = offer();
  bench.accept(scheduler, {used}, {test_task("t1", agent.id, "cpus:99")});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_ERROR"});
  bench.accept(scheduler, {used}, {test_task("t2", agent.id)});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t2 TASK_DROPPED"});
}

// SCH-107 SCH-009
TEST_F(Accepting, OperationsAreCarriedOutInOrderOnWhatIsLeft) {
  Call call = accept_of({offer()});
  for (const char* id : {"t1", "t2", "t3"}) {
    Offer::Operation& operation = *call.mutable_accept()->add_operations();
    operation.set_type(Offer::Operation::LAUNCH);
    *operation.mutable_launch()->add_task_infos() = test_task(id, agent.id, "cpus:2;mem:64");
  }
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(agent.told(), (Lines{"run t1", "run t2"}));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t3 TASK_ERROR"});
}

// SCH-108 SCH-169
TEST_F(Accepting, AFailedOperationDoesNotStopTheFollowing) {
  Call call = accept_of({offer()});
  Offer::Operation& failing = *call.mutable_accept()->add_operations();
  failing.set_type(Offer::Operation::GROW_VOLUME);
  failing.mutable_id()->set_value("op1");
  Offer::Operation& launch = *call.mutable_accept()->add_operations();
  launch.set_type(Offer::Operation::LAUNCH);
  *launch.mutable_launch()->add_task_infos() = test_task("t1", agent.id);
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op1 OPERATION_ERROR"});
  EXPECT_EQ(agent.told(), Lines{"run t1"});
}

// SCH-117
TEST_F(Accepting, OperationsOfUnknownTypeAreDroppedOrReportedIfTheyHaveAnId) {
  Call call = accept_of({offer()});
  call.mutable_accept()->add_operations();
  call.mutable_accept()->add_operations()->mutable_id()->set_value("op1");
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op1 OPERATION_ERROR"});
}

// SCH-109
TEST_F(Accepting, WithoutOperationsOrTasksIsADeclineWithTheSameFilters) {
  bench.accept(scheduler, {offer()}, {}, 10);
  Call call = accept_of({id_of(scheduler.offer(second.id))});
  call.mutable_accept()->mutable_filters()->set_refuse_seconds(10);
  scheduler.offers.clear();
  ASSERT_TRUE(bench.call(scheduler, call));
  bench.advance(9s);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.advance(3s);
  EXPECT_EQ(scheduler.offers.size(), 2U);
}

// SCH-110 ALC-094
TEST_F(Accepting, WhatWasNotUsedIsDeclinedWithTheCallsFilter) {
  bench.accept(scheduler, {offer()}, {test_task("t1", agent.id)}, 20);
  bench.advance(19s);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.advance(3s);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O2"});
}

// SCH-111
TEST_F(Accepting, WithoutFiltersTheRestIsRefusedForFiveSeconds) {
  bench.accept(scheduler, {offer()}, {test_task("t1", agent.id)});
  bench.advance(4900ms);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.advance(2s);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O2"});
}

// SCH-113 RES-151 RES-150
TEST_F(Accepting, TheAllocationRoleIsFilledIn) {
  bench.accept(scheduler, {offer()}, {test_task("t1", agent.id)});
  for (const auto& resource : agent.last().run().task().resources()) {
    EXPECT_EQ(resource.allocation_info().role(), "eng");
  }
  EXPECT_EQ(bench.task(scheduler.id, "t1")->resources(0).allocation_info().role(), "eng");
}

// SCH-113 RES-152
TEST(Accept, TheAllocationRoleIsFilledInForOldFrameworksToo) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(old_framework("eng"));
  bench.round();
  TaskInfo task = test_task("t1", agent.id);
  *task.mutable_resources() = scheduler.offer().resources();
  bench.launch(scheduler, task);
  EXPECT_EQ(agent.last().run().task().resources(0).allocation_info().role(), "eng");
}

// SCH-114 SCH-046
TEST(Accept, ResourcesMayBeInEitherForm) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus(eng):2");
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  TaskInfo old_form = test_task("t1", agent.id, "");
  mesos::v1::Resource& cpus = *old_form.add_resources();
  cpus.set_name("cpus");
  cpus.set_type(mesos::v1::Value::SCALAR);
  cpus.mutable_scalar()->set_value(1);
  cpus.set_role("eng");
  bench.accept(scheduler, {id_of(scheduler.offer())}, {old_form, test_task("t2", agent.id, "cpus(eng):1")});
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "run t1", "run t2"}));
}

// SCH-115 SEC-254 SEC-221
TEST_F(Accepting, OnlyTheTasksWithABadResourceFail) {
  TaskInfo text = test_task("text", agent.id);
  text.mutable_resources(0)->set_type(mesos::v1::Value::TEXT);
  TaskInfo negative = test_task("negative", agent.id);
  negative.mutable_resources(0)->mutable_scalar()->set_value(-1);
  TaskInfo huge = test_task("huge", agent.id);
  huge.mutable_resources(0)->mutable_scalar()->set_value(1e308);
  TaskInfo nan = test_task("nan", agent.id);
  nan.mutable_resources(0)->mutable_scalar()->set_value(std::numeric_limits<double>::quiet_NaN());
  TaskInfo range = test_task("range", agent.id);
  range.mutable_resources(0)->set_name("ports");
  range.mutable_resources(0)->set_type(mesos::v1::Value::RANGES);
  range.mutable_resources(0)->clear_scalar();
  mesos::v1::Value::Range& ports = *range.mutable_resources(0)->mutable_ranges()->add_range();
  ports.set_begin(5);
  ports.set_end(3);
  bench.accept(scheduler, {offer()}, {text, negative, test_task("good", agent.id), huge, nan, range});
  EXPECT_EQ(agent.told(), Lines{"run good"});
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE text TASK_ERROR", "UPDATE negative TASK_ERROR", "UPDATE huge TASK_ERROR",
                                     "UPDATE nan TASK_ERROR", "UPDATE range TASK_ERROR"}));
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_TASK_INVALID);
  EXPECT_EQ(bench.snapshot().agents[0]->total.scalar("cpus").thousandths(), 4000);
}

// SCH-116
TEST_F(Accepting, LaunchesMayNotHaveAnId) {
  Call call = accept_of({offer()});
  for (const auto type : {Offer::Operation::LAUNCH, Offer::Operation::LAUNCH_GROUP}) {
    Offer::Operation& operation = *call.mutable_accept()->add_operations();
    operation.set_type(type);
    operation.mutable_id()->set_value("op");
    if (type == Offer::Operation::LAUNCH) {
      *operation.mutable_launch()->add_task_infos() = test_task("t1", agent.id);
      *operation.mutable_launch()->add_task_infos() = test_task("t2", agent.id);
    } else {
      operation.mutable_launch_group()->mutable_executor()->mutable_executor_id()->set_value("e");
      *operation.mutable_launch_group()->mutable_task_group()->add_tasks() = test_task("t3", agent.id);
    }
  }
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_ERROR", "UPDATE t2 TASK_ERROR", "UPDATE t3 TASK_ERROR"}));
  for (const auto& event : scheduler.events) {
    if (!event->has_update()) continue;
    const TaskStatus& status = event->update().status();
    EXPECT_EQ(status.message(), "The `id` field cannot be set on LAUNCH operations");
    EXPECT_EQ(status.reason(), status.task_id().value() == "t3" ? TaskStatus::REASON_TASK_GROUP_INVALID
                                                                : TaskStatus::REASON_TASK_INVALID);
  }
}

// SCH-118
TEST_F(Accepting, ATaskCannotUseMoreThanTheOffersWhateverTheAgentHasFree) {
  bench.launch(scheduler, test_task("t1", agent.id, "cpus:3;mem:64"));
  scheduler.told();
  bench.round();
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  scheduler.told();
  bench.accept(scheduler, {offer()}, {test_task("t2", agent.id, "cpus:2")});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t2 TASK_ERROR"});
}

// SCH-134 SCH-136
TEST_F(Accepting, TasksOfALaunchAreIndependentAndABadOneLeavesItsResources) {
  bench.accept(scheduler, {offer()},
               {test_task("t1", agent.id, "cpus:3;mem:64"), test_task("t2", AgentId("other"), "cpus:1"),
                test_task("t3", agent.id, "cpus:1")});
  EXPECT_EQ(agent.told(), (Lines{"run t1", "run t3"}));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t2 TASK_ERROR"});
  const TaskStatus& status = scheduler.status();
  EXPECT_EQ(status.reason(), TaskStatus::REASON_TASK_INVALID);
  EXPECT_EQ(status.source(), TaskStatus::SOURCE_MASTER);
  EXPECT_EQ(status.agent_id().value(), "other");
  EXPECT_EQ(status.message(), "Task uses invalid agent other while agent " + agent.id.value + " is expected");
  EXPECT_FALSE(status.has_uuid());
}

// SCH-137
TEST_F(Accepting, ALaunchedTaskIsStagingAndNothingIsSent) {
  bench.launch(scheduler, test_task("t1", agent.id));
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(bench.task(scheduler.id, "t1")->state(), mesos::v1::TASK_STAGING);
  bench.reconcile(scheduler, {{"t1", {}}});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_STAGING"});
}

// SCH-149
TEST_F(Accepting, OfTwoTasksWithOneIdTheFirstWins) {
  bench.accept(scheduler, {offer()}, {test_task("t1", agent.id), test_task("t1", agent.id)});
  EXPECT_EQ(agent.told(), Lines{"run t1"});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_ERROR"});
  EXPECT_EQ(scheduler.status().message(), "Task has duplicate ID: t1");
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
}

// SCH-150 SCH-222
TEST_F(Accepting, AnIdMayBeReusedAfterItsTerminalUpdateWasAcknowledged) {
  bench.launch(scheduler, test_task("t1", agent.id));
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.round();
  scheduler.told();
  bench.accept(scheduler, {offer()}, {test_task("t1", agent.id)}, 0);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_ERROR"});
  bench.acknowledge(scheduler, agent.id, "t1", uuid);
  bench.round();
  agent.told();
  bench.launch(scheduler, test_task("t1", agent.id));
  EXPECT_EQ(agent.told(), Lines{"run t1"});
}

// SCH-152
TEST_F(Accepting, TasksReachTheAgentInLaunchOrder) {
  std::vector<TaskInfo> tasks;
  Lines expected;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(test_task("t" + std::to_string(i), agent.id, "cpus:0.1"));
    expected.push_back("run t" + std::to_string(i));
  }
  bench.accept(scheduler, {offer()}, tasks);
  EXPECT_EQ(agent.told(), expected);
}

// SCH-025
TEST_F(Accepting, TheAgentIsToldTheFrameworksUser) {
  bench.launch(scheduler, test_task("t1", agent.id));
  EXPECT_EQ(agent.last().run().framework_info().user(), "svc");
  EXPECT_EQ(agent.last().run().framework_info().id().value(), scheduler.id.value);
}

}  // namespace
}  // namespace stoa::master
