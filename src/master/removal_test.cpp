#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::FrameworkInfo;
using mesos::v1::TaskStatus;

FrameworkInfo with_id(FrameworkInfo info, const std::string& id) {
  info.mutable_id()->set_value(id);
  return info;
}
FrameworkInfo with_timeout(double seconds) {
  FrameworkInfo info = test_framework();
  info.set_failover_timeout(seconds);
  return info;
}

// A framework with a running task t1 on an agent, and a second agent without any.
struct Removal : testing::Test {
  Removal() : agent(bench.add_agent()), unused(bench.add_agent()), scheduler(bench.subscribe(test_framework())) {
    bench.round();
    bench.launch(scheduler, test_task("t1", agent.id));
    bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
    scheduler.heard();
    agent.told();
    unused.told();
  }

  Bench bench;
  FakeAgent& agent;
  FakeAgent& unused;
  FakeScheduler& scheduler;
};

// SCH-073 SCH-074
TEST_F(Removal, TeardownEndsTheStreamWithoutAWordAndShutsEverythingDown) {
  ASSERT_TRUE(bench.teardown(scheduler));
  EXPECT_EQ(scheduler.heard(), Lines{});
  EXPECT_FALSE(scheduler.open);
  EXPECT_EQ(agent.told(), Lines{"shut down framework M-0000"});
  EXPECT_EQ(unused.told(), Lines{});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  const auto task = bench.task(scheduler.id, "t1");
  EXPECT_EQ(task->state(), mesos::v1::TASK_KILLED);
  const TaskStatus& status = *task->statuses().rbegin();
  EXPECT_EQ(status.state(), mesos::v1::TASK_KILLED);
  EXPECT_EQ(status.reason(), TaskStatus::REASON_FRAMEWORK_REMOVED);
  EXPECT_EQ(status.source(), TaskStatus::SOURCE_MASTER);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
  EXPECT_EQ(bench.snapshot().completed_frameworks.size(), 1U);
  for (const auto& seen : bench.snapshot().agents) {
    EXPECT_TRUE(seen->allocated.empty());
    EXPECT_TRUE(seen->offered.empty());
  }
}

// SCH-074
TEST_F(Removal, ItsResourcesAreOfferedToOthers) {
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  bench.teardown(scheduler);
  bench.round();
  EXPECT_EQ(other.offers.size(), 2U);
  EXPECT_EQ(other.offer(agent.id).resources(0).scalar().value(), 4);
}

// SCH-074
TEST_F(Removal, UnreachableTasksAreKilledInTheBooksToo) {
  agent.answers_pings = false;
  bench.advance(2min);
  bench.teardown(scheduler);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  EXPECT_EQ(bench.task(scheduler.id, "t1")->state(), mesos::v1::TASK_KILLED);
}

// SCH-037 SCH-081
TEST_F(Removal, ARemovedFrameworkDoesNotComeBack) {
  bench.teardown(scheduler);
  FakeScheduler& again = bench.subscribe(with_id(test_framework(), "M-0000"));
  EXPECT_EQ(again.heard(), Lines{"ERROR Framework has been removed"});
  EXPECT_FALSE(again.open);
}

// SCH-037
TEST(Completed, TheLast50AreRemembered) {
  Bench bench;
  for (int i = 0; i < 51; ++i) bench.teardown(bench.subscribe(test_framework()));
  EXPECT_EQ(bench.snapshot().completed_frameworks.size(), 50U);
  EXPECT_FALSE(bench.subscribe(with_id(test_framework(), "M-0001")).open);
  EXPECT_FALSE(bench.subscribe(with_id(test_framework(), "M-0050")).open);
}

// SCH-038 HA-057
TEST_F(Removal, ANewLeaderDoesNotTakeItBackEither) {
  bench.teardown(scheduler);
  Bench next(test_config(), bench.registry());
  EXPECT_EQ(next.subscribe(with_id(test_framework(), "M-0000")).heard(), Lines{"ERROR Framework has been removed"});
}

// SCH-071 SCH-068
TEST(Disconnection, TheFrameworkIsRemovedAfterItsFailoverTimeout) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(with_timeout(60));
  bench.disconnect(scheduler);
  EXPECT_FALSE(bench.snapshot().frameworks[0]->connected);
  EXPECT_FALSE(bench.snapshot().frameworks[0]->active);
  bench.advance(59999ms);
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
  bench.advance(1ms);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
  EXPECT_FALSE(bench.subscribe(with_id(test_framework(), "M-0000")).open);
}

// SCH-071
TEST(Disconnection, WithATimeoutOfZeroItIsRemovedAtOnce) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(with_timeout(0));
  bench.disconnect(scheduler);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
  EXPECT_EQ(bench.snapshot().completed_frameworks.size(), 1U);
}

// SCH-071 SCH-060
TEST(Disconnection, TheTimeoutInForceIsTheNewestOne) {
  Bench bench;
  bench.subscribe(with_timeout(60));
  FakeScheduler& second = bench.subscribe(with_id(with_timeout(600), "M-0000"));
  bench.disconnect(second);
  bench.advance(599s);
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
  bench.advance(1s);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
}

// SCH-069 OPR-088
TEST_F(Removal, OnDisconnectionOffersAreWithdrawnAndTasksGoOn) {
  bench.round();
  EXPECT_FALSE(scheduler.offers.empty());
  bench.disconnect(scheduler);
  EXPECT_TRUE(bench.snapshot().frameworks[0]->offers.empty());
  for (const auto& seen : bench.snapshot().agents) EXPECT_TRUE(seen->offered.empty());
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(bench.revive(scheduler).error().code, Code::permission_denied);
  EXPECT_EQ(bench.snapshot().frameworks[0]->info->name(), "web");
}

// SCH-072
TEST(Disconnection, AStaleNoticeOfAnOldStreamDisturbsNothing) {
  Bench bench;
  FakeScheduler& first = bench.subscribe(with_timeout(0));
  FakeScheduler& second = bench.subscribe(with_id(with_timeout(0), "M-0000"));
  bench.disconnect(first);
  EXPECT_TRUE(second.open);
  EXPECT_TRUE(bench.snapshot().frameworks[0]->connected);
  EXPECT_TRUE(bench.revive(second));
}

// SCH-076
TEST_F(Removal, TeardownByTheOperatorHasTheSameEffect) {
  ASSERT_TRUE(bench.replies.at(bench.teardown_by_operator(scheduler.id)));
  EXPECT_FALSE(scheduler.open);
  EXPECT_EQ(scheduler.heard(), Lines{});
  EXPECT_EQ(agent.told(), Lines{"shut down framework M-0000"});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  EXPECT_FALSE(bench.replies.at(bench.teardown_by_operator(scheduler.id)));
  EXPECT_FALSE(bench.replies.at(bench.teardown_by_operator(FrameworkId("nope"))));
}

// OPR-062
TEST_F(Removal, TheOperatorIsAnsweredWhenItIsDurableAndSeen) {
  bench.hold_writes();
  const ReplyNumber reply = bench.teardown_by_operator(scheduler.id);
  EXPECT_FALSE(bench.replies.contains(reply));
  bench.release_all_writes();
  EXPECT_TRUE(bench.replies.at(reply));
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
}

// SCH-075
TEST_F(Removal, AnAgentThatWasAwayIsToldWhenItComesBack) {
  const mesos::v1::Task before = *bench.task(scheduler.id, "t1");
  bench.break_link(agent);
  bench.teardown(scheduler);
  EXPECT_EQ(agent.told(), Lines{});
  bench.connect(agent, {before}, {with_id(test_framework(), "M-0000")});
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "shut down framework M-0000"}));
}

// SCH-068
TEST_F(Removal, OtherStreamsMeanNothing) {
  bench.step(StreamClosed{StreamNumber{777}});
  EXPECT_TRUE(bench.snapshot().frameworks[0]->connected);
}

// SCH-074 SCH-075
TEST_F(Removal, AnAgentThatStillTellsOfItIsToldToEndIt) {
  bench.break_link(agent);
  bench.teardown(scheduler);
  bench.connect(agent);
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  bench.update(agent, scheduler, "never-launched", mesos::v1::TASK_DROPPED);
  EXPECT_EQ(agent.told(), Lines{"shut down framework M-0000"});
}

// SCH-218 SCH-074
TEST_F(Removal, StatusesOfARemovedFrameworkGoToNobody) {
  bench.teardown(scheduler);
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_KILLED);
  EXPECT_EQ(bench.metric("master/invalid_status_updates"), 1);
  EXPECT_EQ(scheduler.heard(), Lines{});
}

}  // namespace
}  // namespace stoa::master
