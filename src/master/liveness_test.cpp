#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::TaskStatus;

// An agent with a running task t1 and an outstanding offer of the rest.
struct Silent : testing::Test {
  explicit Silent(const mesos::v1::FrameworkInfo& info = test_framework())
      : agent(bench.add_agent()), scheduler(bench.subscribe(info)) {
    bench.round();
    bench.launch(scheduler, test_task("t1", agent.id));
    bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
    bench.round();
    scheduler.told();
    agent.told();
  }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
};

mesos::v1::FrameworkInfo without_checkpoint(mesos::v1::FrameworkInfo info) {
  info.set_checkpoint(false);
  return info;
}
struct SilentUnkept : Silent {
  SilentUnkept() : Silent(without_checkpoint(test_framework())) {}
};

// HA-101
TEST(Pings, ComeEvery15SecondsFromTheRegistration) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  bench.advance(14999ms);
  EXPECT_EQ(agent.pings, 0);
  bench.advance(1ms);
  EXPECT_EQ(agent.pings, 1);
  bench.advance(30s);
  EXPECT_EQ(agent.pings, 3);
}

// HA-101 SCH-240
TEST(Pings, FiveUnansweredInARowMakeTheAgentUnreachable) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  agent.answers_pings = false;
  bench.advance(15s + 74s);
  EXPECT_EQ(agent.pings, 5);
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
  bench.advance(1s);
  EXPECT_TRUE(bench.snapshot().agents.empty());
  EXPECT_EQ(bench.snapshot().unreachable_agents, 1U);
}

// HA-101
TEST(Pings, AnyAnswerResetsTheCount) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  for (int i = 0; i < 5; ++i) {
    agent.answers_pings = false;
    bench.advance(60s);
    agent.answers_pings = true;
    bench.advance(15s);
  }
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
}

// HA-110 SCH-240 SCH-242 HA-051
TEST_F(Silent, UnreachableIsDurableFirstThenTasksThenOffersThenTheFailure) {
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  other.told();
  agent.answers_pings = false;
  bench.hold_writes();
  bench.advance(2min);
  ASSERT_EQ(bench.writes.size(), 1U);
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(bench.snapshot().unreachable_agents, 0U);
  bench.release_all_writes();
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_UNREACHABLE", "RESCIND M-O1", "FAILURE M-S0"}));
  EXPECT_FALSE(scheduler.last().failure().has_executor_id());
  EXPECT_FALSE(scheduler.last().failure().has_status());
  EXPECT_EQ(other.told(), Lines{"FAILURE M-S0"});
  const TaskStatus& status = scheduler.status();
  EXPECT_EQ(status.source(), TaskStatus::SOURCE_MASTER);
  EXPECT_EQ(status.reason(), TaskStatus::REASON_AGENT_REMOVED);
  EXPECT_EQ(status.message(), "health check timed out");
  EXPECT_EQ(status.agent_id().value(), "M-S0");
  EXPECT_TRUE(status.has_unreachable_time());
  EXPECT_FALSE(status.has_uuid());
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "unreachable");
  EXPECT_FALSE(agent.open);
}

// HA-110
TEST_F(Silent, TheRegistryKeepsThatAnAgentIsUnreachable) {
  agent.answers_pings = false;
  bench.advance(2min);
  for (const RegistryRecord& record : bench.registry()) {
    if (record.kind != "agent") continue;
    registry::Agent kept;
    ASSERT_TRUE(kept.ParseFromString(record.bytes));
    EXPECT_EQ(kept.state(), registry::Agent::UNREACHABLE);
    EXPECT_EQ(record.id, "M-S0");
    EXPECT_GT(kept.since(), 1'700'000'000);
  }
}

struct SilentOld : Silent {
  SilentOld() : Silent(old_framework()) {}
};

// HA-110 SCH-233 SCH-226
TEST_F(SilentOld, WithoutPartitionAwareTheTaskIsLostWithTheTimeToo) {
  agent.answers_pings = false;
  bench.advance(2min);
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_LOST", "RESCIND M-O1", "FAILURE M-S0"}));
  EXPECT_TRUE(scheduler.status().has_unreachable_time());
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "unreachable");
}

// SCH-238 HA-104 ALC-162
TEST_F(Silent, ABrokenLinkRescindsOffersAndLeavesTasksAlone) {
  bench.break_link(agent);
  EXPECT_EQ(scheduler.told(), Lines{"RESCIND M-O1"});
  bench.advance(5s);
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  EXPECT_FALSE(bench.snapshot().agents[0]->connected);
  EXPECT_FALSE(bench.snapshot().agents[0]->active);
}

// SCH-239 HA-104 SCH-226 SCH-032
TEST_F(SilentUnkept, ABrokenLinkLosesTasksOfFrameworksWithoutCheckpointAtOnce) {
  bench.break_link(agent);
  EXPECT_EQ(scheduler.told(), (Lines{"RESCIND M-O1", "UPDATE t1 TASK_GONE"}));
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_AGENT_DISCONNECTED);
  EXPECT_EQ(scheduler.status().source(), TaskStatus::SOURCE_MASTER);
  EXPECT_EQ(scheduler.status().message(), "Agent node0 disconnected");
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  EXPECT_TRUE(bench.snapshot().agents[0]->allocated.empty());
}

// SCH-239
TEST_F(SilentUnkept, SuchATaskIsKilledIfTheAgentReturnsWithIt) {
  const mesos::v1::Task before = *bench.task(scheduler.id, "t1");
  bench.break_link(agent);
  scheduler.told();
  bench.connect(agent, {before}, {*bench.snapshot().frameworks[0]->info});
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "kill t1"}));
  EXPECT_TRUE(bench.snapshot().agents[0]->allocated.empty());
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-238 HA-104
TEST_F(Silent, AnAgentThatDoesNotComeBackBecomesUnreachable) {
  bench.break_link(agent);
  bench.advance(10min);
  EXPECT_EQ(scheduler.told(), (Lines{"RESCIND M-O1", "UPDATE t1 TASK_UNREACHABLE", "FAILURE M-S0"}));
}

// HA-113
TEST_F(Silent, WhileTheMarkIsWrittenARegistrationIsIgnored) {
  const std::vector<mesos::v1::Task> before{*bench.task(scheduler.id, "t1")};
  const std::vector<mesos::v1::FrameworkInfo> frameworks{*bench.snapshot().frameworks[0]->info};
  bench.break_link(agent);
  bench.hold_writes();
  bench.advance(10min);
  scheduler.told();
  bench.connect(agent, before, frameworks);
  EXPECT_EQ(agent.told(), Lines{});
  bench.release_all_writes();
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_UNREACHABLE", "FAILURE M-S0"}));
  bench.send_register(agent, before, frameworks);
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_RUNNING"});
}

// HA-116 SCH-242
TEST_F(Silent, AnAgentThatSaysFarewellEndsWithItsTasks) {
  bench.hold_writes();
  link::ToMaster farewell;
  farewell.mutable_unregister();
  bench.say(agent, farewell);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.release_all_writes();
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_GONE", "RESCIND M-O1", "FAILURE M-S0"}));
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_AGENT_REMOVED);
  EXPECT_EQ(scheduler.status().message(), "Agent node0 removed: the agent unregistered");
  EXPECT_TRUE(bench.snapshot().agents.empty());
  EXPECT_EQ(bench.snapshot().unreachable_agents, 0U);
  for (const RegistryRecord& record : bench.registry()) EXPECT_NE(record.kind, "agent");
}

// HA-116 SCH-226
TEST_F(SilentOld, AFarewellLosesTasksOfOldFrameworks) {
  link::ToMaster farewell;
  farewell.mutable_unregister();
  bench.say(agent, farewell);
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_LOST", "RESCIND M-O1", "FAILURE M-S0"}));
}

// HA-110 SCH-224
TEST(Unreachable, TasksAreRememberedUpToTheirLimitOldestDroppedFirst) {
  Config config = test_config();
  config.max_unreachable_tasks_per_framework = 2;
  Bench bench(config);
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  for (const char* id : {"t1", "t2", "t3"}) {
    FakeAgent& agent = bench.add_agent();
    bench.round();
    bench.launch(scheduler, test_task(id, agent.id));
    agent.answers_pings = false;
    bench.advance(2min);
  }
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "");
  EXPECT_EQ(bench.list_of(scheduler.id, "t2"), "unreachable");
  EXPECT_EQ(bench.list_of(scheduler.id, "t3"), "unreachable");
}

// SCH-138
TEST_F(Silent, TheIdOfAnUnreachableTaskIsTaken) {
  agent.answers_pings = false;
  bench.advance(2min);
  FakeAgent& other = bench.add_agent();
  bench.round();
  scheduler.told();
  bench.accept(scheduler, {OfferId(scheduler.offer(other.id).id().value())}, {test_task("t1", other.id)});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_ERROR"});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "unreachable");
}

// SCH-242 SCH-070
TEST_F(Silent, AFrameworkThatIsAwayHearsNothingOfIt) {
  bench.disconnect(scheduler);
  agent.answers_pings = false;
  bench.advance(2min);
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "unreachable");
}

// HA-085
TEST_F(Silent, AnAgentWhoseLinkEndsWhileItIsAdmittedIsExpectedBack) {
  bench.hold_writes();
  FakeAgent& late = bench.agents.emplace_back();
  late.hostname = "late";
  late.resources = "cpus:1";
  bench.connect(late);
  bench.break_link(late);
  bench.release_all_writes();
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
  EXPECT_EQ(bench.snapshot().recovered_agents.size(), 1U);
  EXPECT_TRUE(late.told().empty());
}

}  // namespace
}  // namespace stoa::master
