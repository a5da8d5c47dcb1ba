// The next life of an agent.
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>

#include "agent/checkpoint.h"
#include "agent/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using States = std::vector<int>;

const TaskKey task_a{FrameworkId("f"), TaskId("a")};

class RecoveryTest : public testing::Test {
 protected:
  void run(bool checkpoint = true) {
    world.start_and_register();
    world.run(test_framework("f", checkpoint), test_task("a"));
    world.settle();
  }
  void configure(const std::function<void(v1::AgentInfo&)>& change) {
    v1::AgentInfo info = *world.config.info;
    change(info);
    world.config.info = std::make_shared<const v1::AgentInfo>(info);
  }
  void TearDown() override { EXPECT_EQ(world.broken, std::vector<std::string>()); }

  World world;
};

// AGT-032 AGT-080 AGT-081
TEST_F(RecoveryTest, RunningTasksGoOnAndTheIdIsKept) {
  run();
  world.start_and_register();
  const auto& again = *world.registrations.back();
  EXPECT_EQ(again.agent_info().id().value(), "S0");
  ASSERT_EQ(again.tasks_size(), 1);
  EXPECT_EQ(again.tasks(0).state(), v1::TASK_RUNNING);
  EXPECT_EQ(world.containers.begin()->second.terminations, 0);
  world.process_ends(world.container_of(task_a), 0);
  world.settle();
  EXPECT_EQ(world.states(task_a), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_FINISHED}));
}

// AGT-032 AGT-081 SCH-216 HA-133
TEST_F(RecoveryTest, WhatEndedMeanwhileAndWhatIsUnacknowledgedIsTold) {
  world.acknowledges = false;
  run();
  world.process_ends(world.container_of(task_a), 256);
  world.acknowledges = true;
  world.start_and_register();
  EXPECT_EQ(world.states(task_a), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_FAILED}));
  EXPECT_EQ(world.last_status(task_a).message(), "Command exited with status 1");
}

// AGT-064 SCH-216
TEST_F(RecoveryTest, TheStreamGoesOnAtTheFirstUnacknowledgedUpdateWithTheSameUuid) {
  world.acknowledges = false;
  run();
  const std::string uuid = world.last_status(task_a).uuid();
  world.start_and_register();
  EXPECT_EQ(world.updates.back()->status().uuid(), uuid);
  world.acknowledge(task_a, uuid);
  world.settle();
  EXPECT_EQ(world.states(task_a), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
  world.start_and_register();
  EXPECT_EQ(world.updates.back()->status().state(), v1::TASK_RUNNING);
}

// AGT-056 EXE-045
TEST_F(RecoveryTest, ATaskThatWasAcceptedAndNeverStartedIsDropped) {
  world.start_and_register();
  world.run(test_framework("f"), test_task("a"));
  world.do_to_agent();
  world.do_persist();
  world.start_and_register();
  EXPECT_EQ(world.states(task_a), States{v1::TASK_LOST});
  EXPECT_EQ(world.last_status(task_a).reason(), v1::TaskStatus::REASON_AGENT_RESTARTED);
  EXPECT_EQ(world.last_status(task_a).message(), "Task launched during agent restart");
}

// AGT-081 SCH-032
TEST_F(RecoveryTest, TasksOfFrameworksThatDoNotCheckpointAreKilledAndNotRecovered) {
  run(false);
  world.owned.clear();
  world.start_and_register();
  EXPECT_TRUE(world.containers.empty());
  EXPECT_EQ(world.registrations.back()->tasks_size(), 0);
  EXPECT_EQ(world.stored_count("task") + world.stored_count("progress") + world.stored_count("framework"), 0U);
}

// AGT-082 HA-119
TEST_F(RecoveryTest, ARebootEndsAllTasksAndKeepsTheId) {
  run();
  world.boot_id = "boot-2";
  world.start_and_register();
  EXPECT_EQ(world.registrations.back()->agent_info().id().value(), "S0");
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_FAILED);
  EXPECT_EQ(world.effects_of<RecoverContainers>().front().known, std::vector<ContainerId>());
}

// AGT-082
TEST_F(RecoveryTest, ARebootWithAnotherConfigurationMakesANewAgent) {
  run();
  world.boot_id = "boot-2";
  configure([](v1::AgentInfo& info) { info.set_hostname("renamed.example"); });
  world.owned.clear();
  world.assigned_id = "S1";
  world.start_and_register();
  EXPECT_FALSE(world.registrations.back()->agent_info().has_id());
  EXPECT_EQ(world.latest_agent, "S1");
}

// AGT-083
TEST_F(RecoveryTest, AnotherConfigurationWithoutRebootStopsTheAgentAndLeavesTheContainers) {
  run();
  configure([](v1::AgentInfo& info) { info.mutable_resources(0)->mutable_scalar()->set_value(2); });
  world.start();
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.exit->code, 1);
  EXPECT_NE(world.exit->message.find("Incompatible agent info detected"), std::string::npos);
  EXPECT_NE(world.exit->message.find("meta/slaves/latest"), std::string::npos);
  EXPECT_EQ(world.effects.size(), 1U);
  world.config.reconfiguration_additive = true;
  world.start();
  ASSERT_TRUE(world.exit);
  EXPECT_NE(world.exit->message.find("Configuration change not permitted under 'additive' policy: Value of scalar "
                                     "resource 'cpus' decreased from 4 to 2"),
            std::string::npos);
}

// AGT-084
TEST_F(RecoveryTest, TheEqualPolicyHoldsHostPortResourcesAttributesAndDomain) {
  const v1::AgentInfo before = *world.config.info;
  EXPECT_TRUE(check_reconfiguration(before, before, false).has_value());
  for (const auto& change : std::vector<std::function<void(v1::AgentInfo&)>>{
           [](v1::AgentInfo& info) { info.set_hostname("x"); }, [](v1::AgentInfo& info) { info.set_port(1); },
           [](v1::AgentInfo& info) { info.mutable_resources(0)->mutable_scalar()->set_value(5); },
           [](v1::AgentInfo& info) {
             info.add_attributes()->set_name("rack");
             info.mutable_attributes(0)->set_type(v1::Value::TEXT);
           },
           [](v1::AgentInfo& info) {
             info.mutable_domain()->mutable_fault_domain()->mutable_region()->set_name("r");
             info.mutable_domain()->mutable_fault_domain()->mutable_zone()->set_name("z");
           }}) {
    v1::AgentInfo now = before;
    change(now);
    EXPECT_FALSE(check_reconfiguration(before, now, false).has_value()) << now.ShortDebugString();
  }
}

// AGT-084 AGT-085
TEST_F(RecoveryTest, TheAdditivePolicyAllowsMoreAndRemembersIt) {
  world.config.reconfiguration_additive = true;
  run();
  configure([](v1::AgentInfo& info) { info.mutable_resources(0)->mutable_scalar()->set_value(8); });
  world.start_and_register();
  EXPECT_EQ(world.registrations.back()->agent_info().resources(0).scalar().value(), 8);
  configure([](v1::AgentInfo& info) { info.mutable_resources(0)->mutable_scalar()->set_value(4); });
  world.start();
  EXPECT_TRUE(world.exit);
}

// AGT-073
TEST_F(RecoveryTest, WithoutTheLinkToItsDirectoryItStartsAsANewAgent) {
  run();
  world.latest_agent.clear();
  world.owned.clear();
  world.assigned_id = "S1";
  world.start_and_register();
  EXPECT_FALSE(world.registrations.back()->agent_info().has_id());
  EXPECT_TRUE(world.containers.empty());
  EXPECT_EQ(world.stored_count("task"), 0U);
}

// AGT-086
TEST_F(RecoveryTest, AnUnreadableRecordStopsAStrictAgentNamingIt) {
  run();
  world.store[{"task", "f/a"}] = "\xff\xff garbage";
  world.start();
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.exit->code, 1);
  EXPECT_NE(world.exit->message.find("task/f/a"), std::string::npos);
  world.config.strict = false;
  world.owned.clear();
  world.start_and_register();
  EXPECT_TRUE(world.alive());
  EXPECT_EQ(world.registrations.back()->agent_info().id().value(), "S0");
}

// AGT-087
TEST_F(RecoveryTest, AnEmptyRecordCountsAsNeverWritten) {
  run();
  world.store[{"task", "f/b"}] = "";
  world.start_and_register();
  EXPECT_TRUE(world.alive());
  EXPECT_EQ(world.registrations.back()->tasks_size(), 1);
}

// AGT-080
TEST_F(RecoveryTest, CleanupEndsAllExecutorsAndExitsWithoutRegistering) {
  run();
  const std::size_t registrations = world.registrations.size();
  world.config.recover_cleanup = true;
  world.start();
  world.settle();
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.exit->code, 0);
  EXPECT_TRUE(world.containers.empty());
  EXPECT_EQ(world.registrations.size(), registrations);
}

// AGT-091
TEST_F(RecoveryTest, ContainersWithoutARecordAreDestroyed) {
  world.containers[ContainerId("orphan")] = {.state = World::Container::State::running};
  world.start_and_register();
  EXPECT_TRUE(world.containers.empty());
}

// EXE-121
TEST_F(RecoveryTest, AKillIsCarriedOnByTheNextLife) {
  run();
  world.kill(task_a);
  world.settle();
  world.start();
  world.settle();
  EXPECT_EQ(world.containers.begin()->second.terminations, 2);
  world.advance(10s);
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_KILLED);
}

// EXE-122
TEST_F(RecoveryTest, AGraceThatWasShortenedStaysShort) {
  run();
  world.kill(task_a, 1h);
  world.kill(task_a, 5s);
  world.settle();
  world.start();
  world.settle();
  world.advance(5s);
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_KILLED);
}

// EXE-125
TEST_F(RecoveryTest, ARestartDoesNotResetTheCompletionTime) {
  world.start_and_register();
  auto task = test_task("a");
  task.mutable_max_completion_time()->set_nanoseconds(Duration(60s).count());
  world.run(test_framework("f"), task);
  world.settle();
  world.advance(50s);
  world.start();
  world.settle();
  world.advance(9s);
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_RUNNING);
  world.advance(2s);
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_FAILED);
  EXPECT_EQ(world.last_status(task_a).reason(), v1::TaskStatus::REASON_MAX_COMPLETION_TIME_REACHED);
}

}  // namespace
}  // namespace stoa::agent
