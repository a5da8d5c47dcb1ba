// Task groups on the default executor.
#include <signal.h>

#include "agent/executor_testing.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;

class TaskGroupsTest : public ExecutorBench {
 protected:
  void launch_group(const std::vector<v1::TaskInfo>& tasks, bool is_new = true,
                    const v1::FrameworkInfo& info = framework()) {
    world.run_group(info, default_executor(), tasks, is_new);
    world.settle();
  }
  void start_group(const std::vector<v1::TaskInfo>& tasks, const v1::FrameworkInfo& info = framework()) {
    world.start_and_register();
    launch_group(tasks, true, info);
  }
  void end(const std::string& task, int wait_status) {
    world.process_ends(world.container_of(key(task)), wait_status);
    world.settle();
  }
  int terminations(const std::string& task) {
    const auto found = world.containers.find(world.container_of(key(task)));
    return found == world.containers.end() ? -1 : found->second.terminations;
  }
};

// EXE-136 EXE-137 EXE-138
TEST_F(TaskGroupsTest, EachMemberRunsInAContainerNestedInTheExecutors) {
  start_group({test_task("a"), test_task("b")});
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
  EXPECT_EQ(world.states(key("b")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
  const auto executor = world.agent().snapshot().frameworks.at(0).executors.at(0);
  EXPECT_EQ(executor->info->executor_id().value(), "e");
  EXPECT_FALSE(executor->command);
  EXPECT_EQ(executor->stage, ExecutorStage::running);
  ASSERT_EQ(executor->tasks.size(), 2U);
  EXPECT_EQ(executor->tasks[0]->container.value.find(executor->container.value + "."), 0U);
  EXPECT_NE(executor->tasks[0]->container, executor->tasks[1]->container);
  EXPECT_EQ(executor->tasks[0]->task->executor_id().value(), "e");
  for (const auto& update : world.updates) {
    const auto& id = update->status().container_status().container_id();
    EXPECT_EQ(id.parent().value(), executor->container.value);
    EXPECT_EQ(id.value().find('.'), std::string::npos);
    EXPECT_EQ(update->status().executor_id().value(), "e");
    EXPECT_EQ(update->status().source(), v1::TaskStatus::SOURCE_EXECUTOR);
  }
  for (const auto& launch : world.effects_of<Launch>()) {
    EXPECT_EQ(launch.task->resources_size(), 1);
    EXPECT_EQ(launch.executor->executor_id().value(), "e");
  }
}

// EXE-140 AGT-071 AGT-070 EXE-139
TEST_F(TaskGroupsTest, AMembersSandboxLiesInTheExecutorsAndIsFoundByTheTasksName) {
  start_group({test_task("a")});
  const auto sandboxes = world.effects_of<PrepareSandbox>();
  ASSERT_EQ(sandboxes.size(), 2U);
  const std::string parent = "slaves/S0/frameworks/f/executors/e/runs/" + sandboxes[0].id.value;
  EXPECT_EQ(sandboxes[0].directory, parent);
  EXPECT_EQ(sandboxes[0].link, "slaves/S0/frameworks/f/executors/e/runs/latest");
  EXPECT_EQ(sandboxes[1].link, parent + "/tasks/a");
  const std::string own = sandboxes[1].id.value.substr(sandboxes[0].id.value.size() + 1);
  EXPECT_EQ(sandboxes[1].directory, parent + "/containers/" + own);
  EXPECT_EQ(world.effects_of<Launch>().front().directory, "/var/lib/stoa/" + sandboxes[1].directory);
}

// EXE-093 EXE-116
TEST_F(TaskGroupsTest, AMemberHasTheEnvironmentOfATaskOnItsExecutor) {
  start_group({test_task("a")});
  const auto launch = world.effects_of<Launch>().front();
  EXPECT_EQ(launch.environment.at("MESOS_EXECUTOR_ID"), "e");
  EXPECT_EQ(launch.environment.at("MESOS_ALLOCATION_ROLE"), "web");
  EXPECT_EQ(launch.environment.at("MESOS_CONTAINER_IP"), "192.0.2.7");
  EXPECT_EQ(launch.environment.at("MESOS_CONTAINER_IP6"), "2001:db8::7");
  EXPECT_EQ(launch.environment.at("MESOS_SANDBOX"), launch.directory);
}

// EXE-093
TEST_F(TaskGroupsTest, WithoutIPv4TheAddressOfTheContainerIsItsIPv6One) {
  world.config.addresses = {"2001:db8::7"};
  start_group({test_task("a")});
  EXPECT_EQ(world.effects_of<Launch>().front().environment.at("MESOS_CONTAINER_IP"), "2001:db8::7");
}

// EXE-154
TEST_F(TaskGroupsTest, AMembersUserIsItsOwnOrTheExecutors) {
  auto other = test_task("b");
  other.mutable_command()->set_user("other");
  start_group({test_task("a"), other});
  const auto launches = world.effects_of<Launch>();
  EXPECT_EQ(launches.at(0).user, "tester");
  EXPECT_EQ(launches.at(1).user, "other");
}

// EXE-142
TEST_F(TaskGroupsTest, AMemberThatFinishesLeavesTheOthersAlone) {
  start_group({test_task("a"), test_task("b")});
  end("a", 0);
  EXPECT_EQ(world.states(key("a")).back(), v1::TASK_FINISHED);
  EXPECT_EQ(terminations("b"), 0);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_RUNNING);
}

// EXE-142 EXE-136
TEST_F(TaskGroupsTest, AMemberThatFailsEndsItsGroupAndNoOther) {
  start_group({test_task("a"), test_task("b"), test_task("c")});
  launch_group({test_task("x"), test_task("y")}, false);
  end("a", 256);
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_FAILED);
  EXPECT_EQ(world.last_status(key("a")).message(), "Command exited with status 1");
  EXPECT_EQ(terminations("b"), 1);
  EXPECT_EQ(terminations("c"), 1);
  EXPECT_EQ(terminations("x"), 0);
  end("b", SIGTERM);
  world.advance(3s);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_KILLED);
  EXPECT_EQ(world.states(key("c")).back(), v1::TASK_KILLED);
  EXPECT_EQ(world.states(key("x")).back(), v1::TASK_RUNNING);
}

// EXE-144 EXE-142
TEST_F(TaskGroupsTest, WhatTheAgentKnowsOfAMembersEndIsPassedOn) {
  start_group({test_task("a"), test_task("b")});
  const ContainerId container = world.container_of(key("a"));
  world.containers.at(container).state = World::Container::State::exited;
  world.step(ContainerExited{
      .id = container, .wait_status = SIGKILL, .message = "Memory limit exceeded", .limit = Limit::memory});
  world.settle();
  EXPECT_EQ(world.last_status(key("a")).reason(), v1::TaskStatus::REASON_CONTAINER_LIMITATION_MEMORY);
  EXPECT_EQ(world.last_status(key("a")).message(), "Memory limit exceeded");
  EXPECT_EQ(terminations("b"), 1);
}

// EXE-143 EXE-122
TEST_F(TaskGroupsTest, AKilledMemberEndsKilledAndItsGroupFollows) {
  start_group({test_task("a"), test_task("b")}, framework({v1::FrameworkInfo::Capability::TASK_KILLING_STATE}));
  kill("a");
  EXPECT_EQ(terminations("a"), 1);
  EXPECT_EQ(terminations("b"), 0);
  world.advance(2999ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(1ms);
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_KILLING, v1::TASK_KILLED}));
  EXPECT_EQ(terminations("b"), 1);
  end("b", 0);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_KILLED);
}

// EXE-149
TEST_F(TaskGroupsTest, ARepeatedKillMayShortenTheGrace) {
  start_group({test_task("a")});
  kill("a", 20s);
  world.advance(5s);
  kill("a", 6s);
  world.advance(1s);
  EXPECT_EQ(world.states(key("a")).back(), v1::TASK_KILLED);
}

// EXE-150 EXE-125
TEST_F(TaskGroupsTest, AMemberOutOfTimeFailsAndItsGroupFollows) {
  auto limited = test_task("a");
  limited.mutable_max_completion_time()->set_nanoseconds(Duration(10s).count());
  start_group({limited, test_task("b")});
  world.advance(10s);
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_FAILED);
  EXPECT_EQ(world.last_status(key("a")).reason(), v1::TaskStatus::REASON_MAX_COMPLETION_TIME_REACHED);
  EXPECT_EQ(terminations("b"), 1);
}

// EXE-145
TEST_F(TaskGroupsTest, AMemberThatCannotBeLaunchedFailsAndTheRestIsKilled) {
  world.start_and_register();
  world.run_group(framework(), default_executor(), {test_task("a"), test_task("b")});
  while (world.launches.empty() && (world.do_to_agent() || world.do_persist() || world.do_sandbox())) {
  }
  ASSERT_EQ(world.launches.size(), 2U);
  world.do_launch(Error{Code::not_found, "executable 'x' not found"});
  world.settle();
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_FAILED);
  EXPECT_EQ(world.last_status(key("a")).message(), "Failed to launch container: executable 'x' not found");
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_KILLED);
  EXPECT_TRUE(world.containers.empty());
}

// EXE-145 EXE-061
TEST_F(TaskGroupsTest, NoMemberStartsIfOneHasNoSandbox) {
  world.start_and_register();
  world.run_group(framework(), default_executor(), {test_task("a"), test_task("b")});
  while (world.sandboxes.size() < 2 && (world.do_to_agent() || world.do_persist() || world.do_sandbox())) {
  }
  world.do_sandbox();
  EXPECT_TRUE(world.effects_of<Launch>().empty());
  world.do_sandbox(fail(Code::not_found, "No such user 'x'"));
  world.settle();
  EXPECT_TRUE(world.effects_of<Launch>().empty());
  expect_last("b", v1::TASK_FAILED, v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
              "Failed to launch container: No such user 'x'");
  expect_last("a", v1::TASK_KILLED, v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
              "Another task of its group could not be launched");
}

// EXE-145 EXE-094
TEST_F(TaskGroupsTest, AMemberWhoseSecretCannotBeResolvedFailsItsGroup) {
  auto secret = test_task("a");
  auto& variable = *secret.mutable_command()->mutable_environment()->add_variables();
  variable.set_name("PASSWORD");
  variable.set_type(v1::Environment::Variable::SECRET);
  variable.mutable_secret()->set_type(v1::Secret::REFERENCE);
  variable.mutable_secret()->mutable_reference()->set_name("vault");
  start_group({test_task("0"), secret, test_task("b")});
  EXPECT_EQ(world.states(key("a")).back(), v1::TASK_FAILED);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_KILLED);
  EXPECT_EQ(world.states(key("0")).back(), v1::TASK_KILLED);
  EXPECT_TRUE(world.containers.empty());
}

// EXE-103 SCH-168
TEST_F(TaskGroupsTest, TheKillOfAMemberWhoseSandboxIsBeingMadeKillsTheGroup) {
  world.start_and_register();
  world.run_group(framework(), default_executor(), {test_task("a"), test_task("b")});
  while (world.sandboxes.size() < 2 && (world.do_to_agent() || world.do_persist() || world.do_sandbox())) {
  }
  kill("a");
  EXPECT_TRUE(world.effects_of<Launch>().empty());
  for (const char* id : {"a", "b"})
    expect_last(id, v1::TASK_KILLED, v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
                "A task of its group was killed before delivery to the executor");
  EXPECT_EQ(executors(), 0U);
}

// EXE-147 EXE-102
TEST_F(TaskGroupsTest, TheExecutorEndsWithTheLastAcknowledgement) {
  start_group({test_task("a"), test_task("b")});
  end("a", 0);
  EXPECT_TRUE(exits().empty());
  world.acknowledges = false;
  end("b", 0);
  EXPECT_TRUE(exits().empty());
  world.acknowledge(*world.updates.back());
  world.settle();
  EXPECT_EQ(exits(), std::vector<int>{0});
  EXPECT_TRUE(world.store.contains({"agent", "self"}));
  EXPECT_EQ(world.store.size(), 1U);
}

// EXE-147
TEST_F(TaskGroupsTest, WithoutAcknowledgementsTheExecutorEndsAMinuteLater) {
  start_group({test_task("a")});
  world.acknowledges = false;
  end("a", 0);
  world.advance(60s - 1ms);
  EXPECT_TRUE(exits().empty());
  world.advance(1ms);
  EXPECT_EQ(exits(), std::vector<int>{0});
  EXPECT_EQ(world.agent().snapshot().frameworks.at(0).executors.at(0)->stage, ExecutorStage::terminated);
}

// EXE-136
TEST_F(TaskGroupsTest, AGroupThatComesMeanwhileKeepsTheExecutor) {
  start_group({test_task("a")});
  world.acknowledges = false;
  end("a", 0);
  world.advance(30s);
  launch_group({test_task("b")}, false);
  world.advance(1h);
  EXPECT_TRUE(exits().empty());
  EXPECT_EQ(world.containers.size(), 1U);
}

// EXE-148
TEST_F(TaskGroupsTest, ShutDownKillsEachMemberWithItsOwnGraceWithinTheExecutors) {
  auto quick = test_task("a");
  quick.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(Duration(1s).count());
  auto slow = test_task("b");
  slow.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(Duration(1h).count());
  start_group({quick});
  launch_group({slow}, false);
  shut_down();
  EXPECT_EQ(terminations("a"), 1);
  EXPECT_EQ(terminations("b"), 1);
  world.advance(1s);
  EXPECT_EQ(world.states(key("a")).back(), v1::TASK_KILLED);
  world.advance(4s - 1ms);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_RUNNING);
  world.advance(1ms);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_KILLED);
  EXPECT_EQ(exits(), std::vector<int>{0});
}

// EXE-135
TEST_F(TaskGroupsTest, ADefaultExecutorHasNoCommandAndNoImage) {
  world.start_and_register();
  auto info = default_executor();
  info.mutable_command()->set_value("x");
  world.run_group(partition_aware(), info, {test_task("a")});
  world.settle();
  expect_last("a", v1::TASK_DROPPED, v1::TaskStatus::REASON_TASK_INVALID,
              "'ExecutorInfo.command' must not be set for the 'DEFAULT' executor");
  info = default_executor();
  info.mutable_container()->set_type(v1::ContainerInfo::DOCKER);
  world.run_group(partition_aware(), info, {test_task("b")});
  world.settle();
  expect_last("b", v1::TASK_DROPPED, v1::TaskStatus::REASON_TASK_INVALID,
              "'ExecutorInfo.container.type' must be 'MESOS' for the 'DEFAULT' executor");
  EXPECT_EQ(exits().size(), 2U);
}

// EXE-153
TEST_F(TaskGroupsTest, ALoneTaskForTheDefaultExecutorIsAGroupOfOne) {
  world.start_and_register();
  auto lone = test_task("a");
  *lone.mutable_executor() = default_executor();
  world.run(framework(), lone);
  world.settle();
  launch_group({test_task("b")}, false);
  end("a", 256);
  EXPECT_EQ(world.states(key("a")).back(), v1::TASK_FAILED);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_RUNNING);
}

// EXE-108
TEST_F(TaskGroupsTest, ARemovedFrameworksGroupsEndWithoutAWord) {
  start_group({test_task("a"), test_task("b")});
  const std::size_t told = world.updates.size();
  remove_framework();
  EXPECT_EQ(terminations("a"), 1);
  world.advance(5s);
  EXPECT_TRUE(world.containers.empty());
  EXPECT_EQ(world.updates.size(), told);
  EXPECT_EQ(world.store.size(), 1U);
}

TEST_F(TaskGroupsTest, NobodyElseSpeaksForTheBuiltInExecutor) {
  start_group({test_task("a")});
  EXPECT_EQ(world.streams.at(subscribe()).result.error().code, Code::permission_denied);
  EXPECT_EQ(update(status("a", v1::TASK_FAILED)).error().code, Code::permission_denied);
}

}  // namespace
}  // namespace stoa::agent
