// One agent, its tasks and its master.
#include "agent/agent.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "agent/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using States = std::vector<int>;

TaskKey key(const std::string& task) { return {FrameworkId("f"), TaskId(task)}; }

class AgentTest : public testing::Test {
 protected:
  v1::FrameworkInfo framework(std::initializer_list<v1::FrameworkInfo::Capability::Type> capabilities = {}) {
    auto info = test_framework("f");
    for (const auto type : capabilities) info.add_capabilities()->set_type(type);
    return info;
  }
  v1::FrameworkInfo partition_aware() { return framework({v1::FrameworkInfo::Capability::PARTITION_AWARE}); }

  void run(const v1::TaskInfo& task) { run(framework(), task); }
  void run(const v1::FrameworkInfo& info, const v1::TaskInfo& task) {
    world.run(info, task);
    world.settle();
  }
  void end(const std::string& task, int wait_status) {
    world.process_ends(world.container_of(key(task)), wait_status);
    world.settle();
  }
  // The task's last update is this, from the agent.
  void expect_last(const std::string& task, v1::TaskState state, v1::TaskStatus::Reason reason,
                   const std::string& message) {
    const auto& status = world.last_status(key(task));
    EXPECT_EQ(status.state(), state) << status.ShortDebugString();
    EXPECT_EQ(status.reason(), reason) << status.ShortDebugString();
    EXPECT_EQ(status.message(), message);
    EXPECT_EQ(status.source(), v1::TaskStatus::SOURCE_AGENT);
  }
  void TearDown() override { EXPECT_EQ(world.broken, std::vector<std::string>()); }

  World world;
};

// AGT-030 AGT-031
TEST_F(AgentTest, TheFirstRegistrationSaysWhatItIsAndNamesNoId) {
  world.start_and_register();
  ASSERT_EQ(world.registrations.size(), 1U);
  const auto& first = *world.registrations.front();
  EXPECT_FALSE(first.agent_info().has_id());
  EXPECT_EQ(first.agent_info().hostname(), "host.example");
  EXPECT_EQ(first.version(), "1.0.0");
  EXPECT_GT(first.capabilities_size(), 0);
  EXPECT_EQ(first.total_resources_size(), 1);
  EXPECT_EQ(first.addresses_size(), 2);
}

// AGT-031
TEST_F(AgentTest, OrdersThatComeBeforeItsIdIsDurableWaitForIt) {
  world.registers = false;
  world.start_and_register();
  link::ToAgent registered;
  registered.mutable_registered()->mutable_agent_id()->set_value("S0");
  registered.mutable_registered()->set_silence_max(75'000'000'000);
  world.say(registered);
  world.run(framework(), test_task("a"));
  while (world.do_to_agent()) {
  }
  ASSERT_EQ(world.persists.size(), 1U);
  EXPECT_EQ(world.persists.front().changes.front().kind, "agent");
  EXPECT_EQ(world.persists.front().changes.size(), 1U);
  EXPECT_EQ(world.latest_agent, "S0");
  world.settle();
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
}

// AGT-033
TEST_F(AgentTest, AnotherIdThanItsOwnMakesItExitAndLeavesTheContainersRunning) {
  world.start_and_register();
  run(test_task("a"));
  world.assigned_id = "S1";
  world.break_link();
  world.advance(2s);
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.exit->code, 1);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
}

// EXE-114 EXE-119 SCH-209 SCH-211 SCH-212 SCH-213 EXE-071
TEST_F(AgentTest, ACommandTaskStartsRunsAndFinishes) {
  world.start_and_register();
  run(test_task("a"));
  end("a", 0);
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_FINISHED}));
  for (const auto& update : world.updates) {
    const auto& status = update->status();
    EXPECT_EQ(status.uuid().size(), 16U);
    EXPECT_EQ(status.source(), v1::TaskStatus::SOURCE_EXECUTOR);
    EXPECT_EQ(status.agent_id().value(), "S0");
    EXPECT_EQ(status.executor_id().value(), "a");
    EXPECT_EQ(status.timestamp(), world.now.wall);
  }
  EXPECT_TRUE(world.containers.empty());
  EXPECT_EQ(world.stored_count("task") + world.stored_count("progress") + world.stored_count("framework"), 0U);
}

// EXE-072 EXE-073 IP6-026
TEST_F(AgentTest, StatusesNameTheContainerItsProcessAndTheAgentsAddressesOfBothFamilies) {
  world.start_and_register();
  run(test_task("a"));
  const auto& status = world.last_status(key("a")).container_status();
  EXPECT_EQ(status.container_id().value(), world.container_of(key("a")).value);
  EXPECT_EQ(static_cast<int>(status.executor_pid()), world.containers.at(world.container_of(key("a"))).pid);
  ASSERT_EQ(status.network_infos_size(), 1);
  ASSERT_EQ(status.network_infos(0).ip_addresses_size(), 2);
  EXPECT_EQ(status.network_infos(0).ip_addresses(0).protocol(), v1::NetworkInfo::IPv4);
  EXPECT_EQ(status.network_infos(0).ip_addresses(0).ip_address(), "192.0.2.7");
  EXPECT_EQ(status.network_infos(0).ip_addresses(1).protocol(), v1::NetworkInfo::IPv6);
  EXPECT_EQ(status.network_infos(0).ip_addresses(1).ip_address(), "2001:db8::7");
}

// AGT-056
TEST_F(AgentTest, ATaskIsDurableBeforeAnythingIsDoneForIt) {
  world.start_and_register();
  world.run(framework(), test_task("a"));
  world.do_to_agent();
  EXPECT_TRUE(world.sandboxes.empty());
  ASSERT_EQ(world.persists.size(), 1U);
  world.do_persist();
  EXPECT_EQ(world.sandboxes.size(), 1U);
  EXPECT_EQ(world.stored_count("task"), 1U);
  EXPECT_EQ(world.stored_count("framework"), 1U);
}

TEST_F(AgentTest, ThePriceOfManyTasksIsAHandfulOfWrites) {
  world.start_and_register();
  for (int i = 0; i < 500; ++i) world.run(framework(), test_task(std::to_string(i)));
  do {
    while (world.do_to_agent() || world.do_sandbox() || world.do_launch() || world.do_to_master()) {
    }
  } while (world.do_persist());
  EXPECT_EQ(world.containers.size(), 500U);
  std::size_t changes = 0;
  const auto writes = world.effects_of<Persist>();
  for (const auto& write : writes) changes += write.changes.size();
  EXPECT_LT(writes.size(), 20U);
  EXPECT_LT(changes, 500U * 6);
}

// AGT-056
TEST_F(AgentTest, AStoreThatCannotBeWrittenEndsTheAgent) {
  world.start_and_register();
  world.run(framework(), test_task("a"));
  world.do_to_agent();
  world.do_persist(true);
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.exit->code, 1);
  EXPECT_TRUE(world.sandboxes.empty());
}

// AGT-070 EXE-118
TEST_F(AgentTest, TheSandboxIsWhereOperatorsLookForItAndBelongsToTheTasksUser) {
  world.start_and_register();
  auto task = test_task("a");
  world.run(framework(), task);
  task.mutable_task_id()->set_value("b");
  task.mutable_command()->set_user("other");
  world.run(framework(), task);
  world.settle();
  const auto sandboxes = world.effects_of<PrepareSandbox>();
  ASSERT_EQ(sandboxes.size(), 2U);
  EXPECT_EQ(sandboxes[0].directory, "slaves/S0/frameworks/f/executors/a/runs/" + sandboxes[0].id.value);
  EXPECT_EQ(sandboxes[0].link, "slaves/S0/frameworks/f/executors/a/runs/latest");
  EXPECT_EQ(sandboxes[0].user, "tester");
  EXPECT_EQ(sandboxes[1].user, "other");
  const auto launches = world.effects_of<Launch>();
  EXPECT_EQ(launches[0].directory, "/var/lib/stoa/" + sandboxes[0].directory);
  EXPECT_EQ(launches[0].user, "tester");
  EXPECT_EQ(launches[1].user, "other");
}

// EXE-118
TEST_F(AgentTest, WithoutSwitchUserTheAgentsUserIsKept) {
  world.config.switch_user = false;
  world.start_and_register();
  run(test_task("a"));
  EXPECT_EQ(world.effects_of<Launch>().front().user, std::nullopt);
}

// EXE-118 AGT-051 SCH-226
TEST_F(AgentTest, AUserUnknownOnTheHostDropsTheTask) {
  world.start_and_register();
  for (const bool aware : {false, true}) {
    const std::string task = aware ? "b" : "a";
    world.run(aware ? partition_aware() : framework(), test_task(task));
    world.do_to_agent();
    world.do_persist();
    world.do_sandbox(fail(Code::not_found, "No such user 'tester'"));
    world.settle();
    expect_last(task, aware ? v1::TASK_DROPPED : v1::TASK_LOST, v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                "Failed to prepare the sandbox: No such user 'tester'");
  }
  EXPECT_TRUE(world.effects_of<Launch>().empty());
}

// AGT-110 CON-025 CON-026
TEST_F(AgentTest, AFetchThatFailsFailsTheLaunch) {
  world.start_and_register();
  world.run(framework(), test_task("a"));
  world.do_to_agent();
  world.do_persist();
  world.do_sandbox(fail(Code::unavailable, "Failed to fetch all URIs for container 'c': no"), true);
  world.settle();
  expect_last("a", v1::TASK_FAILED, v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
              "Failed to launch container: Failed to fetch all URIs for container 'c': no");
  EXPECT_TRUE(world.effects_of<Launch>().empty());
}

// EXE-115 EXE-131
TEST_F(AgentTest, TheCommandIsAShellLineOrAnExecutableWithItsCompleteArguments) {
  world.start_and_register();
  auto task = test_task("shell", "echo $HOME");
  task.mutable_command()->add_arguments("ignored");
  run(task);
  task = test_task("exec", "/bin/echo");
  task.mutable_command()->set_shell(false);
  task.mutable_command()->add_arguments("echo");
  task.mutable_command()->add_arguments("hello");
  run(task);
  task = test_task("bare");
  task.mutable_command()->clear_value();
  task.mutable_command()->set_shell(false);
  task.mutable_command()->add_arguments("sleep");
  task.mutable_command()->add_arguments("7");
  run(task);
  const auto launches = world.effects_of<Launch>();
  ASSERT_EQ(launches.size(), 3U);
  EXPECT_TRUE(launches[0].shell);
  EXPECT_EQ(launches[0].executable, "echo $HOME");
  EXPECT_TRUE(launches[0].argv.empty());
  EXPECT_FALSE(launches[1].shell);
  EXPECT_EQ(launches[1].executable, "/bin/echo");
  EXPECT_EQ(launches[1].argv, (std::vector<std::string>{"echo", "hello"}));
  EXPECT_EQ(launches[2].executable, "sleep");
  EXPECT_EQ(launches[2].argv, (std::vector<std::string>{"sleep", "7"}));
}

// EXE-114
TEST_F(AgentTest, AnEmptyCommandFails) {
  world.start_and_register();
  run(test_task("a", ""));
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_FAILED);
  EXPECT_TRUE(world.effects_of<Launch>().empty());
}

// EXE-097 EXE-130
TEST_F(AgentTest, AContainerThatCannotBeLaunchedFailsTheTaskWithTheCause) {
  world.start_and_register();
  world.run(framework(), test_task("a"));
  while (world.launches.empty() && (world.do_to_agent() || world.do_persist() || world.do_sandbox())) {
  }
  world.do_launch(Error{Code::not_found, "No such file or directory"});
  world.settle();
  expect_last("a", v1::TASK_FAILED, v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
              "Failed to launch container: No such file or directory");
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_FAILED}));
}

// AGT-051 AGT-055
TEST_F(AgentTest, ALaunchThatExpectsARunningExecutorIsDropped) {
  world.start_and_register();
  link::ToAgent message;
  *message.mutable_run()->mutable_framework_info() = partition_aware();
  *message.mutable_run()->mutable_task() = test_task("a");
  message.mutable_run()->set_expects_new_executor(false);
  world.say(message);
  world.settle();
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_DROPPED);
  EXPECT_EQ(world.last_status(key("a")).reason(), v1::TaskStatus::REASON_EXECUTOR_TERMINATED);
  EXPECT_FALSE(world.last_status(key("a")).has_container_status());
}

// AGT-076
TEST_F(AgentTest, AnIdThatCannotBePartOfAPathDropsTheTaskAndCreatesNothing) {
  world.start_and_register();
  for (const char* id : {"..", "a/b", "a\nb"}) {
    run(partition_aware(), test_task(id));
    EXPECT_EQ(world.last_status(key(id)).state(), v1::TASK_DROPPED);
    EXPECT_EQ(world.last_status(key(id)).reason(), v1::TaskStatus::REASON_TASK_INVALID);
  }
  EXPECT_TRUE(world.effects_of<PrepareSandbox>().empty());
}

TEST_F(AgentTest, AnExecutorOfTheTasksOwnIsRefusedInWords) {
  world.start_and_register();
  auto task = test_task("a");
  task.mutable_executor()->mutable_executor_id()->set_value("e");
  run(task);
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_LOST);
  EXPECT_NE(world.last_status(key("a")).message().find("executor"), std::string::npos);
}

TEST_F(AgentTest, ASecondOrderToRunAKnownTaskChangesNothing) {
  world.start_and_register();
  run(test_task("a"));
  run(test_task("a"));
  EXPECT_EQ(world.effects_of<Launch>().size(), 1U);
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
}

// SCH-222
TEST_F(AgentTest, ATaskIdIsFreeAgainWithTheTerminalAcknowledgement) {
  world.start_and_register();
  run(test_task("a"));
  const ContainerId first = world.container_of(key("a"));
  world.process_ends(first, 0);
  world.do_exits();
  world.do_persist();
  world.do_to_master();
  world.run(framework(), test_task("a"));
  world.do_to_agent();
  world.do_to_agent();
  world.settle();
  EXPECT_NE(world.container_of(key("a")), first);
  EXPECT_EQ(world.states(key("a")).size(), 5U);
}

// EXE-120 EXE-121 SCH-202
TEST_F(AgentTest, AKilledTaskGetsTermThenIsDestroyedAndEndsKilled) {
  world.start_and_register();
  run(framework({v1::FrameworkInfo::Capability::TASK_KILLING_STATE}), test_task("a"));
  world.kill(key("a"));
  world.settle();
  EXPECT_EQ(world.containers.at(world.container_of(key("a"))).terminations, 1);
  world.advance(2900ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(100ms);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_KILLING, v1::TASK_KILLED}));
}

// EXE-120 EXE-122 SCH-198
TEST_F(AgentTest, TheGraceIsTheKillsOrTheTasksAndMayBeShortened) {
  world.start_and_register();
  auto task = test_task("a");
  task.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(Duration(20s).count());
  run(task);
  world.kill(key("a"));
  world.settle();
  world.advance(10s);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.kill(key("a"), 12s);
  world.settle();
  world.advance(1999ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(1ms);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  EXPECT_EQ(world.effects_of<Signal>().size(), 1U);
}

// EXE-103 SCH-201 AGT-058
TEST_F(AgentTest, AKillDuringThePreparationPreventsTheLaunch) {
  world.start_and_register();
  world.run(framework(), test_task("a"));
  world.do_to_agent();
  world.do_persist();
  ASSERT_EQ(world.sandboxes.size(), 1U);
  world.kill(key("a"));
  world.do_to_agent();
  world.do_sandbox();
  world.settle();
  expect_last("a", v1::TASK_KILLED, v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH,
              "Killed before delivery to the executor");
  EXPECT_TRUE(world.effects_of<Launch>().empty());
  EXPECT_FALSE(world.last_status(key("a")).has_container_status());
}

// EXE-123
TEST_F(AgentTest, AKillWhileTheContainerStartsWinsOverIt) {
  world.start_and_register();
  world.run(framework(), test_task("a"));
  while (world.launches.empty() && (world.do_to_agent() || world.do_persist() || world.do_sandbox())) {
  }
  world.kill(key("a"));
  while (world.do_to_agent() || world.do_persist()) {
  }
  world.settle();
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_KILLED}));
  EXPECT_TRUE(world.containers.empty());
}

// EXE-104 SCH-203
TEST_F(AgentTest, AKillOfATaskThatIsNotHereIsAnsweredForIt) {
  world.start_and_register();
  run(partition_aware(), test_task("a"));
  world.kill(key("gone"));
  world.settle();
  expect_last("gone", v1::TASK_DROPPED, v1::TaskStatus::REASON_EXECUTOR_TERMINATED, "Cannot find executor");
}

// EXE-104 SCH-202
TEST_F(AgentTest, AKillOfAnEndedTaskChangesNothing) {
  world.start_and_register();
  world.acknowledges = false;
  run(test_task("a"));
  end("a", 256);
  const std::size_t before = world.effects.size();
  world.kill(key("a"));
  world.settle();
  EXPECT_TRUE(world.effects_of<Signal>().empty());
  EXPECT_EQ(world.effects.size(), before);
}

// EXE-124
TEST_F(AgentTest, AShutDownExecutorKillsItsTaskWithTheShutdownGraceLessTwoSeconds) {
  world.config.kill_grace_period = 30s;
  world.start_and_register();
  run(test_task("a"));
  link::ToAgent message;
  message.mutable_shutdown_executor()->mutable_framework_id()->set_value("f");
  message.mutable_shutdown_executor()->mutable_executor_id()->set_value("a");
  world.say(message);
  world.settle();
  EXPECT_EQ(world.containers.at(world.container_of(key("a"))).terminations, 1);
  world.advance(2999ms);
  EXPECT_TRUE(world.effects_of<Destroy>().empty());
  world.advance(1ms);
  EXPECT_EQ(world.states(key("a")).back(), v1::TASK_KILLED);
}

// AGT-041 HA-117
TEST_F(AgentTest, TasksTheMasterMissesAreAnsweredForOnce) {
  world.start_and_register();
  run(partition_aware(), test_task("here"));
  link::ToAgent message;
  *message.mutable_reconcile_tasks()->mutable_framework_info() = partition_aware();
  for (const char* id : {"here", "missing"}) message.mutable_reconcile_tasks()->add_task_ids()->set_value(id);
  world.say(message);
  world.settle();
  expect_last("missing", v1::TASK_DROPPED, v1::TaskStatus::REASON_RECONCILIATION,
              "Reconciliation: task unknown to the agent");
  EXPECT_EQ(world.states(key("here")), (States{v1::TASK_STARTING, v1::TASK_RUNNING}));
}

// AGT-032 AGT-040 SCH-214
TEST_F(AgentTest, AfterABrokenLinkItRegistersWithItsIdAndAllTasksAndSendsWhatIsPending) {
  world.start_and_register();
  world.acknowledges = false;
  run(test_task("a"));
  world.break_link();
  end("a", 0);
  const std::size_t sent = world.updates.size();
  world.advance(2s);
  const auto& again = *world.registrations.back();
  EXPECT_EQ(again.agent_info().id().value(), "S0");
  ASSERT_EQ(again.tasks_size(), 1);
  EXPECT_EQ(again.tasks(0).state(), v1::TASK_FINISHED);
  EXPECT_EQ(again.tasks(0).statuses_size(), 3);
  EXPECT_EQ(again.tasks(0).status_update_state(), v1::TASK_STARTING);
  EXPECT_EQ(again.frameworks_size(), 1);
  ASSERT_EQ(world.updates.size(), sent + 1);
  EXPECT_EQ(world.updates.back()->status().state(), v1::TASK_STARTING);
  EXPECT_EQ(world.updates.back()->latest_state(), v1::TASK_FINISHED);
}

// AGT-038
TEST_F(AgentTest, PingsAreAnsweredInEveryState) {
  world.start_and_register();
  link::ToAgent ping;
  ping.mutable_ping()->set_connected(true);
  world.say(ping);
  world.settle();
  EXPECT_EQ(world.pongs, 1U);
  world.run(framework(), test_task("a"));
  world.do_to_agent();
  world.say(ping);
  world.do_to_agent();
  world.do_to_master();
  EXPECT_EQ(world.pongs, 2U);
}

// AGT-038 HA-102
TEST_F(AgentTest, ASilentMasterIsLeftForTheLeader) {
  world.start_and_register();
  world.advance(80s);
  EXPECT_EQ(world.effects_of<CloseLink>().size(), 1U);
  EXPECT_EQ(world.registrations.size(), 2U);
}

// AGT-039 HA-103
TEST_F(AgentTest, TheWordDisconnectedMakesItRegisterAgainAtOnce) {
  world.start_and_register();
  link::ToAgent ping;
  ping.mutable_ping()->set_connected(false);
  world.say(ping);
  world.settle();
  EXPECT_EQ(world.registrations.size(), 2U);
}

// AGT-037
TEST_F(AgentTest, AFormerLinkIsNotObeyed) {
  world.start_and_register();
  const LinkNumber former = *world.link;
  world.break_link();
  world.advance(2s);
  link::ToAgent message;
  *message.mutable_run()->mutable_framework_info() = framework();
  *message.mutable_run()->mutable_task() = test_task("a");
  world.step(FromMaster{former, std::make_shared<const link::ToAgent>(message)});
  world.settle();
  EXPECT_TRUE(world.effects_of<PrepareSandbox>().empty());
}

// AGT-037
TEST_F(AgentTest, ALeaderOfAnEarlierEpochIsNotObeyed) {
  world.registers = false;
  world.start_and_register();
  link::ToAgent registered;
  registered.mutable_registered()->mutable_agent_id()->set_value("S0");
  registered.mutable_registered()->set_silence_max(75'000'000'000);
  registered.mutable_registered()->set_epoch(7);
  world.say(registered);
  world.settle();
  world.break_link();
  world.advance(2s);
  EXPECT_EQ(world.registrations.back()->epoch(), 7U);
  registered.mutable_registered()->set_epoch(6);
  world.say(registered);
  world.settle();
  EXPECT_EQ(world.effects_of<CloseLink>().size(), 1U);
  EXPECT_FALSE(world.agent().snapshot().registered);
}

// AGT-042
TEST_F(AgentTest, AChangedFrameworkIsStoredAndItsPendingUpdatesGoOutAgain) {
  world.start_and_register();
  world.acknowledges = false;
  run(test_task("a"));
  const std::size_t sent = world.updates.size();
  link::ToAgent message;
  *message.mutable_update_framework()->mutable_framework_info() = framework();
  message.mutable_update_framework()->mutable_framework_info()->set_name("renamed");
  world.say(message);
  world.settle();
  EXPECT_EQ(world.updates.size(), sent + 1);
  EXPECT_EQ(world.agent().snapshot().frameworks.front().info->name(), "renamed");
  EXPECT_NE(world.stored("framework", "f").find("renamed"), std::string::npos);
}

// EXE-108 EXE-082 AGT-066
TEST_F(AgentTest, ARemovedFrameworksTasksEndWithoutAWord) {
  world.start_and_register();
  run(test_task("a"));
  run(test_task("b"));
  const std::size_t told = world.updates.size();
  link::ToAgent message;
  message.mutable_shutdown_framework()->mutable_framework_id()->set_value("f");
  world.say(message);
  world.settle();
  EXPECT_EQ(world.effects_of<Signal>().size(), 2U);
  end("a", SIGTERM);
  world.advance(5s);
  EXPECT_EQ(world.effects_of<Destroy>().size(), 1U);
  EXPECT_TRUE(world.containers.empty());
  EXPECT_EQ(world.updates.size(), told);
  EXPECT_EQ(world.stored_count("task") + world.stored_count("progress") + world.stored_count("framework"), 0U);
}

// AGT-035 AGT-186
TEST_F(AgentTest, OrderedToShutDownItEndsAllTasksForgetsItsIdAndExits) {
  world.start_and_register();
  run(test_task("a"));
  link::ToAgent message;
  message.mutable_shutdown()->set_message("marked gone");
  world.say(message);
  world.settle();
  EXPECT_FALSE(world.exit);
  EXPECT_EQ(world.containers.begin()->second.terminations, 1);
  world.advance(5s);
  ASSERT_TRUE(world.exit);
  EXPECT_TRUE(world.containers.empty());
  EXPECT_TRUE(world.store.empty());
  world.start_and_register();
  EXPECT_FALSE(world.registrations.back()->agent_info().has_id());
}

// AGT-184
TEST_F(AgentTest, LeavingItUnregistersEndsItsTasksAndExits) {
  world.start_and_register();
  run(test_task("a"));
  world.step(Leave{"SIGUSR1 from root"});
  ASSERT_FALSE(world.to_master.empty());
  EXPECT_TRUE(world.to_master.back()->has_unregister());
  world.settle();
  EXPECT_FALSE(world.exit);
  end("a", SIGTERM);
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.exit->code, 0);
  EXPECT_TRUE(world.store.empty());
}

// AGT-065
TEST_F(AgentTest, AnAcknowledgementThatMatchesNothingIsIgnored) {
  world.start_and_register();
  world.acknowledges = false;
  run(test_task("a"));
  world.acknowledge(key("a"), "0123456789abcdef");
  world.settle();
  EXPECT_EQ(world.states(key("a")), States{v1::TASK_STARTING});
}

// AGT-202 AGT-203 EXE-112 EXE-113
TEST_F(AgentTest, ReadersSeeEachTaskInOneListAndTheExecutorThatStandsForIt) {
  world.start_and_register();
  world.run(framework(), test_task("a", "sleep 1000000000"));
  world.do_to_agent();
  const auto stage = [&] {
    const auto snapshot = world.agent().snapshot();
    const auto& list = snapshot.frameworks.empty() ? snapshot.completed_frameworks : snapshot.frameworks;
    const auto& executors = list.at(0).executors.empty() ? list.at(0).completed_executors : list.at(0).executors;
    return executors.at(0)->tasks.at(0)->stage;
  };
  EXPECT_EQ(stage(), TaskStage::queued);
  world.settle();
  EXPECT_EQ(stage(), TaskStage::launched);
  const auto executor = world.agent().snapshot().frameworks.at(0).executors.at(0);
  EXPECT_EQ(executor->info->name(), "Command Executor (Task: a) (Command: sh -c 'sleep 100000...')");
  EXPECT_EQ(executor->info->executor_id().value(), "a");
  EXPECT_EQ(executor->info->framework_id().value(), "f");
  ASSERT_EQ(executor->info->resources_size(), 2);
  EXPECT_EQ(executor->info->resources(0).scalar().value(), 0.1);
  EXPECT_EQ(executor->info->resources(1).scalar().value(), 32);
  EXPECT_EQ(executor->directory, world.effects_of<Launch>().front().directory);
  world.acknowledges = false;
  end("a", 0);
  EXPECT_EQ(stage(), TaskStage::terminated);
  world.acknowledge(key("a"), world.last_status(key("a")).uuid());
  world.settle();
  EXPECT_EQ(stage(), TaskStage::completed);
}

// EXE-111 EXE-126
TEST_F(AgentTest, ACommandTasksExecutorGoesWithItsTaskAndItsLastWordWaits) {
  world.start_and_register();
  for (const char* id : {"a", "b"}) run(test_task(id));
  const auto executors = world.agent().snapshot().frameworks.at(0).executors;
  ASSERT_EQ(executors.size(), 2U);
  for (const auto& executor : executors) {
    EXPECT_EQ(executor->info->executor_id().value(), executor->tasks.at(0)->id.value);
    EXPECT_EQ(executor->container, world.container_of(key(executor->tasks.at(0)->id.value)));
  }
  EXPECT_NE(executors[0]->container, executors[1]->container);
  world.acknowledges = false;
  end("a", 0);
  EXPECT_FALSE(world.containers.contains(world.container_of(key("a"))));
  EXPECT_EQ(world.states(key("a")), (States{v1::TASK_STARTING, v1::TASK_RUNNING, v1::TASK_FINISHED}));
  world.acknowledges = true;
  world.start_and_register();
  EXPECT_EQ(world.last_status(key("a")).state(), v1::TASK_FINISHED);
  EXPECT_EQ(world.agent().snapshot().frameworks.at(0).executors.size(), 1U);
}

// AGT-203
TEST_F(AgentTest, HistoryIsLimited) {
  EXPECT_EQ(world.config.completed_executors_per_framework_max, 150U);
  EXPECT_EQ(world.config.completed_frameworks_max, 50U);
  world.config.completed_executors_per_framework_max = 3;
  world.config.completed_frameworks_max = 2;
  world.start_and_register();
  for (const char* id : {"f", "g", "h"}) {
    for (int i = 0; i < 5; ++i) {
      world.run(test_framework(id), test_task(std::to_string(i)));
      world.settle();
      world.process_ends(world.container_of({FrameworkId(id), TaskId(std::to_string(i))}), 0);
      world.settle();
    }
  }
  const auto snapshot = world.agent().snapshot();
  ASSERT_EQ(snapshot.completed_frameworks.size(), 2U);
  EXPECT_EQ(snapshot.completed_frameworks[0].info->id().value(), "g");
  ASSERT_EQ(snapshot.completed_frameworks[1].completed_executors.size(), 3U);
  EXPECT_EQ(snapshot.completed_frameworks[1].completed_executors[2]->tasks[0]->id, TaskId("4"));
}

TEST_F(AgentTest, TheSameEventsHaveTheSameEffects) {
  std::vector<std::string> lives;
  for (int life = 0; life < 2; ++life) {
    World each;
    each.start_and_register();
    each.run(framework(), test_task("a"));
    each.settle();
    each.process_ends(each.container_of(key("a")), 0);
    each.settle();
    std::string bytes;
    for (const auto& update : each.updates) bytes += update->SerializeAsString();
    lives.push_back(bytes);
  }
  EXPECT_EQ(lives[0], lives[1]);
}

}  // namespace
}  // namespace stoa::agent
