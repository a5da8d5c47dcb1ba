#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::FrameworkInfo;
using SchedulerEvent = mesos::v1::scheduler::Event;

FrameworkInfo with_id(FrameworkInfo info, const std::string& id) {
  info.mutable_id()->set_value(id);
  return info;
}

// The text with which a subscription is refused; empty if it is admitted. A refused one leaves nothing behind.
std::string refusal_of(const FrameworkInfo& info, Config config = test_config()) {
  Bench bench(std::move(config));
  FakeScheduler& scheduler = bench.subscribe(info);
  if (scheduler.open) return "";
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
  EXPECT_TRUE(bench.snapshot().completed_frameworks.empty());
  EXPECT_EQ(scheduler.events.size(), 1U);
  EXPECT_EQ(scheduler.last().type(), SchedulerEvent::ERROR);
  return scheduler.last().error().message();
}

// SCH-012 SCH-014 SCH-015
TEST(Subscribe, ANewFrameworkIsToldItsIdAndThenTheFirstHeartbeat) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  EXPECT_EQ(scheduler.heard(), (Lines{"SUBSCRIBED M-0000", "HEARTBEAT"}));
  const auto& subscribed = scheduler.events.front()->subscribed();
  EXPECT_EQ(subscribed.heartbeat_interval_seconds(), 15.0);
  EXPECT_EQ(subscribed.master_info().id(), "M");
  EXPECT_EQ(subscribed.master_info().hostname(), "leader");
}

// SCH-012
TEST(Subscribe, AnEmptyIdIsNoId) {
  Bench bench;
  EXPECT_EQ(bench.subscribe(with_id(test_framework(), "")).id.value, "M-0000");
}

// SCH-016
TEST(Subscribe, TwiceWithoutIdAreTwoFrameworks) {
  Bench bench;
  EXPECT_EQ(bench.subscribe(test_framework()).id.value, "M-0000");
  EXPECT_EQ(bench.subscribe(test_framework()).id.value, "M-0001");
  EXPECT_EQ(bench.snapshot().frameworks.size(), 2U);
}

// SCH-080 SCH-079
TEST(Subscribe, EveryStreamHasAHeartbeatEvery15SecondsWhateverElseFlows) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.advance(10s);
  bench.add_agent();
  bench.advance(4999ms);
  const Lines before = scheduler.heard();
  EXPECT_EQ(std::ranges::count(before, "HEARTBEAT"), 1);
  bench.advance(1ms);
  EXPECT_EQ(scheduler.heard(), Lines{"HEARTBEAT"});
  bench.advance(15s);
  EXPECT_EQ(scheduler.heard(), Lines{"HEARTBEAT"});
  EXPECT_EQ(scheduler.last().ShortDebugString(), "type: HEARTBEAT");
}

// SCH-019
TEST(Subscribe, AnAuthenticatedPrincipalIsFilledIn) {
  Bench bench;
  bench.subscribe(test_framework(), {}, "ops");
  EXPECT_EQ(bench.snapshot().frameworks[0]->info->principal(), "ops");
}

// SCH-033
TEST(Subscribe, APrincipalNamesTheFrameworkWithoutAuthenticationToo) {
  Bench bench;
  FrameworkInfo info = test_framework();
  info.set_principal("given");
  bench.subscribe(info);
  EXPECT_EQ(bench.snapshot().frameworks[0]->info->principal(), "given");
}

// SCH-020 SCH-097
TEST(Subscribe, OffersFollowWithoutDelay) {
  Bench bench;
  bench.add_agent();
  bench.round();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.advance(50ms);
  EXPECT_EQ(scheduler.told(), (Lines{"SUBSCRIBED M-0000", "OFFERS M-O0"}));
}

// SCH-034
TEST(Subscribe, DescriptionsAreStoredAsGivenAndNothingIsFilledIn) {
  Bench bench;
  FrameworkInfo info = test_framework();
  info.set_webui_url("http://x/");
  info.mutable_labels()->add_labels()->set_key("tier");
  bench.subscribe(info);
  const FrameworkInfo& seen = *bench.snapshot().frameworks[0]->info;
  EXPECT_EQ(seen.webui_url(), "http://x/");
  EXPECT_EQ(seen.labels().labels(0).key(), "tier");
  EXPECT_FALSE(seen.has_hostname());
}

// SCH-026 SEC-222
TEST(SubscribeContent, AnIdMustBeAnIdentifier) {
  EXPECT_EQ(refusal_of(with_id(test_framework(), "never-issued")), "");
  for (const char* id : {"..", "a/b", "a\nb", "a\\b"}) EXPECT_NE(refusal_of(with_id(test_framework(), id)), "") << id;
  EXPECT_NE(refusal_of(with_id(test_framework(), std::string(256, 'x'))), "");
}

// SCH-026
TEST(SubscribeContent, AnIdThatNoMasterIssuedMakesAFrameworkOfThatId) {
  Bench bench;
  EXPECT_EQ(bench.subscribe(with_id(test_framework(), "theirs")).id.value, "theirs");
}

// SCH-027 ALC-154
TEST(SubscribeContent, WithoutMultiRoleThereIsOneRoleAndTheDefaultIsStar) {
  Bench bench;
  bench.subscribe(old_framework());
  bench.subscribe(old_framework("eng"));
  EXPECT_EQ(bench.snapshot().frameworks[0]->roles, Lines{"*"});
  EXPECT_EQ(bench.snapshot().frameworks[1]->roles, Lines{"eng"});
  FrameworkInfo info = old_framework();
  info.add_roles("eng");
  EXPECT_NE(refusal_of(info), "");
}

// SCH-028 ALC-154
TEST(SubscribeContent, WithMultiRoleRoleIsUnsetAndRolesAreUnique) {
  FrameworkInfo info = test_framework();
  info.set_role("*");
  EXPECT_NE(refusal_of(info), "");
  EXPECT_NE(refusal_of(test_framework({"a", "b", "a"})), "");
  EXPECT_EQ(refusal_of(test_framework({"a", "b"})), "");
}

// SCH-028
TEST(SubscribeContent, WithoutAnyRoleThereAreNoOffers) {
  Bench bench;
  bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework({}));
  bench.advance(5s);
  EXPECT_EQ(scheduler.told(), Lines{"SUBSCRIBED M-0000"});
}

// SCH-029 SEC-222
TEST(SubscribeContent, AnInvalidRoleIsNamedInTheRefusal) {
  for (const char* role : {"../x", "a//b", "-x", "a\nb", "a/*", "", "."}) {
    EXPECT_NE(refusal_of(test_framework({"ok", role})).find("'" + std::string(role) + "'"), std::string::npos) << role;
  }
  EXPECT_NE(refusal_of(old_framework("a//b")), "");
}

// SCH-030
TEST(SubscribeContent, AWhitelistAdmitsItsRolesAndStar) {
  Config config = test_config();
  config.roles = {"eng"};
  EXPECT_EQ(refusal_of(test_framework({"eng", "*"}), config), "");
  EXPECT_NE(refusal_of(test_framework({"eng", "ops"}), config).find("ops"), std::string::npos);
}

// SCH-024
TEST(SubscribeContent, RootMayBeRefused) {
  FrameworkInfo info = test_framework();
  info.set_user("root");
  EXPECT_EQ(refusal_of(info), "");
  Config config = test_config();
  config.root_submissions = false;
  EXPECT_NE(refusal_of(info, config), "");
  info.set_user("svc");
  EXPECT_EQ(refusal_of(info, config), "");
}

// SCH-031 SEC-255
TEST(SubscribeContent, AFailoverTimeoutFits64BitNanoseconds) {
  const auto with_timeout = [](double seconds) {
    FrameworkInfo info = test_framework();
    info.set_failover_timeout(seconds);
    return info;
  };
  EXPECT_EQ(refusal_of(with_timeout(1e19)), "The framework failover_timeout (1e+19) is invalid");
  EXPECT_EQ(refusal_of(with_timeout(HUGE_VAL)), "The framework failover_timeout (inf) is invalid");
  EXPECT_EQ(refusal_of(with_timeout(12345678901.0)), "The framework failover_timeout (1.23457e+10) is invalid");
  EXPECT_NE(refusal_of(with_timeout(std::nan(""))), "");
  EXPECT_EQ(refusal_of(with_timeout(9.2e9)), "");
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(with_timeout(-5));
  EXPECT_EQ(bench.snapshot().frameworks[0]->info->failover_timeout(), -5);
  bench.disconnect(scheduler);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
}

// SCH-035
TEST(SubscribeContent, OfferFiltersHoldNumbersThatCanBeMet) {
  const auto with_cpus = [](double value) {
    FrameworkInfo info = test_framework();
    auto& set = *(*info.mutable_offer_filters())["foreign"].mutable_min_allocatable_resources()->add_quantities();
    (*set.mutable_quantities())["cpus"].set_value(value);
    return info;
  };
  EXPECT_EQ(refusal_of(with_cpus(2)), "");
  for (const double bad : {-1.0, HUGE_VAL, std::nan(""), 1e-310, 1e17}) EXPECT_NE(refusal_of(with_cpus(bad)), "");
  FrameworkInfo info = test_framework();
  (*info.mutable_offer_filters())["eng"].mutable_min_allocatable_resources()->add_quantities();
  EXPECT_NE(refusal_of(info), "");
}

// SCH-035
TEST(SubscribeContent, OfferFiltersReplaceTheMinimumOfTheirRole) {
  Bench bench;
  bench.add_agent("cpus:4;mem:1024");
  FrameworkInfo info = test_framework();
  auto& set = *(*info.mutable_offer_filters())["eng"].mutable_min_allocatable_resources()->add_quantities();
  (*set.mutable_quantities())["cpus"].set_value(5);
  FakeScheduler& scheduler = bench.subscribe(info);
  bench.advance(2s);
  EXPECT_TRUE(scheduler.offers.empty());
  bench.add_agent("cpus:5");
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 1U);
}

// SCH-036
TEST(SubscribeContent, TheClusterWideMinimumIsAHundredthOfACpuOr32Megabytes) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.add_agent("cpus:0.009;mem:31");
  bench.advance(2s);
  EXPECT_TRUE(scheduler.offers.empty());
  bench.add_agent("cpus:0.01;mem:31");
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 1U);
  bench.add_agent("mem:32");
  bench.advance(2s);
  EXPECT_EQ(scheduler.offers.size(), 2U);
}

// SCH-039
TEST(SubscribeContent, UnknownCapabilitiesOrderAndDuplicatesDoNotMatter) {
  Bench bench;
  FrameworkInfo info = test_framework();
  info.mutable_capabilities()->Clear();
  for (const auto type : {FrameworkInfo::Capability::UNKNOWN, FrameworkInfo::Capability::PARTITION_AWARE,
                          FrameworkInfo::Capability::MULTI_ROLE, FrameworkInfo::Capability::MULTI_ROLE}) {
    info.add_capabilities()->set_type(type);
  }
  EXPECT_TRUE(bench.subscribe(info).open);
  EXPECT_EQ(bench.snapshot().frameworks[0]->roles, Lines{"eng"});
}

// SCH-049
TEST(SubscribeContent, SuppressedRolesAreAmongTheRoles) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework({"eng"}), {"ops"});
  EXPECT_EQ(scheduler.told(), Lines{"ERROR Suppressed roles { ops } are not contained in the set of roles"});
  EXPECT_FALSE(scheduler.open);
}

// SCH-017 SCH-081
TEST(SubscribeContent, ARefusalIsOneErrorAndTheEndAndLeavesNothing) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework({"a//b"}));
  EXPECT_FALSE(scheduler.open);
  ASSERT_EQ(scheduler.events.size(), 1U);
  EXPECT_EQ(scheduler.last().type(), SchedulerEvent::ERROR);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
  EXPECT_EQ(bench.subscribe(test_framework()).id.value, "M-0000");
}

// SCH-056
TEST(Resubscribe, ResumesTheFrameworkWithItsTasks) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.round();
  bench.launch(first, test_task("t1", agent.id));
  bench.disconnect(first);
  FakeScheduler& second = bench.subscribe(with_id(test_framework(), "M-0000"));
  EXPECT_EQ(second.heard(), (Lines{"SUBSCRIBED M-0000", "HEARTBEAT"}));
  EXPECT_EQ(bench.list_of(second.id, "t1"), "tasks");
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
}

// SCH-057 SCH-058 SCH-081 SEC-225
TEST(Resubscribe, TakesOverAtOnceAndFencesTheOldStreamOff) {
  Bench bench;
  FakeScheduler& first = bench.subscribe(test_framework());
  first.told();
  FakeScheduler& second = bench.subscribe(with_id(test_framework(), "M-0000"));
  EXPECT_EQ(first.told(), Lines{"ERROR Framework failed over"});
  EXPECT_FALSE(first.open);
  EXPECT_TRUE(second.open);
  const Result<> outcome = bench.revive(first);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::invalid_argument);
  EXPECT_TRUE(bench.revive(second));
}

// SCH-067
TEST(Resubscribe, OfSeveralTheLastHoldsTheFramework) {
  Bench bench;
  bench.subscribe(test_framework());
  for (int i = 0; i < 3; ++i) bench.subscribe(with_id(test_framework(), "M-0000"));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(bench.schedulers[i].open);
    EXPECT_EQ(bench.schedulers[i].last().error().message(), "Framework failed over");
  }
  EXPECT_TRUE(bench.schedulers[3].open);
}

// SCH-059 SCH-095 SCH-123
TEST(Resubscribe, OldOffersEndWithoutRescindAndComeAnew) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.round();
  const OfferId old(first.offer().id().value());
  first.told();
  FakeScheduler& second = bench.subscribe(with_id(test_framework(), "M-0000"));
  EXPECT_EQ(first.told(), Lines{"ERROR Framework failed over"});
  bench.round();
  EXPECT_EQ(second.told(), (Lines{"SUBSCRIBED M-0000", "OFFERS M-O1"}));
  EXPECT_TRUE(bench.accept(second, {old}, {test_task("t1", agent.id)}));
  EXPECT_EQ(second.told(), Lines{"UPDATE t1 TASK_DROPPED"});
}

// SCH-060
TEST(Resubscribe, ReplacesTheInfoExceptUserAndCheckpoint) {
  Bench bench;
  bench.subscribe(test_framework());
  FrameworkInfo changed = with_id(test_framework({"ops"}), "M-0000");
  changed.set_name("renamed");
  changed.set_hostname("h2");
  changed.set_webui_url("http://y/");
  changed.mutable_labels()->add_labels()->set_key("k");
  changed.set_failover_timeout(7);
  changed.set_user("other");
  changed.set_checkpoint(false);
  EXPECT_TRUE(bench.subscribe(changed).open);
  const FrameworkInfo& seen = *bench.snapshot().frameworks[0]->info;
  EXPECT_EQ(seen.name(), "renamed");
  EXPECT_EQ(seen.hostname(), "h2");
  EXPECT_EQ(seen.webui_url(), "http://y/");
  EXPECT_EQ(seen.labels().labels_size(), 1);
  EXPECT_EQ(seen.failover_timeout(), 7);
  EXPECT_EQ(bench.snapshot().frameworks[0]->roles, Lines{"ops"});
  EXPECT_EQ(seen.user(), "svc");
  EXPECT_TRUE(seen.checkpoint());
}

// SCH-061 SCH-065
TEST(Resubscribe, AnotherPrincipalIsRefusedAndDisturbsNothing) {
  Bench bench;
  FrameworkInfo info = test_framework();
  info.set_principal("secret-name");
  FakeScheduler& first = bench.subscribe(info);
  first.told();
  FrameworkInfo other = with_id(info, "M-0000");
  other.set_principal("other");
  EXPECT_EQ(bench.subscribe(other).told(), Lines{"ERROR Changing framework's principal is not allowed."});
  FrameworkInfo absent = with_id(info, "M-0000");
  absent.clear_principal();
  EXPECT_EQ(bench.subscribe(absent).told(), Lines{"ERROR Changing framework's principal is not allowed."});
  EXPECT_TRUE(first.open);
  EXPECT_EQ(first.told(), Lines{});
  EXPECT_TRUE(bench.revive(first));
}

// SCH-062
TEST(Resubscribe, OffersOfRolesThatLeaveAreRescindedOnTheOldStreamBeforeItsError) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework({"eng"}));
  bench.round();
  bench.launch(first, test_task("t1", agent.id));
  bench.round();
  ASSERT_EQ(first.offers.size(), 1U);
  first.told();
  FakeScheduler& second = bench.subscribe(with_id(test_framework({"ops"}), "M-0000"));
  EXPECT_EQ(first.told(), (Lines{"RESCIND M-O1", "ERROR Framework failed over"}));
  bench.round();
  ASSERT_EQ(second.offers.size(), 1U);
  EXPECT_EQ(second.offer().allocation_info().role(), "ops");
  EXPECT_EQ(bench.list_of(second.id, "t1"), "tasks");
}

// SCH-062 RES-154 SCH-132
TEST(Resubscribe, TasksOfARoleThatLeftStayAndAreChargedToIt) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework({"eng"}));
  bench.round();
  bench.launch(first, test_task("t1", agent.id, "cpus:1"));
  FakeScheduler& second = bench.subscribe(with_id(test_framework({"ops"}), "M-0000"));
  EXPECT_EQ(bench.task(second.id, "t1")->resources(0).allocation_info().role(), "eng");
  EXPECT_EQ(bench.snapshot().agents[0]->allocated.allocated_to("eng").size(), 1U);
}

// SCH-063 SCH-049 SCH-124
TEST(Resubscribe, SuppressionIsReplacedAndLeavingItClearsFilters) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.round();
  bench.decline(first, OfferId(first.offer(agent.id).id().value()), 3600);
  FakeScheduler& second = bench.subscribe(with_id(test_framework(), "M-0000"), {"eng"});
  bench.advance(3s);
  EXPECT_EQ(second.told(), Lines{"SUBSCRIBED M-0000"});
  FakeScheduler& third = bench.subscribe(with_id(test_framework(), "M-0000"));
  bench.advance(3s);
  EXPECT_EQ(third.offers.size(), 1U);
}

// SCH-124
TEST(Resubscribe, FiltersOutliveAReplacementWhileConnectedButNotADisconnection) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.round();
  bench.decline(first, OfferId(first.offer(agent.id).id().value()), 3600);
  FakeScheduler& second = bench.subscribe(with_id(test_framework(), "M-0000"));
  bench.advance(3s);
  EXPECT_TRUE(second.offers.empty());
  bench.disconnect(second);
  FakeScheduler& third = bench.subscribe(with_id(test_framework(), "M-0000"));
  bench.advance(3s);
  EXPECT_EQ(third.offers.size(), 1U);
}

// SCH-064
TEST(Resubscribe, UnacknowledgedUpdatesAreNotReplayed) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.round();
  bench.launch(first, test_task("t1", agent.id));
  bench.update(agent, first, "t1", mesos::v1::TASK_RUNNING);
  FakeScheduler& second = bench.subscribe(with_id(test_framework(), "M-0000"));
  EXPECT_EQ(second.told(), Lines{"SUBSCRIBED M-0000"});
}

// SCH-065
TEST(Resubscribe, RefusedOneLeavesTheFailoverTimerRunning) {
  Bench bench;
  FrameworkInfo info = test_framework();
  info.set_failover_timeout(60);
  FakeScheduler& first = bench.subscribe(info);
  bench.disconnect(first);
  bench.advance(30s);
  EXPECT_FALSE(bench.subscribe(with_id(test_framework({"a//b"}), "M-0000")).open);
  bench.advance(29s);
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
  bench.advance(1s);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
}

// SCH-066
TEST(Resubscribe, StopsTheFailoverTimer) {
  Bench bench;
  FrameworkInfo info = test_framework();
  info.set_failover_timeout(60);
  FakeScheduler& first = bench.subscribe(info);
  bench.disconnect(first);
  bench.advance(59s);
  FakeScheduler& second = bench.subscribe(with_id(info, "M-0000"));
  bench.advance(200s);
  EXPECT_TRUE(second.open);
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
}

// SCH-048 SCH-041
TEST(Resubscribe, ChangedCapabilitiesApplyToWhatIsSentAfterwards) {
  Bench bench;
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.reconcile(first, {{"nope", {}}});
  EXPECT_EQ(first.told().back(), "UPDATE nope TASK_UNKNOWN");
  FakeScheduler& second = bench.subscribe(with_id(old_framework("eng"), "M-0000"));
  bench.reconcile(second, {{"nope", {}}});
  EXPECT_EQ(second.told().back(), "UPDATE nope TASK_LOST");
}

// AGT-042
TEST(Resubscribe, AgentsThatRunSomethingOfItAreToldTheNewInfo) {
  Bench bench;
  FakeAgent& used = bench.add_agent();
  FakeAgent& unused = bench.add_agent();
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.round();
  bench.launch(first, test_task("t1", used.id));
  used.told();
  unused.told();
  bench.subscribe(with_id(test_framework(), "M-0000"));
  EXPECT_EQ(used.told(), Lines{"framework M-0000"});
  EXPECT_EQ(unused.told(), Lines{});
}

}  // namespace
}  // namespace stoa::master
