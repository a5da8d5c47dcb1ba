// Custom executors: from the first order to the end of the executor, in one life of the agent.
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

class ExecutorsTest : public ExecutorBench {};

// EXE-040 EXE-043 EXE-047 EXE-060 EXE-095 EXE-175
TEST_F(ExecutorsTest, ATaskReachesItsExecutorWhenThatHasSubscribedAndHasRoomForIt) {
  world.start_and_register();
  auto first = task("a");
  first.set_data("payload");
  first.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(7);
  world.run(framework(), first);
  world.settle();
  const auto launched = world.effects_of<Launch>().front();
  EXPECT_EQ(launched.executable, "./executor");
  EXPECT_EQ(launched.task, nullptr);
  ASSERT_EQ(launched.tasks.size(), 1U);
  EXPECT_EQ(world.states(key("a")), States());
  auto snapshot = world.agent().snapshot();
  EXPECT_EQ(snapshot.frameworks.at(0).executors.at(0)->stage, ExecutorStage::registering);
  EXPECT_EQ(snapshot.frameworks.at(0).executors.at(0)->tasks.at(0)->stage, TaskStage::queued);

  const StreamNumber stream = world.subscribe(call());
  while (world.do_persist()) {
  }
  EXPECT_EQ(types(stream), Types{Event::SUBSCRIBED});
  const auto& subscribed = events(stream).front()->subscribed();
  EXPECT_EQ(subscribed.executor_info().executor_id().value(), "e");
  EXPECT_EQ(subscribed.executor_info().framework_id().value(), "f");
  EXPECT_EQ(subscribed.framework_info().id().value(), "f");
  EXPECT_EQ(subscribed.agent_info().id().value(), "S0");
  EXPECT_EQ(subscribed.container_id().value(), launched.id.value);
  ASSERT_EQ(world.resizes.size(), 1U);
  EXPECT_EQ(world.resizes.front().id, launched.id);
  ASSERT_EQ(world.resizes.front().tasks.size(), 1U);
  EXPECT_FALSE(world.resizes.front().needs.mem_limit_megabytes.has_value());
  world.settle();
  EXPECT_EQ(types(stream), (Types{Event::SUBSCRIBED, Event::LAUNCH}));
  const auto& delivered = events(stream).back()->launch().task();
  EXPECT_EQ(delivered.data(), "payload");
  EXPECT_EQ(delivered.kill_policy().grace_period().nanoseconds(), 7);
  EXPECT_EQ(delivered.executor().executor_id().value(), "e");
  snapshot = world.agent().snapshot();
  EXPECT_EQ(snapshot.frameworks.at(0).executors.at(0)->stage, ExecutorStage::running);
  EXPECT_EQ(snapshot.frameworks.at(0).executors.at(0)->tasks.at(0)->stage, TaskStage::launched);
}

// EXE-068
TEST_F(ExecutorsTest, ResourcesInEventsAreInTheNewForm) {
  world.start_and_register();
  auto reserved = task("a");
  reserved.mutable_resources(0)->set_role("web");
  world.run(framework(), reserved);
  world.settle();
  const StreamNumber stream = subscribe();
  const auto& resource = events(stream).back()->launch().task().resources(0);
  EXPECT_FALSE(resource.has_role());
  ASSERT_EQ(resource.reservations_size(), 1);
  EXPECT_EQ(resource.reservations(0).role(), "web");
  EXPECT_EQ(resource.allocation_info().role(), "web");
  const auto& subscribed = events(stream).front()->subscribed();
  EXPECT_FALSE(subscribed.agent_info().resources(0).has_role());
  EXPECT_FALSE(subscribed.agent_info().resources(0).has_allocation_info());
  EXPECT_EQ(subscribed.executor_info().resources(0).allocation_info().role(), "web");
}

// EXE-088 EXE-090 EXE-091
TEST_F(ExecutorsTest, TheProcessGetsTheEnvironmentOfAnExecutorAndNothingElse) {
  world.config.executor_environment = {{"LANG", "C"}, {"MINE", "weak"}};
  world.start_and_register();
  auto first = task("a");
  auto& variable = *first.mutable_executor()->mutable_command()->mutable_environment()->add_variables();
  variable.set_name("MINE");
  variable.set_value("strong");
  first.mutable_executor()->mutable_shutdown_grace_period()->set_nanoseconds(Duration(90s).count());
  world.run(framework(), first);
  world.settle();
  const auto launched = world.effects_of<Launch>().front();
  const std::map<std::string, std::string> expected{
      {"LANG", "C"},
      {"LIBPROCESS_PORT", "0"},
      {"MESOS_AGENT_ENDPOINT", "192.0.2.7:5051"},
      {"MESOS_CHECKPOINT", "1"},
      {"MESOS_DIRECTORY", launched.directory},
      {"MESOS_EXECUTOR_ID", "e"},
      {"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "90secs"},
      {"MESOS_FRAMEWORK_ID", "f"},
      {"MESOS_HTTP_COMMAND_EXECUTOR", "0"},
      {"MESOS_RECOVERY_TIMEOUT", "15mins"},
      {"MESOS_SANDBOX", launched.directory},
      {"MESOS_SLAVE_ID", "S0"},
      {"MESOS_SLAVE_PID", "slave(1)@192.0.2.7:5051"},
      {"MESOS_SUBSCRIPTION_BACKOFF_MAX", "2secs"},
      {"MINE", "strong"},
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
  };
  EXPECT_EQ(launched.environment, expected);
  EXPECT_EQ(launched.command_names, std::vector<std::string>{"MINE"});
}

// EXE-094
TEST_F(ExecutorsTest, SecretsOfAnExecutorReachItAndNobodyElse) {
  world.start_and_register();
  auto first = task("a");
  auto& variable = *first.mutable_executor()->mutable_command()->mutable_environment()->add_variables();
  variable.set_name("PASSWORD");
  variable.set_type(v1::Environment::Variable::SECRET);
  variable.mutable_secret()->set_type(v1::Secret::VALUE);
  variable.mutable_secret()->mutable_value()->set_data("hush-hush");
  world.run(framework(), first);
  world.settle();
  EXPECT_EQ(world.effects_of<Launch>().front().environment.at("PASSWORD"), "hush-hush");
  for (const auto& [name, bytes] : world.store) EXPECT_EQ(bytes.find("hush-hush"), std::string::npos) << name.first;
  const auto shown = world.agent().snapshot().frameworks.at(0).executors.at(0);
  EXPECT_EQ(shown->info->SerializeAsString().find("hush-hush"), std::string::npos);
  EXPECT_EQ(shown->tasks.at(0)->info->SerializeAsString().find("hush-hush"), std::string::npos);
}

// EXE-179 AGT-050
TEST_F(ExecutorsTest, TasksAreDeliveredInTheOrderOfTheMastersOrders) {
  world.start_and_register();
  launch("a");
  launch_another("b");
  world.run_group(framework(), executor(), {task("c"), task("d")}, false);
  launch_another("e1");
  const StreamNumber stream = subscribe();
  EXPECT_EQ(types(stream),
            (Types{Event::SUBSCRIBED, Event::LAUNCH, Event::LAUNCH, Event::LAUNCH_GROUP, Event::LAUNCH}));
  EXPECT_EQ(delivered(stream), (std::vector<std::string>{"a", "b", "c", "d", "e1"}));
  launch_another("z");
  EXPECT_EQ(delivered(stream).back(), "z");
  EXPECT_EQ(world.effects_of<Launch>().size(), 1U);
}

// AGT-050
TEST_F(ExecutorsTest, AnOrderThatWaitsForItsTasksNameHoldsBackThoseBehindItForTheSameExecutor) {
  const StreamNumber stream = launch_and_subscribe();
  EXPECT_TRUE(update(status("a", v1::TASK_RUNNING, '1')));
  world.acknowledges = false;
  EXPECT_TRUE(update(status("a", v1::TASK_FINISHED, '2')));
  world.acknowledge(*world.updates.back());
  world.do_to_agent();  // Its acknowledgement is being written.
  world.run(framework(), task("a"), false);
  world.run(framework(), task("b"), false);
  world.do_to_agent();
  world.do_to_agent();
  world.kill(key("a"));
  world.settle();
  EXPECT_EQ(delivered(stream), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_KILLED);
}

// AGT-051 AGT-055 EXE-176
TEST_F(ExecutorsTest, ALaunchThatDoesNotFitTheExecutorsThereAreIsDroppedWithTheReason) {
  world.start_and_register();
  launch("a", partition_aware());
  const auto expect_dropped = [&](const std::string& task, v1::TaskStatus::Reason reason, const std::string& message) {
    world.settle();
    expect_last(task, v1::TASK_DROPPED, reason, message);
  };
  world.run(partition_aware(), task("b"), true);
  expect_dropped("b", v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                 "The launch expected a new executor, but executor 'e' runs already");
  EXPECT_TRUE(exits().empty());
  auto other = task("c", "x");
  world.run(partition_aware(), other, false);
  world.settle();
  EXPECT_EQ(world.last_status(key("c")).message(), "The launch expected executor 'x' to run, but it does not");
  subscribe();
  shut_down();
  world.run(partition_aware(), task("d"), false);
  expect_dropped("d", v1::TaskStatus::REASON_EXECUTOR_TERMINATED, "Executor 'e' is terminating");
  world.acknowledges = false;
  end_executor(0);
  world.run(partition_aware(), task("g"), true);
  world.settle();
  expect_last("g", v1::TASK_DROPPED, v1::TaskStatus::REASON_EXECUTOR_TERMINATED, "Executor 'e' is terminated");
  // Of the executor that ended, and of the one that the master has begun to count.
  EXPECT_EQ(exits(), (std::vector<int>{0, wait_status_unknown}));
}

// AGT-051
TEST_F(ExecutorsTest, ACommandTaskAndAnExecutorNeverShareAnId) {
  world.start_and_register();
  launch("a");
  world.run(framework(), test_task("e"));
  world.settle();
  EXPECT_EQ(world.last_status(key("e")).reason(), v1::TaskStatus::REASON_TASK_INVALID);
  EXPECT_EQ(world.last_status(key("e")).message(), "Cannot reuse an already existing executor");
  world.run(framework(), test_task("command"));
  world.settle();
  world.run(framework(), task("b", "command"));
  world.settle();
  EXPECT_EQ(world.last_status(key("b")).message(), "Cannot reuse an already existing executor");
}

// AGT-053
TEST_F(ExecutorsTest, LimitsThatNothingEnforcesDropTheTask) {
  world.start_and_register();
  auto limited = test_task("a");
  (*limited.mutable_limits())["mem"].set_value(64);
  world.run(partition_aware(), limited);
  world.settle();
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_DROPPED);
  EXPECT_EQ(world.last_status(key("a")).reason(), v1::TaskStatus::REASON_TASK_INVALID);
  EXPECT_EQ(world.last_status(key("a")).message(),
            "Memory limits can only be set on tasks launched in Mesos containers when the agent has loaded the "
            "'cgroups/mem' isolator");
}

// EXE-177
TEST_F(ExecutorsTest, AnExecutorLivesOnWithoutTasksAndIsShownAndTold) {
  const StreamNumber stream = launch_and_subscribe();
  EXPECT_TRUE(update(status("a", v1::TASK_FINISHED)));
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  EXPECT_EQ(executors(), 1U);
  world.break_link();
  world.advance(2s);
  ASSERT_EQ(world.registrations.back()->executors_size(), 1);
  EXPECT_EQ(world.registrations.back()->executors(0).framework_id().value(), "f");
  EXPECT_EQ(world.registrations.back()->executors(0).executor_info().executor_id().value(), "e");
  EXPECT_EQ(world.registrations.back()->tasks_size(), 0);
  launch_another("b");
  EXPECT_EQ(delivered(stream), (std::vector<std::string>{"a", "b"}));
}

// EXE-177
TEST_F(ExecutorsTest, AnExecutorWithLessThanItNeedsIsAllowedWithAWarning) {
  world.start_and_register();
  auto first = task("a");
  first.mutable_executor()->clear_resources();
  world.run(framework(), first);
  world.settle();
  EXPECT_EQ(world.effects_of<Launch>().size(), 1U);
  bool warned = false;
  for (const auto& line : world.effects_of<Log>())
    warned = warned || line.message == "executor f/e has less than 0.01 cpus or 32 MB of memory";
  EXPECT_TRUE(warned);
}

// EXE-049 AGT-056
TEST_F(ExecutorsTest, TheFirstEventWaitsUntilItIsOnDiskThatTheExecutorHasSubscribed) {
  world.start_and_register();
  launch();
  const StreamNumber stream = world.subscribe(call());
  EXPECT_TRUE(world.streams.at(stream).result.has_value());
  EXPECT_TRUE(events(stream).empty());
  ASSERT_EQ(world.persists.size(), 1U);
  EXPECT_EQ(world.persists.front().changes.front().kind, "executor");
  world.do_persist();
  EXPECT_EQ(types(stream), Types{Event::SUBSCRIBED});
}

// EXE-041 EXE-185
TEST_F(ExecutorsTest, ASecondSubscriptionTakesOverTheFirstAndNothingIsDeliveredTwice) {
  const StreamNumber first = launch_and_subscribe();
  const StreamNumber second = subscribe();
  EXPECT_TRUE(world.streams.at(first).closed);
  EXPECT_EQ(types(second), Types{Event::SUBSCRIBED});
  world.close_stream(first);
  EXPECT_TRUE(update(status("a", v1::TASK_RUNNING)));
  launch_another("b");
  EXPECT_EQ(types(second), (Types{Event::SUBSCRIBED, Event::ACKNOWLEDGED, Event::LAUNCH}));
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_RUNNING});
}

// EXE-041
TEST_F(ExecutorsTest, ASubscriptionRepeatedBeforeTheAnswerGetsTheQueueOnce) {
  world.start_and_register();
  launch();
  const StreamNumber first = world.subscribe(call());
  const StreamNumber second = world.subscribe(call());
  world.settle();
  EXPECT_TRUE(events(first).empty());
  EXPECT_EQ(types(second), (Types{Event::SUBSCRIBED, Event::LAUNCH}));
}

// EXE-051
TEST_F(ExecutorsTest, ABrokenStreamChangesNoTask) {
  const StreamNumber first = launch_and_subscribe();
  EXPECT_TRUE(update(status("a", v1::TASK_RUNNING)));
  world.close_stream(first);
  world.advance(1h);
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_RUNNING});
  launch_another("b");
  kill("a");
  EXPECT_TRUE(update(status("a", v1::TASK_KILLED, '2')));
  const StreamNumber second = subscribe();
  EXPECT_EQ(types(second), (Types{Event::SUBSCRIBED, Event::LAUNCH}));
}

// EXE-051 EXE-062
TEST_F(ExecutorsTest, AKillSaidToNobodyIsSaidAgain) {
  const StreamNumber first = launch_and_subscribe();
  EXPECT_TRUE(update(status("a", v1::TASK_RUNNING)));
  kill("a", 5s);
  kill("a", 3s);
  EXPECT_EQ(types(first), (Types{Event::SUBSCRIBED, Event::LAUNCH, Event::ACKNOWLEDGED, Event::KILL, Event::KILL}));
  EXPECT_EQ(events(first).back()->kill().kill_policy().grace_period().nanoseconds(), Duration(3s).count());
  EXPECT_EQ(events(first).back()->kill().task_id().value(), "a");
  world.close_stream(first);
  const StreamNumber second = subscribe();
  EXPECT_EQ(types(second), (Types{Event::SUBSCRIBED, Event::KILL}));
}

// EXE-052
TEST_F(ExecutorsTest, TasksThatWentDownWithTheirStreamAreSentAgain) {
  const StreamNumber first = launch_and_subscribe();
  launch_another("b");
  launch_another("c");
  world.run_group(framework(), executor(), {task("d"), task("g")}, false);
  world.settle();
  EXPECT_TRUE(update(status("b", v1::TASK_RUNNING)));
  world.close_stream(first);
  launch_another("z");
  auto again = call();
  again.mutable_subscribe()->add_unacknowledged_tasks()->CopyFrom(task("c"));
  const StreamNumber second = subscribe(again);
  EXPECT_EQ(delivered(second), (std::vector<std::string>{"a", "d", "g", "z"}));
  EXPECT_EQ(world.states(key("a")), States());
}

// EXE-052
TEST_F(ExecutorsTest, TasksThatWentDownWithAStreamThatWasReplacedAreAskedForAndSentAgain) {
  launch_and_subscribe();
  const StreamNumber second = subscribe(call());
  EXPECT_EQ(delivered(second), std::vector<std::string>()) << "it may be on its way";
  world.advance(10s);
  EXPECT_EQ(world.effects_of<CloseExecutorStream>().back().stream, second);
  EXPECT_EQ(delivered(subscribe(call())), std::vector<std::string>{"a"});
}

// EXE-052
TEST_F(ExecutorsTest, AStreamThatReplacesAnotherIsKeptWhenTheTasksArrived) {
  launch_and_subscribe();
  const StreamNumber second = subscribe(call());
  EXPECT_TRUE(update(status("a", v1::TASK_RUNNING)));
  world.advance(30min);
  EXPECT_EQ(types(second).back(), Event::HEARTBEAT);
  EXPECT_EQ(delivered(second), std::vector<std::string>());
}

// EXE-050 EXE-067
TEST_F(ExecutorsTest, AHeartbeatComesEveryHalfHourAndItsAbsenceKillsNothing) {
  const StreamNumber stream = launch_and_subscribe();
  world.advance(30min - 1ms);
  EXPECT_EQ(types(stream).back(), Event::LAUNCH);
  world.advance(1ms);
  EXPECT_EQ(types(stream).back(), Event::HEARTBEAT);
  EXPECT_EQ(events(stream).back()->ByteSizeLong(), 2U);
  world.advance(30min);
  EXPECT_EQ(types(stream).size(), 4U);
}

// EXE-085 EXE-064
TEST_F(ExecutorsTest, MessagesPassBothWaysWhileSomebodyListens) {
  const StreamNumber stream = launch_and_subscribe();
  EXPECT_TRUE(message(std::string("\0\xff up", 5)));
  ASSERT_EQ(world.from_executors.size(), 1U);
  EXPECT_EQ(world.from_executors[0]->executor_message().data(), std::string("\0\xff up", 5));
  EXPECT_EQ(world.from_executors[0]->executor_message().executor_id().value(), "e");
  link::ToAgent down;
  down.mutable_scheduler_message()->mutable_framework_id()->set_value("f");
  down.mutable_scheduler_message()->mutable_executor_id()->set_value("e");
  down.mutable_scheduler_message()->set_data("down");
  world.say(down);
  world.settle();
  EXPECT_EQ(events(stream).back()->message().data(), "down");
  EXPECT_EQ(world.agent().snapshot().counters.valid_framework_messages, 2U);
}

// EXE-086
TEST_F(ExecutorsTest, AMessageForNobodyIsDroppedAndCounted) {
  const StreamNumber stream = launch_and_subscribe();
  world.close_stream(stream);
  link::ToAgent down;
  down.mutable_scheduler_message()->mutable_framework_id()->set_value("f");
  down.mutable_scheduler_message()->mutable_executor_id()->set_value("e");
  down.mutable_scheduler_message()->set_data("down");
  world.say(down);
  world.settle();
  const StreamNumber again = subscribe();
  EXPECT_EQ(types(again).front(), Event::SUBSCRIBED);
  for (const auto& event : events(again)) EXPECT_NE(event->type(), Event::MESSAGE);
  EXPECT_EQ(world.agent().snapshot().counters.invalid_framework_messages, 1U);
}

// EXE-085
TEST_F(ExecutorsTest, WithoutAMasterAMessageIsDroppedAndCounted) {
  launch_and_subscribe();
  world.break_link();
  EXPECT_TRUE(message("up"));
  world.advance(5s);
  EXPECT_TRUE(world.from_executors.empty());
  EXPECT_EQ(world.agent().snapshot().counters.invalid_framework_messages, 1U);
}

// EXE-020 EXE-021 EXE-022
TEST_F(ExecutorsTest, WhoIsNotKnownHereIsToldSo) {
  world.start();
  const auto refusal = [&](v1::executor::Call said) {
    said.set_type(v1::executor::Call::MESSAGE);
    said.mutable_message()->set_data("x");
    const auto result = world.replies.at(world.call(said));
    return std::pair(result.error().code, result.error().message);
  };
  using Refused = std::pair<Code, std::string>;
  EXPECT_EQ(refusal(call()), Refused(Code::unavailable, "Agent has not finished recovery"));
  world.start_and_register();
  EXPECT_EQ(refusal(call()), Refused(Code::invalid_argument, "Framework cannot be found"));
  launch();
  EXPECT_EQ(refusal(call("x")), Refused(Code::invalid_argument, "Executor cannot be found"));
  EXPECT_EQ(refusal(call()), Refused(Code::permission_denied, "Executor is not subscribed"));
  EXPECT_FALSE(world.streams.at(subscribe(call("x"))).result.has_value());
}

// EXE-026
TEST_F(ExecutorsTest, ACallOfAnUnknownTypeIsRefusedAfterAllElse) {
  world.start_and_register();
  launch();
  auto said = call();
  said.set_type(v1::executor::Call::UNKNOWN);
  EXPECT_EQ(world.replies.at(world.call(said)).error().code, Code::permission_denied);
  subscribe();
  EXPECT_EQ(world.replies.at(world.call(said)).error().code, Code::unimplemented);
}

// EXE-025
TEST_F(ExecutorsTest, AnExecutorNeverActsForAnother) {
  launch_and_subscribe();
  const ContainerId container = world.newest_executor.at(executor_key());
  const auto said = [&](ExecutorClaims claims, std::uint64_t number) {
    auto subscribe = call();
    subscribe.set_type(v1::executor::Call::SUBSCRIBE);
    world.step(ExecutorSubscribe{.stream = StreamNumber{number},
                                 .call = std::make_shared<const v1::executor::Call>(subscribe),
                                 .claims = std::move(claims)});
    world.settle();
    return world.streams.at(StreamNumber{number}).result;
  };
  EXPECT_EQ(said({FrameworkId("f"), ExecutorId("x"), container}, 900).error().code, Code::permission_denied);
  EXPECT_EQ(said({FrameworkId("g"), ExecutorId("e"), container}, 901).error().code, Code::permission_denied);
  EXPECT_EQ(said({FrameworkId("f"), ExecutorId("e"), ContainerId("c")}, 902).error().code, Code::permission_denied);
  EXPECT_TRUE(said({FrameworkId("f"), ExecutorId("e"), container}, 903).has_value());
}

TEST_F(ExecutorsTest, NobodyCanSubscribeForAnExecutorThatHasNoProcessYet) {
  world.start_and_register();
  world.run(framework(), task("a"));
  world.do_to_agent();
  EXPECT_FALSE(world.streams.at(world.subscribe(call())).result.has_value());
  world.settle();
}

}  // namespace
}  // namespace stoa::agent
