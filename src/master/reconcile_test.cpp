#include <gtest/gtest.h>

#include <memory>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::TaskStatus;

RegistryRecord record_of(const std::string& id, registry::Agent::State state) {
  registry::Agent record;
  record.set_state(state);
  record.set_since(1234.5);
  record.mutable_info()->set_hostname("host-" + id);
  record.mutable_info()->set_port(5051);
  record.mutable_info()->mutable_id()->set_value(id);
  return {"agent", id, record.SerializeAsString()};
}

// A leader with one registered agent, one unreachable, one gone; with `expected` also one that is expected back.
struct Answers {
  explicit Answers(const mesos::v1::FrameworkInfo& info, bool expected = false)
      : bench(test_config(), records(expected)), agent(bench.add_agent()), scheduler(bench.subscribe(info)) {
    scheduler.told();
  }
  static std::vector<RegistryRecord> records(bool expected) {
    std::vector<RegistryRecord> all{record_of("unreachable", registry::Agent::UNREACHABLE),
                                    record_of("gone", registry::Agent::GONE)};
    if (expected) all.push_back(record_of("expected", registry::Agent::ADMITTED));
    return all;
  }
  Lines ask(const std::string& task, const std::string& agent_id) {
    bench.reconcile(scheduler, {{task, AgentId(agent_id)}});
    return scheduler.told();
  }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
};

// SCH-232 SCH-233 HA-097
TEST(Reconcile, AnUnknownTaskIsAnsweredByWhatIsKnownOfItsAgent) {
  Answers to(test_framework());
  const auto expect = [&](const std::string& agent, const char* state, const char* message) {
    EXPECT_EQ(to.ask("t", agent), Lines{std::string("UPDATE t ") + state});
    const TaskStatus& status = to.scheduler.status();
    EXPECT_EQ(status.message(), message);
    EXPECT_EQ(status.reason(), TaskStatus::REASON_RECONCILIATION);
    EXPECT_EQ(status.source(), TaskStatus::SOURCE_MASTER);
    EXPECT_EQ(status.agent_id().value(), agent);
    EXPECT_EQ(status.has_agent_id(), !agent.empty());
    EXPECT_EQ(status.has_unreachable_time(), agent == "unreachable");
    EXPECT_FALSE(status.has_uuid());
  };
  expect(to.agent.id.value, "TASK_GONE", "Reconciliation: Task is unknown to the agent");
  expect("unreachable", "TASK_UNREACHABLE", "Reconciliation: Task is unreachable");
  EXPECT_EQ(to.scheduler.status().unreachable_time().nanoseconds(), 1'234'500'000'000);
  expect("gone", "TASK_GONE_BY_OPERATOR", "Reconciliation: Task is gone");
  expect("never", "TASK_UNKNOWN", "Reconciliation: Task is unknown");
  expect("", "TASK_UNKNOWN", "Reconciliation: Task is unknown");
}

// SCH-232 SCH-233 SCH-226 SCH-041
TEST(Reconcile, WithoutPartitionAwareEveryUnknownTaskIsLost) {
  Answers to(old_framework());
  for (const std::string& agent :
       {to.agent.id.value, std::string("unreachable"), std::string("gone"), std::string("never"), std::string()}) {
    EXPECT_EQ(to.ask("t", agent), Lines{"UPDATE t TASK_LOST"}) << agent;
    EXPECT_EQ(to.scheduler.status().has_unreachable_time(), agent == "unreachable");
  }
}

// SCH-232 SCH-234 HA-097 HA-085
TEST(Reconcile, WhileAgentsAreExpectedBackTheirTasksAndThoseWithoutAgentGetNoAnswer) {
  Answers to(test_framework(), true);
  EXPECT_EQ(to.ask("t", "expected"), Lines{});
  EXPECT_EQ(to.ask("t", ""), Lines{});
  EXPECT_EQ(to.ask("t", to.agent.id.value), Lines{"UPDATE t TASK_GONE"});
  to.bench.advance(10min);
  to.scheduler.told();
  EXPECT_EQ(to.ask("t", "expected"), Lines{"UPDATE t TASK_UNREACHABLE"});
  EXPECT_EQ(to.ask("t", ""), Lines{"UPDATE t TASK_UNKNOWN"});
}

// A scheduler with the tasks t1 (running), t2 (staging) and t3 (terminal, not acknowledged).
struct Known : testing::Test {
  Known() : agent(bench.add_agent()), scheduler(bench.subscribe(test_framework())) {
    for (const char* id : {"t1", "t2", "t3"}) {
      bench.round();
      bench.launch(scheduler, test_task(id, agent.id));
    }
    bench.suppress(scheduler);
    uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
    terminal = bench.update(agent, scheduler, "t3", mesos::v1::TASK_FINISHED);
    scheduler.told();
  }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
  std::string uuid;
  std::string terminal;
};

// SCH-229 SCH-230 SCH-137
TEST_F(Known, AnEmptyListIsAnsweredForEveryKnownTask) {
  bench.reconcile(scheduler);
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_RUNNING", "UPDATE t2 TASK_STAGING", "UPDATE t3 TASK_FINISHED"}));
  bench.acknowledge(scheduler, agent.id, "t3", terminal);
  bench.reconcile(scheduler);
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE t1 TASK_RUNNING", "UPDATE t2 TASK_STAGING"}));
}

// SCH-230
TEST(Reconcile, WithoutTasksThereAreNoEvents) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  scheduler.told();
  bench.reconcile(scheduler);
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-230
TEST_F(Known, TasksOnUnreachableAgentsAreNotListed) {
  agent.answers_pings = false;
  bench.advance(2min);
  scheduler.told();
  bench.reconcile(scheduler);
  EXPECT_EQ(scheduler.told(), Lines{});
}

// SCH-229 SCH-231
TEST_F(Known, AnAnswerSaysOnlyWhatTheMasterKnows) {
  link::ToMaster up;
  up.mutable_update()->mutable_framework_id()->set_value(scheduler.id.value);
  TaskStatus& status = *up.mutable_update()->mutable_status();
  status.mutable_task_id()->set_value("t1");
  status.mutable_executor_id()->set_value("t1");
  status.set_state(mesos::v1::TASK_RUNNING);
  status.set_reason(TaskStatus::REASON_TASK_HEALTH_CHECK_STATUS_UPDATED);
  status.set_message("private");
  status.set_data("private");
  status.set_uuid(std::string(16, 'u'));
  status.set_healthy(true);
  status.mutable_check_status()->set_type(mesos::v1::CheckInfo::TCP);
  status.mutable_container_status()->mutable_container_id()->set_value("c1");
  bench.say(agent, up);
  bench.reconcile(scheduler, {{"t1", {}}});
  const TaskStatus& answer = scheduler.status();
  EXPECT_EQ(answer.state(), mesos::v1::TASK_RUNNING);
  EXPECT_EQ(answer.reason(), TaskStatus::REASON_RECONCILIATION);
  EXPECT_EQ(answer.source(), TaskStatus::SOURCE_MASTER);
  EXPECT_EQ(answer.message(), "Reconciliation: Latest task state");
  EXPECT_EQ(answer.agent_id().value(), agent.id.value);
  EXPECT_TRUE(answer.healthy());
  EXPECT_EQ(answer.check_status().type(), mesos::v1::CheckInfo::TCP);
  EXPECT_EQ(answer.container_status().container_id().value(), "c1");
  EXPECT_FALSE(answer.has_uuid());
  EXPECT_FALSE(answer.has_data());
  EXPECT_FALSE(answer.has_executor_id());
}

// SCH-231
TEST_F(Known, TheReportedStateIsThatOfTheLastUpdateForwarded) {
  bench.update(agent, scheduler, "t2", mesos::v1::TASK_RUNNING, mesos::v1::TASK_FINISHED);
  scheduler.told();
  bench.reconcile(scheduler, {{"t2", {}}});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t2 TASK_RUNNING"});
}

// SCH-231 OPR-091
TEST_F(Known, AFrameworkThatWasAwayIsNotToldTheEndBeforeTheStatusesThatLeadToIt) {
  bench.disconnect(scheduler);
  bench.update(agent, scheduler, "t2", mesos::v1::TASK_STARTING, mesos::v1::TASK_FINISHED);
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(scheduler.id.value);
  FakeScheduler& again = bench.subscribe(info);
  again.told();
  bench.reconcile(again, {{"t2", {}}});
  EXPECT_EQ(again.told(), Lines{"UPDATE t2 TASK_STARTING"});
}

// SCH-231 OPR-091
TEST_F(Known, ARegistrationSaysWhichStatusComesNext) {
  mesos::v1::Task task = *bench.task(scheduler.id, "t2");
  task.set_state(mesos::v1::TASK_FINISHED);
  task.set_status_update_state(mesos::v1::TASK_STARTING);
  task.set_status_update_uuid(std::string(16, 'u'));
  mesos::v1::TaskStatus& status = *task.add_statuses();
  *status.mutable_task_id() = task.task_id();
  status.set_state(mesos::v1::TASK_FINISHED);
  bench.break_link(agent);
  bench.connect(agent, {task}, {*bench.snapshot().frameworks[0]->info});
  scheduler.told();
  bench.reconcile(scheduler, {{"t2", {}}});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t2 TASK_STARTING"});
}

// SCH-232
TEST_F(Known, AKnownTaskIsAnsweredWhateverAgentIsGiven) {
  bench.reconcile(scheduler, {{"t1", AgentId("wrong")}});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_RUNNING"});
}

// SCH-235 HA-097
TEST_F(Known, ARememberedUnreachableTaskIsUnreachableWithoutItsAgent) {
  agent.answers_pings = false;
  bench.advance(2min);
  scheduler.told();
  bench.reconcile(scheduler, {{"t1", {}}});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_UNREACHABLE"});
  EXPECT_EQ(scheduler.status().agent_id().value(), agent.id.value);
  EXPECT_TRUE(scheduler.status().has_unreachable_time());
}

// SCH-236 SCH-009
TEST_F(Known, ALaunchedTaskIsNeverUnknown) {
  bench.revive(scheduler);
  bench.round();
  scheduler.told();
  const OfferId offer(scheduler.offer().id().value());
  bench.accept(scheduler, {offer}, {test_task("t9", agent.id)});
  bench.reconcile(scheduler, {{"t9", {}}});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t9 TASK_STAGING"});
}

// SCH-237
TEST_F(Known, ManyThousandsAreAnsweredInTheOrderListed) {
  std::vector<std::pair<std::string, AgentId>> asked;
  Lines expected;
  for (int i = 20'000; i > 0; --i) {
    asked.emplace_back("u" + std::to_string(i), AgentId());
    expected.push_back("UPDATE u" + std::to_string(i) + " TASK_UNKNOWN");
  }
  bench.reconcile(scheduler, asked);
  EXPECT_EQ(scheduler.told(), expected);
}

// SCH-082
TEST_F(Known, AStatusForAFrameworkThatIsAwayIsNotSentLater) {
  bench.disconnect(scheduler);
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_KILLED);
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(scheduler.id.value);
  EXPECT_EQ(bench.subscribe(info).told(), Lines{"SUBSCRIBED M-0000"});
}

}  // namespace
}  // namespace stoa::master
