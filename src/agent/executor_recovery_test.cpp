// What becomes of executors when their agent dies and comes back.
#include <signal.h>

#include "agent/executor_testing.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using Event = v1::executor::Event;

class ExecutorRecoveryTest : public ExecutorBench {
 protected:
  // A new life, up to where the containers are known.
  void restart() {
    world.start();
    while (world.do_recover_containers() || world.do_persist()) {
    }
  }
  void restart_and_register() {
    restart();
    world.settle();
    world.advance(4s);
  }
};

// EXE-109 EXE-110 EXE-006 AGT-080
TEST_F(ExecutorRecoveryTest, AnExecutorThatSubscribesAgainGoesOnAsIfNothingHadBeen) {
  launch_and_subscribe();
  update(status("a", v1::TASK_RUNNING, '1'));
  restart();
  EXPECT_TRUE(world.connects.empty());
  EXPECT_EQ(update(status("a", v1::TASK_FINISHED, '2')).error().code, Code::unavailable);
  auto again = call();
  again.mutable_subscribe()->add_unacknowledged_tasks()->CopyFrom(task("a"));
  *again.mutable_subscribe()->add_unacknowledged_updates()->mutable_status() = status("a", v1::TASK_FINISHED, '2');
  const StreamNumber stream = subscribe(again);
  EXPECT_EQ(types(stream), (Types{Event::SUBSCRIBED, Event::ACKNOWLEDGED}));
  // The wait is over as soon as all are back.
  world.advance(1s);
  EXPECT_EQ(world.registrations.size(), 2U);
  ASSERT_EQ(world.registrations.back()->executors_size(), 1);
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_RUNNING, v1::TASK_FINISHED}));
  launch_another("b");
  EXPECT_EQ(delivered(stream), std::vector<std::string>{"b"});
}

// EXE-022
TEST_F(ExecutorRecoveryTest, AfterARestartItHasToSubscribeFirst) {
  launch_and_subscribe();
  world.run(framework(), task("b", "x"));
  world.settle();
  subscribe(call("x"));
  restart();
  subscribe(call("x"));
  EXPECT_EQ(world.agent().snapshot().frameworks.at(0).executors.at(0)->stage, ExecutorStage::registering);
  EXPECT_EQ(message("x").error().code, Code::unavailable);
}

// EXE-110
TEST_F(ExecutorRecoveryTest, AnExecutorThatStaysAwayIsDestroyedAndItsTasksAreGone) {
  launch_and_subscribe("a", partition_aware());
  update(status("a", v1::TASK_RUNNING, '1'));
  restart();
  world.advance(2s - 1ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(1ms);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  world.advance(2s);
  expect_last("a", v1::TASK_GONE, v1::TaskStatus::REASON_EXECUTOR_REREGISTRATION_TIMEOUT,
              "Executor did not reregister within 2secs");
}

// EXE-045
TEST_F(ExecutorRecoveryTest, TasksThatNeverReachedTheExecutorAreDropped) {
  const StreamNumber first = launch_and_subscribe("a", partition_aware());
  update(status("a", v1::TASK_RUNNING, '1'));
  launch_another("b", partition_aware());
  launch_another("c", partition_aware());
  world.close_stream(first);
  launch_another("d", partition_aware());
  restart();
  auto again = call();
  again.mutable_subscribe()->add_unacknowledged_tasks()->CopyFrom(task("b"));
  EXPECT_EQ(types(subscribe(again)), Types{Event::SUBSCRIBED});
  world.advance(4s);
  for (const char* id : {"c", "d"})
    expect_last(id, v1::TASK_DROPPED, v1::TaskStatus::REASON_AGENT_RESTARTED, "Task launched during agent restart");
  EXPECT_EQ(world.states(key("b")), States());
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_RUNNING});
}

// EXE-045 EXE-046
TEST_F(ExecutorRecoveryTest, AnExecutorThatNeverGotATaskIsShutDownInsteadOfWelcomed) {
  world.start_and_register();
  launch("a");
  restart();
  const StreamNumber stream = subscribe();
  EXPECT_EQ(types(stream), Types{Event::SHUTDOWN});
  world.advance(4s);
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_LOST);
  world.advance(5s);
  EXPECT_EQ(executors(), 0U);
}

// EXE-046
TEST_F(ExecutorRecoveryTest, AnIdleExecutorThatHasHadTasksIsWelcome) {
  launch_and_subscribe();
  update(status("a", v1::TASK_FINISHED, '1'));
  restart();
  EXPECT_EQ(types(subscribe()), Types{Event::SUBSCRIBED});
}

// EXE-044 EXE-074 AGT-064
TEST_F(ExecutorRecoveryTest, AnUpdateThatWasStoredIsForwardedOnceWhateverIsSaidAgain) {
  launch_and_subscribe();
  world.acknowledges = false;
  update(status("a", v1::TASK_RUNNING, '1'));
  restart();
  auto again = call();
  *again.mutable_subscribe()->add_unacknowledged_updates()->mutable_status() = status("a", v1::TASK_RUNNING, '1');
  const StreamNumber stream = subscribe(again);
  EXPECT_EQ(types(stream), (Types{Event::SUBSCRIBED, Event::ACKNOWLEDGED}));
  world.acknowledges = true;
  world.advance(4s);
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_RUNNING});
}

// An executor says again what it was never told to be stored, also when the framework has acknowledged it long ago and
// a later update waits: it must not come after that one. EXE-074 AGT-060
TEST_F(ExecutorRecoveryTest, AnUpdateThatWasAcknowledgedLongAgoIsNotTakenAgain) {
  launch_and_subscribe();
  update(status("a", v1::TASK_STARTING, '1'));
  world.settle();
  world.acknowledges = false;
  update(status("a", v1::TASK_RUNNING, '2'));
  restart();
  auto again = call();
  for (const auto& [state, uuid] : {std::pair{v1::TASK_STARTING, '1'}, std::pair{v1::TASK_RUNNING, '2'}})
    *again.mutable_subscribe()->add_unacknowledged_updates()->mutable_status() = status("a", state, uuid);
  const StreamNumber stream = subscribe(again);
  EXPECT_EQ(types(stream), (Types{Event::SUBSCRIBED, Event::ACKNOWLEDGED, Event::ACKNOWLEDGED}));
  world.acknowledges = true;
  world.advance(4s);
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_RUNNING);
}

// EXE-074 AGT-064
TEST_F(ExecutorRecoveryTest, HoweverManyWaitNoneIsTakenTwice) {
  constexpr char count = 120;  // More than are stored beside those that wait.
  launch_and_subscribe();
  world.acknowledges = false;
  auto again = call();
  for (char i = 0; i < count; ++i) {
    update(status("a", v1::TASK_RUNNING, i));
    *again.mutable_subscribe()->add_unacknowledged_updates()->mutable_status() = status("a", v1::TASK_RUNNING, i);
  }
  restart();
  EXPECT_EQ(types(subscribe(again)).size(), 1U + count);
  world.acknowledges = true;
  world.advance(4s);
  EXPECT_EQ(world.states(key("a")).size(), static_cast<std::size_t>(count));
}

// EXE-099 AGT-080 AGT-082
TEST_F(ExecutorRecoveryTest, OfAnExecutorThatEndedMeanwhileTheTasksEnd) {
  for (const bool rebooted : {false, true}) {
    world.store.clear();
    world.latest_agent.clear();
    launch_and_subscribe(rebooted ? "a" : "b");
    world.process_ends(world.newest_executor.at(executor_key()), 0);
    world.exits.clear();
    if (rebooted) world.boot_id = "boot-2";
    restart_and_register();
    expect_last(rebooted ? "a" : "b", v1::TASK_FAILED, v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                "Executor terminated");
    EXPECT_EQ(world.stored_count("executor"), 0U);
  }
}

// EXE-109
TEST_F(ExecutorRecoveryTest, WithoutCheckpointingNothingIsRecovered) {
  auto info = framework();
  info.set_checkpoint(false);
  launch_and_subscribe("a", info);
  restart();
  EXPECT_TRUE(world.containers.empty());
  EXPECT_EQ(world.streams.at(subscribe()).result.error().message, "Framework cannot be found");
  EXPECT_EQ(world.stored_count("executor"), 0U);
}

// EXE-042 EXE-100
TEST_F(ExecutorRecoveryTest, AnExecutorThatWasShuttingDownIsToldAgainAndNotWaitedFor) {
  launch_and_subscribe();
  update(status("a", v1::TASK_RUNNING, '1'));
  shut_down();
  restart();
  EXPECT_EQ(types(subscribe()), Types{Event::SHUTDOWN});
  world.advance(2s);
  EXPECT_EQ(world.registrations.size(), 2U);
  world.advance(3s);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  EXPECT_EQ(world.last_status(key("a")).reason(), v1::TaskStatus::REASON_EXECUTOR_TERMINATED);
}

// AGT-184
TEST_F(ExecutorRecoveryTest, AnAgentThatIsToLeaveWhileItWaitsLeaves) {
  launch_and_subscribe();
  restart();
  world.step(Leave{"SIGUSR1"});
  world.settle();
  world.advance(5s);
  ASSERT_TRUE(world.exit);
  EXPECT_TRUE(world.containers.empty());
  EXPECT_TRUE(world.store.empty());
}

// EXE-146 AGT-080 AGT-081
TEST_F(ExecutorRecoveryTest, GroupsGoOnAndNobodyIsWaitedFor) {
  world.start_and_register();
  world.run_group(framework(), default_executor(), {test_task("a"), test_task("b")});
  world.settle();
  restart();
  EXPECT_EQ(world.containers.size(), 2U);
  world.advance(1s);
  EXPECT_EQ(world.registrations.size(), 2U);
  ASSERT_EQ(world.registrations.back()->executors_size(), 1);
  EXPECT_EQ(world.registrations.back()->executors(0).executor_info().type(), v1::ExecutorInfo::DEFAULT);
  world.process_ends(world.container_of(key("a")), 256);
  world.settle();
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_FAILED}));
  world.advance(3s);
  EXPECT_EQ(world.states(key("b")), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_KILLED}));
  EXPECT_EQ(executors(), 0U);
  EXPECT_EQ(world.store.size(), 1U);
}

// EXE-146 EXE-142
TEST_F(ExecutorRecoveryTest, AMemberThatFailedMeanwhileEndsItsGroup) {
  world.start_and_register();
  world.run_group(framework(), default_executor(), {test_task("a"), test_task("b")});
  world.settle();
  world.process_ends(world.container_of(key("a")), 256);
  world.exits.clear();
  restart_and_register();
  EXPECT_EQ(world.states(key("a")).back(), v1::TASK_FAILED);
  EXPECT_EQ(world.states(key("b")).back(), v1::TASK_KILLED);
}

// EXE-146 EXE-142 AGT-056
TEST_F(ExecutorRecoveryTest, AGroupIsWholeOrGoneWhereverTheAgentDied) {
  for (int steps = 0; steps < 40; ++steps) {
    World each;
    each.start_and_register();
    each.run_group(framework(), default_executor(), {test_task("a"), test_task("b"), test_task("c")});
    int done = 0;
    while (done < steps &&
           (each.do_to_agent() || each.do_persist() || each.do_sandbox() || each.do_launch() || each.do_to_master()))
      ++done;
    each.start();
    each.settle();
    each.advance(30s);
    EXPECT_EQ(each.broken, std::vector<std::string>()) << steps;
    std::set<int> ends;
    for (const char* id : {"a", "b", "c"}) {
      const auto states = each.states(key(id));
      ASSERT_FALSE(states.empty()) << steps << id;
      ends.insert(is_terminal(static_cast<v1::TaskState>(states.back())) ? 1 : 0);
    }
    EXPECT_EQ(ends.size(), 1U) << steps;
    if (ends.contains(1)) {
      EXPECT_TRUE(each.containers.empty()) << steps;
      EXPECT_TRUE(each.agent().snapshot().frameworks.empty()) << steps;
    }
  }
}

// AGT-056 EXE-045
TEST_F(ExecutorRecoveryTest, NoTaskOfAnExecutorIsForgottenWhereverTheAgentDied) {
  for (int steps = 0; steps < 30; ++steps) {
    World each;
    each.start_and_register();
    each.run(framework(), task("a"));
    int done = 0;
    while (done < steps && (each.do_to_agent() || each.do_persist() || each.do_sandbox() || each.do_launch())) ++done;
    if (done < steps) each.subscribe(call());
    while (done < steps && (each.do_persist() || each.do_resize())) ++done;
    each.start();
    each.settle();
    each.advance(30s);
    EXPECT_EQ(each.broken, std::vector<std::string>()) << steps;
    const auto states = each.states(key("a"));
    ASSERT_FALSE(states.empty()) << steps;
    EXPECT_TRUE(is_terminal(static_cast<v1::TaskState>(states.back()))) << steps;
    EXPECT_TRUE(each.containers.empty()) << steps;
    EXPECT_TRUE(each.agent().snapshot().frameworks.empty()) << steps;
  }
}

}  // namespace
}  // namespace stoa::agent
