// Statuses on their way to the scheduler, and acknowledgements on their way back.
#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::TaskStatus;

// A task t1 that was launched.
struct Launched : testing::Test {
  Launched() : agent(bench.add_agent()), scheduler(bench.subscribe(test_framework())) {
    bench.round();
    bench.launch(scheduler, test_task("t1", agent.id, "cpus:1;mem:64"));
    bench.suppress(scheduler);
    scheduler.told();
    agent.told();
  }
  std::int64_t cpus_allocated() const { return bench.snapshot().agents[0]->allocated.scalar("cpus").thousandths(); }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
};

// SCH-219 SCH-213
TEST_F(Launched, AStatusIsPassedOnAsItCame) {
  link::ToMaster up;
  link::Update& update = *up.mutable_update();
  update.mutable_framework_id()->set_value(scheduler.id.value);
  TaskStatus& status = *update.mutable_status();
  status.mutable_task_id()->set_value("t1");
  status.mutable_agent_id()->set_value(agent.id.value);
  status.set_state(mesos::v1::TASK_RUNNING);
  status.set_source(TaskStatus::SOURCE_EXECUTOR);
  status.set_reason(TaskStatus::REASON_TASK_HEALTH_CHECK_STATUS_UPDATED);
  status.set_message("m");
  status.set_data(std::string("\0d", 2));
  status.mutable_labels()->add_labels()->set_key("k");
  status.set_healthy(true);
  status.set_timestamp(12.5);
  status.set_uuid(std::string(16, 'u'));
  bench.say(agent, up);
  EXPECT_EQ(scheduler.status().SerializeAsString(), status.SerializeAsString());
}

// SCH-221 SCH-220
TEST_F(Launched, AnAcknowledgementIsForwardedToTheAgent) {
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
  ASSERT_TRUE(bench.acknowledge(scheduler, agent.id, "t1", uuid));
  EXPECT_EQ(agent.told(), Lines{"acknowledge t1"});
  EXPECT_EQ(agent.last().acknowledge().uuid(), uuid);
  EXPECT_EQ(agent.last().acknowledge().framework_id().value(), scheduler.id.value);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
}

// SCH-221
TEST_F(Launched, AnAcknowledgementForAnAgentThatIsAwayIsDropped) {
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.break_link(agent);
  EXPECT_TRUE(bench.acknowledge(scheduler, agent.id, "t1", uuid));
  EXPECT_TRUE(bench.acknowledge(scheduler, AgentId("M-S9"), "t1", uuid));
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
}

// SCH-222
TEST_F(Launched, ATerminalTaskStaysKnownUntilItIsAcknowledged) {
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_FAILED);
  scheduler.told();
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  bench.reconcile(scheduler);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_FAILED"});
  bench.acknowledge(scheduler, agent.id, "t1", uuid);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  bench.reconcile(scheduler);
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-223
TEST_F(Launched, AcknowledgementsOfSomethingElseHarmNothing) {
  const std::string running = bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
  bench.acknowledge(scheduler, agent.id, "t1", std::string(16, 'x'));
  const std::string finished = bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.acknowledge(scheduler, agent.id, "t1", running);
  bench.acknowledge(scheduler, agent.id, "nope", finished);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  bench.acknowledge(scheduler, agent.id, "t1", finished);
  bench.acknowledge(scheduler, agent.id, "t1", finished);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
}

// SCH-217 AGT-063
TEST_F(Launched, ResourcesAreFreeAsSoonAsTheNewestStateIsTerminal) {
  EXPECT_EQ(cpus_allocated(), 1000);
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING, mesos::v1::TASK_FINISHED);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_RUNNING"});
  EXPECT_EQ(cpus_allocated(), 0);
  EXPECT_EQ(bench.task(scheduler.id, "t1")->state(), mesos::v1::TASK_FINISHED);
  EXPECT_EQ(bench.task(scheduler.id, "t1")->status_update_state(), mesos::v1::TASK_RUNNING);
  bench.acknowledge(scheduler, agent.id, "t1", uuid);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  bench.revive(scheduler);
  bench.round();
  EXPECT_FALSE(scheduler.offers.empty());
}

// OPR-091
TEST_F(Launched, ATerminalStateDoesNotChangeBackWhenOlderUpdatesAreResent) {
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING, mesos::v1::TASK_FINISHED);
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING, mesos::v1::TASK_FINISHED);
  EXPECT_EQ(bench.task(scheduler.id, "t1")->state(), mesos::v1::TASK_FINISHED);
  EXPECT_EQ(cpus_allocated(), 0);
}

// SCH-218
TEST_F(Launched, StatusesOfUnknownTasksAreForwarded) {
  bench.update(agent, scheduler, "nope", mesos::v1::TASK_DROPPED);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE nope TASK_DROPPED"});
  EXPECT_TRUE(scheduler.status().has_uuid());
}

// SCH-070 SCH-069
TEST_F(Launched, WhileTheFrameworkIsAwayNothingIsSentAndTasksGoOn) {
  bench.disconnect(scheduler);
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(bench.task(scheduler.id, "t1")->state(), mesos::v1::TASK_RUNNING);
  EXPECT_EQ(cpus_allocated(), 1000);
}

// SCH-210
TEST_F(Launched, AfterAStatusOfTheMasterTheAgentMayReportMore) {
  bench.reconcile(scheduler, {{"nope", {}}});
  bench.update(agent, scheduler, "nope", mesos::v1::TASK_RUNNING);
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE nope TASK_UNKNOWN", "UPDATE nope TASK_RUNNING"}));
}

// SCH-208
TEST(TaskStates, EightAreTerminalAndFreeTheResources) {
  using namespace mesos::v1;
  for (int state = TASK_STAGING; state <= TASK_UNKNOWN; ++state) {
    if (!TaskState_IsValid(state)) continue;
    Bench bench;
    FakeAgent& agent = bench.add_agent();
    FakeScheduler& scheduler = bench.subscribe(test_framework());
    bench.round();
    bench.launch(scheduler, test_task("t1", agent.id));
    bench.update(agent, scheduler, "t1", static_cast<TaskState>(state));
    const bool terminal = bench.snapshot().agents[0]->allocated.empty();
    const bool expected = state == TASK_FINISHED || state == TASK_FAILED || state == TASK_KILLED ||
                          state == TASK_ERROR || state == TASK_LOST || state == TASK_DROPPED || state == TASK_GONE ||
                          state == TASK_GONE_BY_OPERATOR;
    EXPECT_EQ(terminal, expected) << TaskState_Name(static_cast<TaskState>(state));
  }
}

// SCH-226 SCH-041
TEST(TaskStates, WithoutPartitionAwareTheFiveStatesAreLost) {
  using namespace mesos::v1;
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& old = bench.subscribe(old_framework());
  FakeScheduler& aware = bench.subscribe(test_framework());
  old.told();
  aware.told();
  for (const TaskState state :
       {TASK_UNREACHABLE, TASK_DROPPED, TASK_GONE, TASK_GONE_BY_OPERATOR, TASK_UNKNOWN, TASK_KILLED}) {
    bench.update(agent, old, "x", state);
    bench.update(agent, aware, "x", state);
    EXPECT_EQ(old.status().state(), state == TASK_KILLED ? TASK_KILLED : TASK_LOST);
    EXPECT_EQ(aware.status().state(), state);
  }
}

// OPR-092
TEST_F(Launched, EqualStatesInARunAreOneEntryWithoutData) {
  for (int i = 0; i < 3; ++i) bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
  link::ToMaster up;
  up.mutable_update()->mutable_framework_id()->set_value(scheduler.id.value);
  TaskStatus& status = *up.mutable_update()->mutable_status();
  status.mutable_task_id()->set_value("t1");
  status.set_state(mesos::v1::TASK_FINISHED);
  status.set_data("secret");
  status.set_uuid(std::string(16, 'u'));
  bench.say(agent, up);
  const auto task = bench.task(scheduler.id, "t1");
  ASSERT_EQ(task->statuses_size(), 2);
  EXPECT_EQ(task->statuses(0).state(), mesos::v1::TASK_RUNNING);
  EXPECT_EQ(task->statuses(1).state(), mesos::v1::TASK_FINISHED);
  EXPECT_FALSE(task->statuses(1).has_data());
}

// SCH-224
TEST(CompletedTasks, AreRememberedUpToTheirLimit) {
  Config config = test_config();
  config.max_completed_tasks_per_framework = 2;
  Bench bench(config);
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  for (const char* id : {"t1", "t2", "t3"}) {
    bench.round();
    bench.launch(scheduler, test_task(id, agent.id));
    bench.acknowledge(scheduler, agent.id, id, bench.update(agent, scheduler, id, mesos::v1::TASK_FINISHED));
  }
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "");
  EXPECT_EQ(bench.list_of(scheduler.id, "t2"), "completed");
  EXPECT_EQ(bench.list_of(scheduler.id, "t3"), "completed");
  EXPECT_EQ(Config().max_completed_tasks_per_framework, 1000U);
  EXPECT_EQ(Config().max_unreachable_tasks_per_framework, 1000U);
}

}  // namespace
}  // namespace stoa::master
