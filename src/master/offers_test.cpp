#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::FrameworkInfo;
using mesos::v1::Offer;
using SchedulerEvent = mesos::v1::scheduler::Event;

void add_capability(FrameworkInfo& info, FrameworkInfo::Capability::Type type) {
  info.add_capabilities()->set_type(type);
}

OfferId id_of(const Offer& offer) { return OfferId(offer.id().value()); }

// A bench with one agent, and a scheduler that holds its one offer.
struct OneOffer : testing::Test {
  OneOffer() : agent(bench.add_agent()), scheduler(bench.subscribe(test_framework())) {
    bench.round();
    scheduler.told();
    agent.told();
  }
  OfferId offer() const { return id_of(scheduler.offer()); }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
};

// SCH-092 SCH-091 RES-150
TEST(Offers, CarryEverythingThatASchedulerNeedsToKnowOfTheAgent) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus:2;mem:512", "n3");
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  const Offer& offer = scheduler.offer();
  EXPECT_EQ(offer.id().value(), "M-O0");
  EXPECT_EQ(offer.framework_id().value(), scheduler.id.value);
  EXPECT_EQ(offer.agent_id().value(), agent.id.value);
  EXPECT_EQ(offer.hostname(), "n3");
  EXPECT_EQ(offer.url().scheme(), "http");
  EXPECT_EQ(offer.url().address().hostname(), "n3");
  EXPECT_EQ(offer.url().address().ip(), "fd00::1");
  EXPECT_EQ(offer.url().address().port(), 5051);
  EXPECT_EQ(offer.url().path(), "/slave(1)");
  EXPECT_EQ(offer.allocation_info().role(), "eng");
  ASSERT_EQ(offer.resources_size(), 2);
  for (const auto& resource : offer.resources()) EXPECT_EQ(resource.allocation_info().role(), "eng");
}

// SCH-040 RES-152 RES-164
TEST(Offers, WithoutMultiRoleNothingSaysToWhichRoleTheyAreAllocated) {
  Bench bench;
  bench.add_agent("cpus:2;mem(eng):512");
  FakeScheduler& scheduler = bench.subscribe(old_framework("eng"));
  bench.round();
  const Offer& offer = scheduler.offer();
  EXPECT_FALSE(offer.has_allocation_info());
  ASSERT_EQ(offer.resources_size(), 2);
  for (const auto& resource : offer.resources()) {
    EXPECT_FALSE(resource.has_allocation_info());
    EXPECT_EQ(resource.reservations_size(), 0);
    EXPECT_EQ(resource.role(), resource.name() == "mem" ? "eng" : "*");
  }
}

// SCH-046 RES-164
TEST(Offers, WithReservationRefinementResourcesAreInTheNewForm) {
  Bench bench;
  bench.add_agent("mem(eng):512");
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  const auto& resource = scheduler.offer().resources(0);
  EXPECT_FALSE(resource.has_role());
  ASSERT_EQ(resource.reservations_size(), 1);
  EXPECT_EQ(resource.reservations(0).role(), "eng");
}

// SCH-096 ALC-016
TEST(Offers, OfOneRoundComeInOneEvent) {
  Bench bench;
  for (int i = 0; i < 3; ++i) bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  EXPECT_EQ(scheduler.told(), (Lines{"SUBSCRIBED M-0000", "OFFERS M-O0 M-O1 M-O2"}));
}

// HTTP-090
TEST(Offers, TooLargeForOneRecordComeInSeveral) {
  Config config = test_config();
  config.offers_event_bytes_max = 600;
  Bench bench(config);
  for (int i = 0; i < 5; ++i) bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  EXPECT_EQ(scheduler.offers.size(), 5U);
  EXPECT_GT(scheduler.told().size(), 2U);
}

// SCH-094
TEST_F(OneOffer, ItsResourcesAreOfferedToNobodyElse) {
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  bench.advance(5s);
  EXPECT_TRUE(other.offers.empty());
  EXPECT_FALSE(bench.snapshot().agents[0]->offered.allocated_to("eng").empty());
}

// SCH-097
TEST(Offers, FollowTheRegistrationOfAnAgentAtOnce) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.advance(5s);
  scheduler.told();
  bench.add_agent();
  bench.advance(50ms);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O0"});
}

// SCH-097
TEST_F(OneOffer, DeclinedResourcesAreOfferedInTheNextInterval) {
  bench.decline(scheduler, offer(), 0);
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O1"});
}

// SCH-095 ALC-090
TEST_F(OneOffer, AnIdIsNeverReused) {
  std::set<std::string> ids{offer().value};
  for (int i = 0; i < 10; ++i) {
    bench.decline(scheduler, offer(), 0);
    bench.advance(1s);
    EXPECT_TRUE(ids.insert(offer().value).second);
  }
}

// SCH-098 SCH-100 SCH-238
TEST_F(OneOffer, IsRescindedOnceWhenTheAgentDisconnects) {
  bench.break_link(agent);
  EXPECT_EQ(scheduler.told(), Lines{"RESCIND M-O0"});
  bench.advance(5s);
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-100
TEST_F(OneOffer, AnAcceptThatCrossesTheRescindUsesAnInvalidOffer) {
  const OfferId crossed = offer();
  bench.break_link(agent);
  scheduler.told();
  bench.accept(scheduler, {crossed}, {test_task("t1", agent.id)});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_DROPPED"});
  EXPECT_EQ(scheduler.status().message(), "Task launched with invalid offers: Offer M-O0 is no longer valid");
}

// SCH-099 SCH-098 ALC-091
TEST(Offers, AreRescindedWhenTheOfferTimeoutPasses) {
  Config config = test_config();
  config.offer_timeout = 10s;
  Bench bench(config);
  bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.advance(50ms);
  scheduler.told();
  bench.advance(9s);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.advance(2s);
  EXPECT_EQ(scheduler.told(), (Lines{"RESCIND M-O0", "OFFERS M-O1"}));
}

// SCH-099
TEST_F(OneOffer, NeverExpiresByDefault) {
  bench.advance(1h);
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(offer().value, "M-O0");
}

// SCH-101 SCH-069
TEST_F(OneOffer, NothingIsOfferedToADisconnectedFramework) {
  bench.disconnect(scheduler);
  EXPECT_TRUE(bench.snapshot().agents[0]->offered.empty());
  bench.advance(5s);
  EXPECT_TRUE(bench.snapshot().agents[0]->offered.empty());
}

// SCH-119 SCH-095
TEST_F(OneOffer, DeclineSkipsUnknownAndForeignOffers) {
  FakeAgent& second = bench.add_agent();
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  bench.round();
  const OfferId own = id_of(scheduler.offer(agent.id));
  ASSERT_TRUE(bench.decline(scheduler, OfferId("M-O77")));
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::DECLINE);
  for (const std::string& id : {std::string("nope"), own.value}) call.mutable_decline()->add_offer_ids()->set_value(id);
  EXPECT_TRUE(bench.call(other, call));
  EXPECT_EQ(bench.snapshot().frameworks[0]->offers.size(), scheduler.offers.size());
  EXPECT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(bench.snapshot().frameworks[0]->offers.size(), scheduler.offers.size() - 1);
  EXPECT_FALSE(second.id.empty());
}

// SCH-120 SCH-121
TEST_F(OneOffer, ADeclineWithoutFiltersHoldsForFiveSeconds) {
  bench.decline(scheduler, offer());
  bench.advance(4900ms);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.advance(2s);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O1"});
}

// SCH-121 SEC-255
TEST_F(OneOffer, OddRefusalsMeanFiveSeconds) {
  for (const double odd : {-1.0, std::nan("")}) {
    bench.decline(scheduler, offer(), odd);
    bench.advance(4900ms);
    EXPECT_EQ(scheduler.told(), Lines{}) << odd;
    bench.advance(2s);
    EXPECT_EQ(scheduler.told().size(), 1U) << odd;
  }
}

// SCH-121 SEC-255
TEST_F(OneOffer, RefusalsLastAYearAtMost) {
  bench.decline(scheduler, offer(), 1e308);
  for (int day = 0; day < 3; ++day) bench.advance(24h);
  EXPECT_TRUE(scheduler.offers.empty());
}

// SCH-122
TEST_F(OneOffer, AShortRefusalHoldsForOneInterval) {
  bench.decline(scheduler, offer(), 0.001);
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O1"});
}

// SCH-120
TEST_F(OneOffer, WhatWasRefusedIsOfferedWithMore) {
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {test_task("t1", agent.id, "cpus:1")}, 3600));
  bench.suppress(other);
  bench.advance(5s);
  if (!other.offers.empty()) bench.decline(other, id_of(other.offer()), 0);
  bench.advance(2s);
  EXPECT_TRUE(scheduler.offers.empty());
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 1U);
}

// SCH-123
TEST(Decline, IsForTheRoleAndTheAgentOnly) {
  Bench bench;
  FakeAgent& first = bench.add_agent();
  FakeAgent& second = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework({"eng", "ops"}));
  bench.round();
  ASSERT_EQ(scheduler.offers.size(), 2U);
  const std::string role = scheduler.offer(first.id).allocation_info().role();
  bench.decline(scheduler, id_of(scheduler.offer(first.id)), 3600);
  bench.advance(3s);
  EXPECT_NE(scheduler.offer(first.id).allocation_info().role(), role);
  EXPECT_EQ(scheduler.offers.size(), 2U);
  EXPECT_FALSE(second.id.empty());
}

// SCH-125 SCH-124 SCH-097
TEST_F(OneOffer, ReviveClearsFiltersAndOffersAtOnce) {
  bench.decline(scheduler, offer(), 3600);
  bench.advance(5s);
  EXPECT_EQ(scheduler.told(), Lines{});
  ASSERT_TRUE(bench.revive(scheduler));
  bench.advance(50ms);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O1"});
}

// SCH-127 SCH-101
TEST_F(OneOffer, SuppressStopsNewOffersAndKeepsOutstandingOnes) {
  ASSERT_TRUE(bench.suppress(scheduler));
  bench.add_agent();
  bench.advance(5s);
  EXPECT_EQ(scheduler.told(), Lines{});
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {test_task("t1", agent.id)}, 0));
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_RUNNING"});
  bench.advance(5s);
  EXPECT_TRUE(scheduler.offers.empty());
  ASSERT_TRUE(bench.revive(scheduler, {"eng"}));
  bench.advance(1s);
  EXPECT_EQ(scheduler.offers.size(), 2U);
}

// SCH-125
TEST(Revive, OfOneRoleLeavesOthersSuppressed) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework({"eng", "ops"}), {"eng", "ops"});
  bench.add_agent();
  bench.advance(3s);
  EXPECT_TRUE(scheduler.offers.empty());
  bench.revive(scheduler, {"ops"});
  bench.advance(1s);
  ASSERT_EQ(scheduler.offers.size(), 1U);
  EXPECT_EQ(scheduler.offer().allocation_info().role(), "ops");
}

// SCH-128
TEST_F(OneOffer, ReviveAndSuppressWithAForeignRoleAreDroppedEntirely) {
  ASSERT_TRUE(bench.suppress(scheduler, {"eng", "ops"}));
  bench.add_agent();
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 2U);
  ASSERT_TRUE(bench.suppress(scheduler, {"eng"}));
  ASSERT_TRUE(bench.revive(scheduler, {"eng", "a//b"}));
  bench.add_agent();
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 2U);
}

// SCH-129
TEST_F(OneOffer, ReviveAndSuppressAreIdempotent) {
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(bench.suppress(scheduler));
  bench.add_agent();
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 1U);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(bench.revive(scheduler));
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 2U);
}

// SCH-131 RES-150
TEST(Offers, WhatIsReservedToARoleMayBeAllocatedToOneBelowIt) {
  Bench bench;
  bench.add_agent("cpus(eng):2");
  FakeScheduler& scheduler = bench.subscribe(test_framework({"eng/web"}));
  bench.round();
  const auto& resource = scheduler.offer().resources(0);
  EXPECT_EQ(resource.reservations(0).role(), "eng");
  EXPECT_EQ(resource.allocation_info().role(), "eng/web");
}

// SCH-043
TEST(Offers, OfAgentsWithGpusAreForThoseWhoKnowThem) {
  Bench bench;
  bench.add_agent("cpus:2;gpus:1");
  FakeScheduler& without = bench.subscribe(test_framework());
  bench.advance(2s);
  EXPECT_TRUE(without.offers.empty());
  FrameworkInfo info = test_framework({"ml"});
  add_capability(info, FrameworkInfo::Capability::GPU_RESOURCES);
  FakeScheduler& with = bench.subscribe(info);
  bench.advance(2s);
  EXPECT_EQ(with.offers.size(), 1U);
}

// SCH-084 SCH-089 SCH-083 SCH-048
TEST_F(OneOffer, UpdateFrameworkRescindsRolesThatLeaveAndOffersThoseThatCome) {
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::UPDATE_FRAMEWORK);
  FrameworkInfo& info = *call.mutable_update_framework()->mutable_framework_info();
  info = test_framework({"ops"});
  info.mutable_id()->set_value(scheduler.id.value);
  info.set_name("renamed");
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(bench.snapshot().frameworks[0]->info->name(), "renamed");
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), (Lines{"RESCIND M-O0", "OFFERS M-O1"}));
  EXPECT_EQ(scheduler.offer().allocation_info().role(), "ops");
}

// SCH-089
TEST_F(OneOffer, UpdateFrameworkKeepsOffersOfSuppressedRolesAndRevivesThoseThatLeaveSuppression) {
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::UPDATE_FRAMEWORK);
  *call.mutable_update_framework()->mutable_framework_info() = *bench.snapshot().frameworks[0]->info;
  call.mutable_update_framework()->add_suppressed_roles("eng");
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.decline(scheduler, offer(), 3600);
  bench.advance(3s);
  EXPECT_EQ(scheduler.told(), Lines{});
  call.mutable_update_framework()->clear_suppressed_roles();
  ASSERT_TRUE(bench.call(scheduler, call));
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O1"});
}

// SCH-090
TEST_F(OneOffer, UpdateFrameworkReachesTheAgentsThatRunSomethingOfIt) {
  bench.launch(scheduler, test_task("t1", agent.id));
  agent.told();
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::UPDATE_FRAMEWORK);
  *call.mutable_update_framework()->mutable_framework_info() = *bench.snapshot().frameworks[0]->info;
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(agent.told(), Lines{"framework M-0000"});
}

// The text of the refusal of an update, which must change nothing.
std::string refused_update(const FrameworkInfo& before, const std::function<void(FrameworkInfo&)>& change,
                           const char* suppressed = nullptr) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(before);
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::UPDATE_FRAMEWORK);
  FrameworkInfo& info = *call.mutable_update_framework()->mutable_framework_info();
  info = *bench.snapshot().frameworks[0]->info;
  info.set_name("renamed");
  change(info);
  if (suppressed != nullptr) call.mutable_update_framework()->add_suppressed_roles(suppressed);
  const Result<> outcome = bench.call(scheduler, call);
  if (outcome) return "";
  EXPECT_EQ(outcome.error().code, Code::invalid_argument);
  EXPECT_EQ(bench.snapshot().frameworks[0]->info->name(), before.name());
  EXPECT_TRUE(scheduler.open);
  return outcome.error().message;
}

// SCH-085 SCH-084 SCH-049
TEST(UpdateFramework, RefusesWhatMayNotChangeAndChangesNothingThen) {
  const FrameworkInfo before = test_framework();
  EXPECT_EQ(refused_update(before, [](FrameworkInfo& info) { info.set_user("b"); }),
            "FrameworkInfo update is not valid: Updating 'FrameworkInfo.user' is unsupported; attempted to update "
            "from 'svc' to 'b'");
  EXPECT_TRUE(refused_update(before, [](FrameworkInfo& info) {
                info.set_checkpoint(false);
              }).starts_with("FrameworkInfo update is not valid: Updating 'FrameworkInfo.checkpoint' is unsupported"));
  EXPECT_TRUE(refused_update(before, [](FrameworkInfo& info) {
                info.set_principal("p");
              }).starts_with("FrameworkInfo update is not valid: "));
  EXPECT_TRUE(refused_update(before, [](FrameworkInfo& info) {
                info.add_roles("a//b");
              }).starts_with("Supplied FrameworkInfo is not valid: "));
  EXPECT_EQ(refused_update(
                before, [](FrameworkInfo&) {}, "ops"),
            "'UpdateFramework' call is not valid: Suppressed roles { ops } are not contained in the set of roles");
  EXPECT_EQ(refused_update(before, [](FrameworkInfo&) {}), "");
}

// SCH-083
TEST(UpdateFramework, IsOfTheFrameworkThatCalls) {
  EXPECT_NE(refused_update(test_framework(), [](FrameworkInfo& info) { info.mutable_id()->set_value("other"); }), "");
}

// SCH-088
TEST(UpdateFramework, AnAuthenticatedPrincipalIsFilledIn) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework(), {}, "ops");
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::UPDATE_FRAMEWORK);
  *call.mutable_update_framework()->mutable_framework_info() = *bench.snapshot().frameworks[0]->info;
  call.mutable_update_framework()->mutable_framework_info()->clear_principal();
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(bench.snapshot().frameworks[0]->info->principal(), "ops");
}

// ALC-155
TEST(Offers, DoNotDependOnPartitionAwarenessOrTaskKilling) {
  for (const auto capability : {mesos::v1::FrameworkInfo::Capability::PARTITION_AWARE,
                                mesos::v1::FrameworkInfo::Capability::TASK_KILLING_STATE}) {
    Bench bench;
    for (int i = 0; i < 4; ++i) bench.add_agent();
    mesos::v1::FrameworkInfo with = old_framework("a");
    with.add_capabilities()->set_type(capability);
    FakeScheduler& one = bench.subscribe(with);
    FakeScheduler& other = bench.subscribe(old_framework("b"));
    bench.round();
    EXPECT_EQ(one.offers.size(), 2U);
    EXPECT_EQ(other.offers.size(), 2U);
  }
}

// SCH-102
TEST(Offers, TheOrderOfAgentsWithinARoundIsRandom) {
  std::set<std::string> first;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Config config = test_config();
    config.allocation.order_by_id = false;
    config.allocation.seed = seed;
    Bench bench(config);
    for (int i = 0; i < 5; ++i) bench.add_agent();
    FakeScheduler& scheduler = bench.subscribe(test_framework());
    bench.round();
    for (const auto& event : scheduler.events) {
      if (event->has_offers()) first.insert(event->offers().offers(0).agent_id().value());
    }
  }
  EXPECT_EQ(first.size(), 5U) << "of 20 rounds over 5 agents each agent is the first of some";
}

// SCH-252 SCH-055 ALC-134 ALC-244
TEST(Offers, FiltersAndSuppressionDoNotOutliveTheLeader) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework({"eng", "ops"}), {"ops"});
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id));
  bench.round();
  const OfferId old(scheduler.offer().id().value());
  ASSERT_TRUE(bench.decline(scheduler, old, 1e6));
  const auto task = bench.task(scheduler.id, "t1");

  Bench next(test_config(), bench.registry());
  FakeAgent& returning = next.agents.emplace_back();
  returning.id = agent.id;
  returning.hostname = agent.hostname;
  returning.resources = agent.resources;
  mesos::v1::FrameworkInfo info = test_framework({"eng", "ops"});
  info.mutable_id()->set_value(scheduler.id.value);
  next.connect(returning, {*task}, {info});
  EXPECT_EQ(next.list_of(scheduler.id, "t1"), "tasks") << "it runs on";
  FakeScheduler& again = next.subscribe(info);
  EXPECT_TRUE(next.snapshot().frameworks[0]->suppressed.empty());
  next.round();
  EXPECT_FALSE(again.offers.empty()) << "what was declined before is offered";
}

}  // namespace
}  // namespace stoa::master
