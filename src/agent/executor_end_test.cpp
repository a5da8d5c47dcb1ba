// How executors that outlive their tasks end, and what their tasks are told.
#include <signal.h>

#include <algorithm>

#include "agent/executor_testing.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using Event = v1::executor::Event;

class ExecutorEndTest : public ExecutorBench {};

// EXE-096
TEST_F(ExecutorEndTest, AnExecutorThatDoesNotSubscribeInTimeIsDestroyedAndItsTasksFail) {
  world.start_and_register();
  launch("a");
  launch_another("b");
  world.advance(1min - 1ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(1ms);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  for (const char* id : {"a", "b"})
    expect_last(id, v1::TASK_FAILED, v1::TaskStatus::REASON_EXECUTOR_REGISTRATION_TIMEOUT,
                "Executor did not register within 1mins");
}

// EXE-096
TEST_F(ExecutorEndTest, TheTimeToSubscribeBeginsWhenTheProcessRuns) {
  world.start_and_register();
  world.run(framework(), task("a"));
  while (world.do_to_agent() || world.do_persist() || world.do_sandbox()) {
  }
  world.now.steady += 10min;
  world.tick();
  world.do_launch();
  world.advance(59s);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  EXPECT_EQ(types(subscribe()), (Types{Event::SUBSCRIBED, Event::LAUNCH}));
  world.advance(1h);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
}

// EXE-097
TEST_F(ExecutorEndTest, AContainerThatCannotBeLaunchedFailsAllTasks) {
  world.start_and_register();
  world.run(framework(), task("a"));
  world.run(framework(), task("b"), false);
  while (world.do_to_agent() || world.do_persist() || world.do_sandbox()) {
  }
  world.do_launch(Error{Code::not_found, "executable 'x' not found"});
  world.settle();
  for (const char* id : {"a", "b"})
    expect_last(id, v1::TASK_FAILED, v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
                "Failed to launch container: executable 'x' not found");
  EXPECT_EQ(exits(), std::vector<int>{wait_status_unknown});
  EXPECT_EQ(world.stored_count("executor"), 0U);
}

// EXE-118 AGT-051
TEST_F(ExecutorEndTest, ASandboxThatCannotBeMadeDropsAllTasks) {
  world.start_and_register();
  world.run(partition_aware(), task("a"));
  while (world.do_to_agent() || world.do_persist()) {
  }
  world.do_sandbox(fail(Code::not_found, "No such user 'x'"));
  world.settle();
  expect_last("a", v1::TASK_DROPPED, v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
              "Failed to prepare the sandbox: No such user 'x'");
  EXPECT_EQ(exits(), std::vector<int>{wait_status_unknown});
}

// EXE-098 EXE-048
TEST_F(ExecutorEndTest, AContainerThatCannotBeResizedIsDestroyed) {
  world.start_and_register();
  launch("a", partition_aware());
  world.subscribe(call());
  while (world.do_persist()) {
  }
  world.do_resize(fail(Code::internal, "EBUSY"));
  world.settle();
  expect_last("a", v1::TASK_GONE, v1::TaskStatus::REASON_CONTAINER_UPDATE_FAILED,
              "Failed to update the resources of the container: EBUSY");
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
}

// EXE-099 EXE-102 EXE-178
TEST_F(ExecutorEndTest, AnExecutorThatEndsByItselfTakesItsTasksAlong) {
  launch_and_subscribe("a");
  launch_another("b");
  update(status("a", v1::TASK_RUNNING));
  update(status("b", v1::TASK_FINISHED));
  end_executor(0);
  expect_last("a", v1::TASK_FAILED, v1::TaskStatus::REASON_EXECUTOR_TERMINATED, "Executor terminated");
  EXPECT_EQ(world.states(key("b")), States{v1::TASK_FINISHED});
  ASSERT_EQ(exits(), std::vector<int>{0});
  const auto& told = world.from_executors.back()->executor_exited();
  EXPECT_EQ(told.framework_id().value(), "f");
  EXPECT_EQ(told.executor_id().value(), "e");
}

// EXE-102
TEST_F(ExecutorEndTest, AnEndBetweenRegisterAndItsAnswerIsToldAfterIt) {
  launch_and_subscribe("a");
  world.registers = false;
  world.break_link();
  world.advance(3s);
  ASSERT_EQ(world.registrations.back()->executors_size(), 1);
  end_executor(0);
  EXPECT_EQ(exits(), std::vector<int>());
  link::ToAgent answer;
  answer.mutable_registered()->mutable_agent_id()->set_value(world.assigned_id);
  world.say(std::move(answer));
  world.settle();
  EXPECT_EQ(exits(), std::vector<int>{0});
}

// EXE-099 EXE-101
TEST_F(ExecutorEndTest, ALimitThatWasHitIsTheReason) {
  launch_and_subscribe();
  v1::TaskResourceLimitation limitation;
  auto& memory = *limitation.add_resources();
  memory.set_name("mem");
  memory.set_type(v1::Value::SCALAR);
  memory.mutable_scalar()->set_value(64);
  const ContainerId container = world.newest_executor.at(executor_key());
  world.containers.at(container).state = World::Container::State::exited;
  world.step(ContainerExited{.id = container,
                             .wait_status = SIGKILL,
                             .message = "Memory limit exceeded",
                             .limit = Limit::memory,
                             .limitation = std::make_shared<const v1::TaskResourceLimitation>(limitation)});
  world.settle();
  expect_last("a", v1::TASK_FAILED, v1::TaskStatus::REASON_CONTAINER_LIMITATION_MEMORY, "Memory limit exceeded");
  EXPECT_EQ(world.last_status(key("a")).limitation().resources(0).name(), "mem");
  EXPECT_EQ(exits(), std::vector<int>{SIGKILL});
}

// EXE-065 EXE-100
TEST_F(ExecutorEndTest, ShutDownIsAWordAndAfterTheGraceTheEnd) {
  const StreamNumber stream = launch_and_subscribe();
  shut_down();
  EXPECT_EQ(types(stream).back(), Event::SHUTDOWN);
  EXPECT_EQ(world.agent().snapshot().frameworks.at(0).executors.at(0)->stage, ExecutorStage::terminating);
  world.advance(5s - 1ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(1ms);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  expect_last("a", v1::TASK_FAILED, v1::TaskStatus::REASON_EXECUTOR_TERMINATED, "Executor terminated");
  EXPECT_EQ(exits(), std::vector<int>{SIGKILL});
  EXPECT_TRUE(world.streams.at(stream).closed);
}

// EXE-100
TEST_F(ExecutorEndTest, TheGraceOfShutdownIsTheExecutorsOwnIfItNamesOne) {
  world.start_and_register();
  auto first = task("a");
  first.mutable_executor()->mutable_shutdown_grace_period()->set_nanoseconds(Duration(20s).count());
  world.run(framework(), first);
  world.settle();
  subscribe();
  shut_down();
  EXPECT_TRUE(update(status("a", v1::TASK_KILLED)).has_value());
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_KILLED});
  world.advance(20s - 1ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(1ms);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
}

// EXE-042
TEST_F(ExecutorEndTest, WhoSubscribesWhileItHasToEndIsToldThatAlone) {
  const StreamNumber first = launch_and_subscribe();
  shut_down();
  world.close_stream(first);
  const StreamNumber second = subscribe();
  EXPECT_TRUE(world.streams.at(second).result.has_value());
  EXPECT_EQ(types(second), Types{Event::SHUTDOWN});
  EXPECT_TRUE(world.streams.at(second).closed);
  world.acknowledges = false;
  end_executor(0);
  const StreamNumber third = subscribe();
  EXPECT_EQ(types(third), Types{Event::SHUTDOWN});
}

// EXE-042 EXE-108 AGT-092
TEST_F(ExecutorEndTest, ARemovedFrameworksExecutorIsShutDownAndNobodyIsTold) {
  const StreamNumber first = launch_and_subscribe();
  remove_framework();
  EXPECT_EQ(types(first).back(), Event::SHUTDOWN);
  EXPECT_EQ(types(subscribe()), Types{Event::SHUTDOWN});
  EXPECT_EQ(world.stored_count("executor") + world.stored_count("task") + world.stored_count("framework"), 0U);
  world.advance(5s);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  EXPECT_EQ(world.states(key("a")), States());
  EXPECT_TRUE(world.containers.empty());
  EXPECT_TRUE(world.streams.at(first).closed);
}

// EXE-042 AGT-035 AGT-184
TEST_F(ExecutorEndTest, AnAgentThatLeavesShutsItsExecutorsDownAndWaitsForThem) {
  const StreamNumber stream = launch_and_subscribe();
  world.step(Leave{"SIGUSR1"});
  world.settle();
  EXPECT_EQ(types(stream).back(), Event::SHUTDOWN);
  EXPECT_EQ(types(subscribe()), Types{Event::SHUTDOWN});
  EXPECT_FALSE(world.exit);
  end_executor(0);
  ASSERT_TRUE(world.exit);
  EXPECT_TRUE(world.store.empty());
}

// EXE-103 AGT-058
TEST_F(ExecutorEndTest, ATaskKilledBeforeDeliveryNeverRuns) {
  world.start_and_register();
  launch("a");
  launch_another("b");
  kill("b");
  expect_last("b", v1::TASK_KILLED, v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
              "Killed before delivery to the executor");
  EXPECT_EQ(delivered(subscribe()), std::vector<std::string>{"a"});
}

// EXE-103
TEST_F(ExecutorEndTest, OfAGroupThatWasNotDeliveredTheKillOfOneKillsAll) {
  world.start_and_register();
  launch("a");
  world.run_group(framework(), executor(), {task("b"), task("c")}, false);
  world.settle();
  kill("c");
  for (const char* id : {"b", "c"})
    expect_last(id, v1::TASK_KILLED, v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
                "A task of its group was killed before delivery to the executor");
  EXPECT_EQ(delivered(subscribe()), std::vector<std::string>{"a"});
}

// EXE-103
TEST_F(ExecutorEndTest, ATaskKilledWhileItsContainerGrowsIsNotDelivered) {
  world.start_and_register();
  launch("a");
  launch_another("b");
  const StreamNumber stream = world.subscribe(call());
  while (world.do_persist()) {
  }
  world.kill(key("b"));
  world.do_to_agent();
  world.settle();
  EXPECT_EQ(delivered(stream), std::vector<std::string>{"a"});
}

// EXE-105
TEST_F(ExecutorEndTest, AnExecutorLeftWithoutTheTasksItWasStartedForIsEnded) {
  world.start_and_register();
  launch("a");
  kill("a");
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  EXPECT_EQ(world.effects_of<Signal>().size(), 0U);
  EXPECT_EQ(executors(), 0U);
  EXPECT_EQ(exits().size(), 1U);
}

// EXE-105
TEST_F(ExecutorEndTest, AnExecutorWhoseTasksAreKilledWhileItsSandboxIsMadeIsNeverStarted) {
  world.start_and_register();
  world.run(framework(), task("a"));
  while (world.do_to_agent() || world.do_persist()) {
  }
  world.kill(key("a"));
  world.settle();
  EXPECT_TRUE(world.effects_of<Launch>().empty());
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_KILLED);
  EXPECT_EQ(exits(), std::vector<int>{wait_status_unknown});
}

// EXE-105
TEST_F(ExecutorEndTest, OneThatHasSubscribedIsAskedToEnd) {
  world.start_and_register();
  launch("a");
  const StreamNumber stream = world.subscribe(call());
  while (world.do_persist()) {
  }
  world.kill(key("a"));  // While the container grows for it.
  world.settle();
  EXPECT_EQ(types(stream), (Types{Event::SUBSCRIBED, Event::SHUTDOWN}));
  world.advance(5s);
  EXPECT_EQ(executors(), 0U);
}

// EXE-104
TEST_F(ExecutorEndTest, AKillOfATaskThatHasEndedSaysNothing) {
  const StreamNumber stream = launch_and_subscribe();
  world.acknowledges = false;
  update(status("a", v1::TASK_FINISHED));
  kill("a");
  EXPECT_EQ(types(stream).back(), Event::ACKNOWLEDGED);
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_FINISHED});
}

// EXE-106
TEST_F(ExecutorEndTest, AnEndedExecutorIsKeptUntilItsTasksLastUpdatesAreAcknowledged) {
  launch_and_subscribe();
  world.acknowledges = false;
  end_executor(256);
  EXPECT_EQ(world.stored_count("executor"), 1U);
  auto snapshot = world.agent().snapshot();
  EXPECT_EQ(snapshot.frameworks.at(0).executors.at(0)->stage, ExecutorStage::terminated);
  world.acknowledge(*world.updates.back());
  world.settle();
  EXPECT_EQ(world.stored_count("executor"), 0U);
  snapshot = world.agent().snapshot();
  ASSERT_EQ(snapshot.completed_frameworks.size(), 1U);
  const auto& completed = snapshot.completed_frameworks[0].completed_executors.at(0);
  EXPECT_EQ(completed->info->executor_id().value(), "e");
  EXPECT_FALSE(completed->command);
  EXPECT_EQ(completed->tasks.at(0)->stage, TaskStage::completed);
  EXPECT_NE(completed->directory.find("/executors/e/runs/"), std::string::npos);
}

// EXE-106 EXE-176
TEST_F(ExecutorEndTest, TheNameIsFreeAgainAfterThat) {
  launch_and_subscribe("a");
  const ContainerId first = world.newest_executor.at(executor_key());
  end_executor(0);
  launch("b");
  EXPECT_NE(world.newest_executor.at(executor_key()), first);
  EXPECT_EQ(delivered(subscribe()), std::vector<std::string>{"b"});
}

TEST_F(ExecutorEndTest, ADrainKillsItsTasksAndThenEndsIt) {
  const StreamNumber stream = launch_and_subscribe();
  update(status("a", v1::TASK_RUNNING, '1'));
  link::ToAgent order;
  order.mutable_drain()->mutable_config();
  world.say(order);
  world.settle();
  EXPECT_EQ(types(stream).back(), Event::KILL);
  update(status("a", v1::TASK_KILLED, '2'));
  EXPECT_EQ(world.last_status(key("a")).reason(), v1::TaskStatus::REASON_AGENT_DRAINING);
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_KILLED);
  const auto told = types(stream);
  EXPECT_NE(std::ranges::find(told, Event::SHUTDOWN), told.end());
  end_executor(0);
  EXPECT_EQ(world.stored_count("drain"), 0U);
}

// AGT-203
TEST_F(ExecutorEndTest, OfTheTasksOfAnExecutorTheNewestTwoHundredAreRemembered) {
  launch_and_subscribe("t0");
  for (int i = 0; i < 205; ++i) {
    update(status("t" + std::to_string(i), v1::TASK_FINISHED));
    launch_another("t" + std::to_string(i + 1));
  }
  const auto snapshot = world.agent().snapshot();
  const auto& tasks = snapshot.frameworks.at(0).executors.at(0)->tasks;
  ASSERT_EQ(tasks.size(), 201U);
  EXPECT_EQ(tasks.front()->id, TaskId("t5"));
}

}  // namespace
}  // namespace stoa::agent
