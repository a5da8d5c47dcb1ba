// An agent that drains.
#include <gtest/gtest.h>

#include "agent/checkpoint.h"
#include "agent/operations_testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using States = std::vector<int>;

const TaskKey task_a{FrameworkId("f"), TaskId("a")};
const TaskKey task_b{FrameworkId("f"), TaskId("b")};

v1::FrameworkInfo framework(std::initializer_list<v1::FrameworkInfo::Capability::Type> capabilities = {}) {
  auto info = test_framework("f");
  for (const auto type : capabilities) info.add_capabilities()->set_type(type);
  return info;
}

v1::TaskInfo patient_task(Duration grace) {
  auto task = test_task("a");
  task.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(grace.count());
  return task;
}

class DrainTest : public testing::Test {
 protected:
  DrainTest() : world(disk_config()) {}
  void TearDown() override { EXPECT_EQ(world.broken, std::vector<std::string>()); }

  void run(const v1::FrameworkInfo& info, const v1::TaskInfo& task) {
    world.start_and_register();
    world.run(info, task);
    world.settle();
  }
  void drain(std::optional<Duration> grace_max = std::nullopt, bool mark_gone = false) {
    link::ToAgent message;
    auto& config = *message.mutable_drain()->mutable_config();
    if (grace_max) config.mutable_max_grace_period()->set_nanoseconds(grace_max->count());
    config.set_mark_gone(mark_gone);
    world.say(std::move(message));
    world.settle();
  }
  const World::Container& container(const TaskKey& key = task_a) const {
    return world.containers.at(world.container_of(key));
  }
  bool draining() const { return world.agent().snapshot().drain_config != nullptr; }

  World world;
};

// AGT-180 AGT-182 AGT-183
TEST_F(DrainTest, EveryTaskIsKilledAndTheConfigGoesWhenNothingIsOwed) {
  run(framework(), patient_task(10s));
  world.acknowledges = false;
  const WallSeconds start = world.now.wall;
  drain();
  EXPECT_EQ(container().terminations, 1);
  EXPECT_EQ(world.stored_count(drain_kind), 1);
  EXPECT_EQ(world.agent().snapshot().drain_since, start);
  world.advance(9s);
  EXPECT_FALSE(container().destroyed);
  world.advance(2s);
  world.settle();
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_KILLED);
  EXPECT_TRUE(draining()) << "the terminal update is not acknowledged";
  world.acknowledges = true;
  world.advance(30s);
  EXPECT_FALSE(draining());
  EXPECT_EQ(world.stored_count(drain_kind), 0);
}

// AGT-180
TEST_F(DrainTest, TheConfigIsStoredBeforeTheFirstKill) {
  run(framework(), test_task("a"));
  link::ToAgent message;
  message.mutable_drain()->mutable_config();
  world.say(std::move(message));
  world.do_to_agent();
  EXPECT_EQ(container().terminations, 0);
  world.settle();
  EXPECT_EQ(container().terminations, 1);
}

// AGT-180
TEST_F(DrainTest, ATasksGraceIsBoundedAndNeverLengthened) {
  run(framework(), patient_task(100s));
  world.run(framework(), test_task("b"));  // 3 s, the default.
  world.settle();
  drain(5s);
  world.advance(3500ms);
  EXPECT_EQ(world.states(task_b).back(), v1::TASK_KILLED);
  EXPECT_FALSE(container().destroyed);
  world.advance(2s);
  world.settle();
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_KILLED);
}

// AGT-180
TEST_F(DrainTest, ItIsIdempotentAndAShorterGraceShortensIt) {
  run(framework(), patient_task(100s));
  const WallSeconds start = world.now.wall;
  drain();
  world.advance(2s);
  drain();
  EXPECT_EQ(container().terminations, 1);
  EXPECT_EQ(world.agent().snapshot().drain_since, start);
  drain(3s);
  world.advance(1500ms);
  world.settle();
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_KILLED);
}

// AGT-180
TEST_F(DrainTest, WithNothingRunningItIsNothing) {
  world.start_and_register();
  drain();
  EXPECT_FALSE(draining());
  EXPECT_EQ(world.stored_count(drain_kind), 0);
  world.run(framework(), test_task("a"));
  world.settle();
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_RUNNING);
}

// AGT-051 AGT-181
TEST_F(DrainTest, TasksThatArriveAreDropped) {
  run(framework({v1::FrameworkInfo::Capability::PARTITION_AWARE}), test_task("a"));
  drain();
  world.run(framework({v1::FrameworkInfo::Capability::PARTITION_AWARE}), test_task("b"));
  world.settle();
  EXPECT_EQ(world.last_status(task_b).state(), v1::TASK_DROPPED);
  EXPECT_EQ(world.last_status(task_b).reason(), v1::TaskStatus::REASON_AGENT_DRAINING);
  EXPECT_EQ(world.last_status(task_b).message(), "Task was received while agent was already draining");
}

// AGT-181 AGT-182
TEST_F(DrainTest, AnOperationThatWasAcceptedIsFinishedFirst) {
  world.start_and_register();
  world.say(apply_message(reserve(reserved("disk", 300)), "r", true));
  world.say(apply_message(create(volume("x")), "c", true));
  while (world.do_to_agent()) {
  }
  link::ToAgent message;
  message.mutable_drain()->mutable_config();
  world.say(std::move(message));
  while (world.do_to_agent()) {
  }
  EXPECT_TRUE(draining());
  world.settle();
  EXPECT_FALSE(draining());
  EXPECT_EQ(world.outcomes.back()->status().state(), v1::OPERATION_FINISHED);
}

// AGT-094 AGT-180
TEST_F(DrainTest, TheNextLifeGoesOnWithIt) {
  run(framework(), patient_task(10s));
  link::ToAgent message;
  message.mutable_drain()->mutable_config();
  world.say(std::move(message));
  world.do_to_agent();
  world.commit(world.persists.front());  // The agent dies before it kills.
  world.start_and_register();
  EXPECT_EQ(container().terminations, 1);
  EXPECT_TRUE(world.registrations.back()->has_drain_config());
  world.advance(11s);
  world.settle();
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_KILLED);
  EXPECT_FALSE(draining());
  world.start_and_register();
  EXPECT_FALSE(world.registrations.back()->has_drain_config());
}

// EXE-080 SCH-227
TEST_F(DrainTest, WhatItKillsIsToldToBeDrained) {
  run(framework({v1::FrameworkInfo::Capability::TASK_KILLING_STATE}), test_task("a"));
  drain();
  EXPECT_EQ(world.last_status(task_a).state(), v1::TASK_KILLING);
  EXPECT_EQ(world.last_status(task_a).reason(), v1::TaskStatus::REASON_AGENT_DRAINING);
  world.process_ends(world.container_of(task_a), 15);
  world.settle();
  EXPECT_EQ(world.last_status(task_a).state(), v1::TASK_KILLED);
  EXPECT_EQ(world.last_status(task_a).reason(), v1::TaskStatus::REASON_AGENT_DRAINING);
  EXPECT_TRUE(world.last_status(task_a).has_message());
}

// EXE-080 SCH-227
TEST_F(DrainTest, WithMarkGoneOnlyAKilledTaskOfAPartitionAwareFrameworkIsGone) {
  using Capability = v1::FrameworkInfo::Capability;
  run(framework({Capability::TASK_KILLING_STATE, Capability::PARTITION_AWARE}), test_task("a"));
  drain(std::nullopt, true);
  EXPECT_EQ(world.last_status(task_a).state(), v1::TASK_KILLING);
  world.process_ends(world.container_of(task_a), 15);
  world.settle();
  EXPECT_EQ(world.last_status(task_a).state(), v1::TASK_GONE_BY_OPERATOR);
}

// EXE-080
TEST_F(DrainTest, WithMarkGoneOthersAreToldTheTaskWasKilled) {
  run(framework(), test_task("a"));
  drain(std::nullopt, true);
  world.process_ends(world.container_of(task_a), 15);
  world.settle();
  EXPECT_EQ(world.last_status(task_a).state(), v1::TASK_KILLED);
}

// AGT-187 AGT-035
TEST_F(DrainTest, AnAgentThatIsMarkedGoneLeavesAndItsVolumesStay) {
  world.start_and_register();
  world.say(apply_message(reserve(reserved("disk", 300)), "r", true));
  world.say(apply_message(create(volume("x")), "c", true));
  world.run(framework(), test_task("a"));
  world.settle();
  const auto disk = world.disk;
  ASSERT_EQ(disk.size(), 1);
  drain(0s, true);
  world.settle();
  link::ToAgent shutdown;
  shutdown.mutable_shutdown()->set_message("marked gone");
  world.say(shutdown);
  world.settle();
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.disk, disk);
  world.latest_agent.clear();
  world.assigned_id = "S1";
  world.start_and_register();
  EXPECT_EQ(world.disk, disk);
  EXPECT_NE(world.agent().snapshot().total->to_text().find("x:data-x"), std::string::npos);
}

}  // namespace
}  // namespace stoa::agent
