// Statuses that executors send: what becomes of them, and when they are acknowledged.
#include "agent/executor_testing.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using Event = v1::executor::Event;

class ExecutorUpdatesTest : public ExecutorBench {
 protected:
  // Uuids that the stream's executor was told to forget, as their first letters.
  std::string acknowledged(StreamNumber stream) {
    std::string result;
    for (const auto& event : events(stream))
      if (event->type() == Event::ACKNOWLEDGED) result += event->acknowledged().uuid().front();
    return result;
  }
};

// EXE-063 EXE-070 EXE-074 AGT-064
TEST_F(ExecutorUpdatesTest, AnUpdateIsAcknowledgedWhenItIsDurableAndNotBefore) {
  const StreamNumber stream = launch_and_subscribe();
  world.acknowledges = false;
  auto said = call();
  said.set_type(v1::executor::Call::UPDATE);
  *said.mutable_update()->mutable_status() = status("a", v1::TASK_RUNNING, '1');
  EXPECT_TRUE(world.replies.at(world.call(said)).has_value());
  EXPECT_EQ(acknowledged(stream), "");
  ASSERT_EQ(world.persists.size(), 1U);
  world.do_persist();
  EXPECT_EQ(acknowledged(stream), "1");
  EXPECT_EQ(events(stream).back()->acknowledged().task_id().value(), "a");
  EXPECT_EQ(events(stream).back()->acknowledged().uuid(), std::string(16, '1'));
  world.settle();
  ASSERT_EQ(world.updates.size(), 1U);
  EXPECT_EQ(world.updates.front()->status().uuid(), std::string(16, '1'));
}

// EXE-074 AGT-060
TEST_F(ExecutorUpdatesTest, OneUpdateOfATaskIsUnderWayAtATimeAndTheOrderIsKept) {
  const StreamNumber stream = launch_and_subscribe();
  world.acknowledges = false;
  update(status("a", v1::TASK_STARTING, '1'));
  update(status("a", v1::TASK_RUNNING, '2'));
  update(status("a", v1::TASK_FAILED, '3'));
  EXPECT_EQ(acknowledged(stream), "123");
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_STARTING});
  EXPECT_EQ(world.updates.back()->latest_state(), v1::TASK_STARTING);
  world.acknowledges = true;
  world.acknowledge(*world.updates.back());
  world.settle();
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_FAILED}));
}

// EXE-071 EXE-072 EXE-073
TEST_F(ExecutorUpdatesTest, TheAgentCompletesAStatus) {
  launch_and_subscribe();
  auto given = status("a", v1::TASK_RUNNING, '1');
  given.set_data("data");
  given.set_message("as it is");
  update(given);
  const auto& first = world.last_status(key("a"));
  EXPECT_EQ(first.agent_id().value(), "S0");
  EXPECT_EQ(first.executor_id().value(), "e");
  EXPECT_EQ(first.timestamp(), world.now.wall);
  EXPECT_EQ(first.data(), "data");
  EXPECT_EQ(first.message(), "as it is");
  EXPECT_EQ(first.source(), v1::TaskStatus::SOURCE_EXECUTOR);
  const auto& container = first.container_status();
  EXPECT_EQ(container.container_id().value(), world.newest_executor.at(executor_key()).value);
  EXPECT_EQ(container.executor_pid(), 100U);
  ASSERT_EQ(container.network_infos_size(), 1);
  ASSERT_EQ(container.network_infos(0).ip_addresses_size(), 2);
  EXPECT_EQ(container.network_infos(0).ip_addresses(0).ip_address(), "192.0.2.7");
  EXPECT_EQ(container.network_infos(0).ip_addresses(0).protocol(), v1::NetworkInfo::IPv4);
  EXPECT_EQ(container.network_infos(0).ip_addresses(1).ip_address(), "2001:db8::7");
  EXPECT_EQ(container.network_infos(0).ip_addresses(1).protocol(), v1::NetworkInfo::IPv6);

  given = status("a", v1::TASK_RUNNING, '2');
  given.set_timestamp(7);
  given.mutable_container_status()->mutable_container_id()->set_value("nested");
  given.mutable_container_status()->add_network_infos()->add_ip_addresses()->set_ip_address("10.1.2.3");
  update(given);
  const auto& second = world.last_status(key("a"));
  EXPECT_EQ(second.timestamp(), 7);
  EXPECT_EQ(second.container_status().container_id().value(), "nested");
  ASSERT_EQ(second.container_status().network_infos_size(), 1);
  EXPECT_EQ(second.container_status().network_infos(0).ip_addresses(0).ip_address(), "10.1.2.3");
}

// EXE-071
TEST_F(ExecutorUpdatesTest, AStatusOfAnotherAgentIsIgnoredAndCounted) {
  launch_and_subscribe();
  auto given = status("a", v1::TASK_RUNNING);
  given.mutable_agent_id()->set_value("S9");
  EXPECT_TRUE(update(given).has_value());
  EXPECT_EQ(world.states(key("a")), States());
  EXPECT_EQ(world.agent().snapshot().counters.invalid_status_updates, 1U);
  given.mutable_agent_id()->set_value("S0");
  update(given);
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_RUNNING});
  EXPECT_EQ(world.agent().snapshot().counters.valid_status_updates, 1U);
}

// EXE-075
TEST_F(ExecutorUpdatesTest, TheSameUuidIsForwardedOnceAndAcknowledgedEachTime) {
  const StreamNumber stream = launch_and_subscribe();
  for (int i = 0; i < 3; ++i) update(status("a", v1::TASK_RUNNING, '1'));
  EXPECT_EQ(acknowledged(stream), "111");
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_RUNNING});
  world.acknowledges = false;
  for (int i = 0; i < 2; ++i) update(status("a", v1::TASK_FINISHED, '2'));
  EXPECT_EQ(acknowledged(stream), "11122");
}

// EXE-076
TEST_F(ExecutorUpdatesTest, ATerminalUpdateWaitsForTheContainerToShrink) {
  const StreamNumber stream = launch_and_subscribe("a");
  launch_another("b");
  world.effects.clear();
  auto said = call();
  said.set_type(v1::executor::Call::UPDATE);
  *said.mutable_update()->mutable_status() = status("a", v1::TASK_FINISHED, '1');
  world.call(said);
  while (world.do_persist() || world.do_to_master()) {
  }
  ASSERT_EQ(world.resizes.size(), 1U);
  ASSERT_EQ(world.resizes.front().tasks.size(), 1U);
  EXPECT_EQ(world.resizes.front().tasks.front()->task_id().value(), "b");
  EXPECT_EQ(world.states(key("a")), States());
  EXPECT_EQ(acknowledged(stream), "");
  // What comes again meanwhile waits like the first one.
  world.call(said);
  while (world.do_persist() || world.do_to_master()) {
  }
  EXPECT_EQ(acknowledged(stream), "");
  world.settle();
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_FINISHED});
  EXPECT_EQ(acknowledged(stream), "1");
}

// EXE-076
TEST_F(ExecutorUpdatesTest, ATerminalUpdateIsForwardedEvenIfTheExecutorEndsFirst) {
  launch_and_subscribe();
  auto said = call();
  said.set_type(v1::executor::Call::UPDATE);
  *said.mutable_update()->mutable_status() = status("a", v1::TASK_FINISHED, '1');
  world.call(said);
  world.resizes.clear();  // The container is gone before it could answer.
  end_executor(0);
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_FINISHED});
  EXPECT_EQ(executors(), 0U);
}

// EXE-077
TEST_F(ExecutorUpdatesTest, ATerminalStateNeverChangesAsLongAsTheExecutorLives) {
  const StreamNumber stream = launch_and_subscribe();
  world.acknowledges = false;
  update(status("a", v1::TASK_FINISHED, '1'));
  update(status("a", v1::TASK_RUNNING, '2'));
  EXPECT_EQ(acknowledged(stream), "12");
  world.acknowledges = true;
  world.acknowledge(*world.updates.back());
  world.settle();
  update(status("a", v1::TASK_FAILED, '3'));  // The task is forgotten, but not its end.
  EXPECT_EQ(acknowledged(stream), "123");
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_FINISHED});
}

// EXE-078
TEST_F(ExecutorUpdatesTest, AnUpdateOfAnUnknownTaskIsForwardedAndAcknowledgedAndNotKept) {
  const StreamNumber stream = launch_and_subscribe();
  update(status("stranger", v1::TASK_RUNNING, '1'));
  EXPECT_EQ(acknowledged(stream), "1");
  EXPECT_EQ(world.states(key("stranger")), States{v1::TASK_RUNNING});
  EXPECT_FALSE(world.last_status(key("stranger")).has_container_status());
  EXPECT_EQ(world.stored("progress", "f/stranger"), "");
  update(status("stranger", v1::TASK_FINISHED, '2'));
  EXPECT_EQ(world.states(key("stranger")), (States{v1::TASK_RUNNING, v1::TASK_FINISHED}));
  EXPECT_EQ(world.stored("progress", "f/stranger"), "");
}

// EXE-079
TEST_F(ExecutorUpdatesTest, AnUpdateAboutATaskOfAnotherExecutorIsAccepted) {
  const StreamNumber stream = launch_and_subscribe();
  world.run(framework(), task("b", "x"));
  world.settle();
  const StreamNumber other = subscribe(call("x"));
  EXPECT_TRUE(update(status("b", v1::TASK_RUNNING, '1')).has_value());
  EXPECT_EQ(world.states(key("b")), States{v1::TASK_RUNNING});
  EXPECT_EQ(world.last_status(key("b")).container_status().container_id().value(),
            world.newest_executor.at(executor_key("x")).value);
  EXPECT_EQ(acknowledged(stream), "1");
  EXPECT_EQ(acknowledged(other), "");
  EXPECT_TRUE(update(status("b", v1::TASK_FAILED, '2')).has_value());
  EXPECT_EQ(world.states(key("b")), (States{v1::TASK_RUNNING, v1::TASK_FAILED}));
  EXPECT_EQ(acknowledged(stream), "12");
}

TEST_F(ExecutorUpdatesTest, OfATaskThatTheAgentRunsItselfNobodyElseTells) {
  launch_and_subscribe();
  world.run(framework(), test_task("command", "sleep 100"));
  world.settle();
  EXPECT_TRUE(update(status("command", v1::TASK_FINISHED, '1')).has_value());
  EXPECT_EQ(world.states(key("command")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
  EXPECT_EQ(world.agent().snapshot().counters.invalid_status_updates, 1U);
}

// EXE-081
TEST_F(ExecutorUpdatesTest, OfStatusesWithTheSameStateTheHistoryKeepsTheNewestAndTheSchedulerGetsAll) {
  launch_and_subscribe();
  update(status("a", v1::TASK_STARTING, '1'));
  for (const char uuid : {'2', '3', '4'}) update(status("a", v1::TASK_RUNNING, uuid));
  EXPECT_EQ(world.updates.size(), 4U);
  const auto snapshot = world.agent().snapshot();
  const auto& shown = *snapshot.frameworks.at(0).executors.at(0)->tasks.at(0)->task;
  ASSERT_EQ(shown.statuses_size(), 2);
  EXPECT_EQ(shown.statuses(1).uuid(), std::string(16, '4'));
}

// EXE-082
TEST_F(ExecutorUpdatesTest, UpdatesForARemovedFrameworkAreTakenAndDropped) {
  launch_and_subscribe();
  remove_framework();
  EXPECT_TRUE(update(status("a", v1::TASK_KILLED)).has_value());
  EXPECT_EQ(world.states(key("a")), States());
  EXPECT_EQ(world.stored_count("progress"), 0U);
}

TEST_F(ExecutorUpdatesTest, AnExecutorThatOutrunsItsSchedulerHasToWait) {
  launch_and_subscribe();
  world.acknowledges = false;
  auto given = status("a", v1::TASK_RUNNING);
  for (int i = 0; i < 10'000; ++i) {
    given.set_uuid("uuid" + std::to_string(100'000'000'000 + i));
    auto said = call();
    said.set_type(v1::executor::Call::UPDATE);
    *said.mutable_update()->mutable_status() = given;
    ASSERT_TRUE(world.replies.at(world.call(said)).has_value()) << i;
  }
  EXPECT_EQ(update(status("a", v1::TASK_RUNNING)).error().code, Code::unavailable);
  world.acknowledge(*[&] {
    world.settle();
    return world.updates.back();
  }());
  world.settle();
  EXPECT_TRUE(update(status("a", v1::TASK_RUNNING)).has_value());
}

// EXE-044
TEST_F(ExecutorUpdatesTest, UpdatesThatComeWithASubscriptionCountLikeOthers) {
  const StreamNumber first = launch_and_subscribe();
  update(status("a", v1::TASK_STARTING, '1'));
  world.close_stream(first);
  auto again = call();
  for (const auto& each : {status("a", v1::TASK_STARTING, '1'), status("a", v1::TASK_RUNNING, '2')})
    *again.mutable_subscribe()->add_unacknowledged_updates()->mutable_status() = each;
  const StreamNumber second = subscribe(again);
  EXPECT_EQ(types(second), (Types{Event::SUBSCRIBED, Event::ACKNOWLEDGED, Event::ACKNOWLEDGED}));
  EXPECT_EQ(acknowledged(second), "12");
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
}

// EXE-037
TEST_F(ExecutorUpdatesTest, ABadUpdateInASubscriptionIsSkippedAndTheRestGoesOn) {
  const StreamNumber first = launch_and_subscribe();
  world.close_stream(first);
  auto again = call();
  auto& updates = *again.mutable_subscribe()->mutable_unacknowledged_updates();
  auto bad = status("a", v1::TASK_RUNNING, '1');
  bad.set_uuid("short");
  *updates.Add()->mutable_status() = bad;
  bad = status("a", v1::TASK_RUNNING, '2');
  bad.clear_uuid();
  *updates.Add()->mutable_status() = bad;
  *updates.Add()->mutable_status() = status("a", v1::TASK_STAGING, '3');
  *updates.Add()->mutable_status() = status("a", v1::TASK_RUNNING, '4');
  const StreamNumber second = subscribe(again);
  EXPECT_EQ(acknowledged(second), "4");
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_RUNNING});
}

}  // namespace
}  // namespace stoa::agent
