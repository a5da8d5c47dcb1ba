// KILL, and with it who may call at all.
#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::TaskStatus;
using mesos::v1::scheduler::Call;

// A task t1 that runs.
struct Running : testing::Test {
  Running() : agent(bench.add_agent()), scheduler(bench.subscribe(test_framework())) {
    bench.round();
    bench.launch(scheduler, test_task("t1", agent.id));
    bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
    bench.suppress(scheduler);
    scheduler.told();
    agent.told();
  }
  Call kill_with_grace(std::int64_t nanoseconds) const {
    Call call;
    call.set_type(Call::KILL);
    call.mutable_kill()->mutable_task_id()->set_value("t1");
    call.mutable_kill()->mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(nanoseconds);
    return call;
  }
  std::vector<mesos::v1::Task> tasks() const { return {*bench.task(scheduler.id, "t1")}; }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
};

// SCH-198
TEST_F(Running, AKillReachesTheAgentEachTimeWithItsPolicy) {
  for (const std::int64_t grace : {5'000'000'000L, 1'000'000'000L}) {
    ASSERT_TRUE(bench.call(scheduler, kill_with_grace(grace)));
    EXPECT_EQ(agent.told(), Lines{"kill t1"});
    EXPECT_EQ(agent.last().kill().kill_policy().grace_period().nanoseconds(), grace);
  }
  ASSERT_TRUE(bench.kill(scheduler, "t1", agent.id));
  EXPECT_EQ(agent.told(), Lines{"kill t1"});
  EXPECT_FALSE(agent.last().kill().has_kill_policy());
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-199
TEST_F(Running, AKillOfAnUnknownTaskIsAReconciliation) {
  ASSERT_TRUE(bench.kill(scheduler, "nope"));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE nope TASK_UNKNOWN"});
  ASSERT_TRUE(bench.kill(scheduler, "nope", agent.id));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE nope TASK_GONE"});
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_RECONCILIATION);
  EXPECT_EQ(agent.told(), Lines{});
}

// SCH-200 SCH-008
TEST_F(Running, AKillWithAnotherAgentIsDropped) {
  ASSERT_TRUE(bench.kill(scheduler, "t1", AgentId("M-S9")));
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-202
TEST_F(Running, AKillOfATerminatedTaskDoesNothing) {
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  scheduler.told();
  ASSERT_TRUE(bench.kill(scheduler, "t1"));
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-204
TEST_F(Running, AKillIsRememberedWhileTheAgentIsAway) {
  bench.break_link(agent);
  ASSERT_TRUE(bench.call(scheduler, kill_with_grace(7)));
  EXPECT_EQ(agent.told(), Lines{});
  bench.connect(agent, tasks());
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "kill t1"}));
  EXPECT_EQ(agent.last().kill().kill_policy().grace_period().nanoseconds(), 7);
}

// SCH-204
TEST_F(Running, ARememberedKillIsNotCarriedOutOnATaskThatEnded) {
  bench.break_link(agent);
  bench.kill(scheduler, "t1");
  mesos::v1::Task ended = tasks().front();
  ended.set_state(mesos::v1::TASK_FINISHED);
  ended.add_statuses()->CopyFrom(*ended.statuses().rbegin());
  ended.mutable_statuses()->rbegin()->set_state(mesos::v1::TASK_FINISHED);
  bench.connect(agent, {ended});
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
}

// SCH-206
TEST_F(Running, MessagesPassUnchangedBothWaysAndAreLostIfTheAgentIsAway) {
  const std::string data("\0\xff bytes", 8);
  Call call;
  call.set_type(Call::MESSAGE);
  call.mutable_message()->mutable_executor_id()->set_value("e");
  call.mutable_message()->mutable_agent_id()->set_value(agent.id.value);
  call.mutable_message()->set_data(data);
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(agent.last().scheduler_message().data(), data);
  EXPECT_EQ(agent.last().scheduler_message().executor_id().value(), "e");
  agent.told();

  link::ToMaster up;
  up.mutable_executor_message()->mutable_framework_id()->set_value(scheduler.id.value);
  up.mutable_executor_message()->mutable_executor_id()->set_value("e");
  up.mutable_executor_message()->set_data(data);
  bench.say(agent, up);
  EXPECT_EQ(scheduler.last().message().data(), data);
  EXPECT_EQ(scheduler.last().message().agent_id().value(), agent.id.value);
  EXPECT_EQ(scheduler.last().message().executor_id().value(), "e");

  bench.break_link(agent);
  scheduler.told();
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-269
TEST_F(Running, DroppedMessagesAreCounted) {
  Call call;
  call.set_type(Call::MESSAGE);
  call.mutable_message()->mutable_executor_id()->set_value("e");
  call.mutable_message()->mutable_agent_id()->set_value("M-S9");
  call.mutable_message()->set_data("x");
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(bench.metric("master/invalid_framework_to_executor_messages"), 1);
  bench.acknowledge(scheduler, AgentId("M-S9"), "t1", std::string(16, 'u'));
  EXPECT_EQ(bench.metric("master/invalid_status_update_acknowledgements"), 1);
}

// SCH-207
TEST_F(Running, RequestIsAcceptedAndIgnored) {
  Call call;
  call.set_type(Call::REQUEST);
  call.mutable_request();
  EXPECT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-003 SCH-006
TEST(CallAdmission, TheChecksComeInTheirOrder) {
  Bench bench;
  mesos::v1::FrameworkInfo info = test_framework();
  info.set_principal("ops");
  FakeScheduler& scheduler = bench.subscribe(info);
  const auto refused = [&](Code code, const std::string& text) {
    const Result<> outcome = bench.revive(scheduler);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code);
    EXPECT_EQ(outcome.error().message.substr(0, text.size()), text);
  };
  const FrameworkId id = scheduler.id;
  EXPECT_TRUE(bench.revive(scheduler));
  scheduler.stream_id = "stolen";
  refused(Code::invalid_argument,
          "The stream ID 'stolen' included in this request didn't match the stream ID currently associated with "
          "framework ID M-0000");
  bench.disconnect(scheduler);
  refused(Code::permission_denied, "Framework is not subscribed");
  scheduler.principal = "thief";
  refused(Code::invalid_argument,
          "Authenticated principal 'thief' does not match principal 'ops' set in `FrameworkInfo`");
  scheduler.id = FrameworkId("nope");
  refused(Code::invalid_argument, "Framework cannot be found");
  EXPECT_EQ(bench.snapshot().frameworks[0]->id, id);
}

// SCH-003
TEST(CallAdmission, ACallWithoutStreamIdIsRefused) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  auto call = std::make_shared<Call>();
  call->set_type(Call::TEARDOWN);
  call->mutable_framework_id()->set_value(scheduler.id.value);
  bench.step(SchedulerCall{ReplyNumber{1}, call, std::nullopt, std::nullopt});
  ASSERT_EQ(bench.effects.size(), 1U);
  const Result<>& outcome = std::get<Reply>(bench.effects[0]).outcome;
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::invalid_argument);
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
}

// SEC-224 SEC-225 SCH-260
TEST(CallAdmission, AForeignPrincipalOrStreamHasNoEffect) {
  Bench bench;
  mesos::v1::FrameworkInfo info = test_framework();
  info.set_principal("ops");
  FakeScheduler& scheduler = bench.subscribe(info, {}, "ops");
  scheduler.principal = "thief";
  EXPECT_FALSE(bench.teardown(scheduler));
  scheduler.principal = "ops";
  scheduler.stream_id = "other";
  EXPECT_FALSE(bench.teardown(scheduler));
  EXPECT_TRUE(scheduler.open);
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
}

// SCH-010 SEC-253
TEST(CallAdmission, TypeUnknownIsAnsweredAfterTheChecksAndDoesNothing) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  scheduler.heard();
  Call call;
  call.set_type(Call::UNKNOWN);
  const Result<> outcome = bench.call(scheduler, call);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::unimplemented);
  EXPECT_EQ(scheduler.heard(), Lines{});
  EXPECT_TRUE(bench.revive(scheduler));
  call.mutable_framework_id()->set_value("nope");
  EXPECT_EQ(bench.call(scheduler, call).error().code, Code::invalid_argument);
}

// SCH-004
TEST(CallAdmission, ARemovedFrameworkCannotBeFound) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  ASSERT_TRUE(bench.teardown(scheduler));
  const Result<> outcome = bench.revive(scheduler);
  EXPECT_EQ(outcome.error().code, Code::invalid_argument);
  EXPECT_EQ(outcome.error().message, "Framework cannot be found");
}

// SCH-005
TEST(CallAdmission, AfterThe403AResubscriptionHelps) {
  Bench bench;
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.disconnect(first);
  EXPECT_EQ(bench.revive(first).error().code, Code::permission_denied);
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(first.id.value);
  EXPECT_TRUE(bench.revive(bench.subscribe(info)));
}

}  // namespace
}  // namespace stoa::master
