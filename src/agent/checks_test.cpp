// Checks and health checks of the tasks of one agent, as their scheduler sees them.
#include <gtest/gtest.h>
#include <signal.h>

#include "agent/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using Kind = ProbeOutcome::Kind;

const TaskKey task_a{FrameworkId("f"), TaskId("a")};

ProbeOutcome answer(int value) { return {.kind = Kind::answered, .value = value}; }

v1::TaskInfo with_health(std::uint32_t failures = 3, double grace = 0) {
  v1::TaskInfo task = test_task("a", "serve");
  v1::HealthCheck& health = *task.mutable_health_check();
  health.set_type(v1::HealthCheck::HTTP);
  health.mutable_http()->set_port(31'000);
  health.set_delay_seconds(1);
  health.set_interval_seconds(2);
  health.set_consecutive_failures(failures);
  health.set_grace_period_seconds(grace);
  return task;
}

v1::TaskInfo with_check(v1::CheckInfo::Type type = v1::CheckInfo::HTTP) {
  v1::TaskInfo task = test_task("a", "serve");
  v1::CheckInfo& check = *task.mutable_check();
  check.set_type(type);
  if (type == v1::CheckInfo::COMMAND) check.mutable_command()->mutable_command()->set_value("ask");
  if (type == v1::CheckInfo::HTTP) check.mutable_http()->set_port(31'000);
  if (type == v1::CheckInfo::TCP) check.mutable_tcp()->set_port(31'000);
  check.set_delay_seconds(1);
  check.set_interval_seconds(2);
  return task;
}

class ChecksTest : public testing::Test {
 protected:
  void run(const v1::TaskInfo& task, std::initializer_list<v1::FrameworkInfo::Capability::Type> capabilities = {}) {
    world.start_and_register();
    v1::FrameworkInfo framework = test_framework("f");
    for (const auto type : capabilities) framework.add_capabilities()->set_type(type);
    world.run(framework, task);
    world.settle();
  }
  // Passes time until a probe is under way, and answers it.
  void probe(const ProbeOutcome& outcome) {
    for (int i = 0; i < 300 && world.probes.empty(); ++i) world.advance(100ms);
    ASSERT_TRUE(world.do_probe(outcome));
    world.settle();
  }
  const v1::TaskStatus& last() const { return world.last_status(task_a); }
  void ends(int wait_status) {
    world.process_ends(world.container_of(task_a), wait_status);
    world.settle();
  }
  // All statuses in the order in which they came, in short.
  std::string history() const {
    std::string result;
    for (const auto& update : world.updates) {
      const v1::TaskStatus& status = update->status();
      if (!result.empty()) result += ' ';
      result += v1::TaskState_Name(status.state()).substr(5);
      if (status.has_healthy()) result += status.healthy() ? "+" : "-";
    }
    return result;
  }
  void TearDown() override { EXPECT_EQ(world.broken, std::vector<std::string>()); }

  World world;
};

// EXE-160 EXE-161 SCH-142
TEST_F(ChecksTest, WhatATaskLeavesOutIsTheDefault) {
  v1::TaskInfo task = test_task("a");
  task.mutable_health_check()->set_type(v1::HealthCheck::TCP);
  task.mutable_health_check()->mutable_tcp()->set_port(80);
  task.mutable_check()->set_type(v1::CheckInfo::TCP);
  task.mutable_check()->mutable_tcp()->set_port(80);
  run(task);
  world.advance(15s - 1ms);
  EXPECT_TRUE(world.probes.empty());
  world.advance(1ms);
  ASSERT_EQ(world.probes.size(), 2U);
  EXPECT_EQ(world.probes[0].timeout, 20s);
  EXPECT_EQ(world.probes[1].timeout, 20s);
  // 15 s are past the grace period of 10 s; the third failure in a row kills.
  std::size_t probes = 2;
  for (const int failures : {1, 2, 3}) {
    while (!world.probes.empty()) world.do_probe(answer(0));
    world.settle();
    EXPECT_EQ(last().message().find("Health check failed (" + std::to_string(failures) + " of 3)"), 0U);
    EXPECT_EQ(world.containers.begin()->second.terminations, failures == 3 ? 1 : 0);
    world.advance(10s - 1ms);
    EXPECT_TRUE(world.probes.empty());
    world.advance(1ms);
    probes += world.probes.size();
  }
  EXPECT_EQ(probes, 6U);
}

// EXE-160
TEST_F(ChecksTest, ATimeoutOfZeroIsNone) {
  v1::TaskInfo task = with_check();
  task.mutable_check()->set_timeout_seconds(0);
  run(task);
  world.advance(1s);
  EXPECT_EQ(world.probes.front().timeout, std::nullopt);
}

TEST_F(ChecksTest, TimesBeyondAllMeasureAreLongOnes) {
  v1::TaskInfo task = with_check();
  task.mutable_check()->set_delay_seconds(1e300);
  task.mutable_check()->set_timeout_seconds(1e300);
  run(task);
  world.advance(1h);
  EXPECT_TRUE(world.probes.empty());
}

// EXE-164
TEST_F(ChecksTest, TheFirstSuccessAndRecoveryAreTold) {
  run(with_health());
  probe(answer(200));
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING+");
  EXPECT_EQ(last().reason(), v1::TaskStatus::REASON_TASK_HEALTH_CHECK_STATUS_UPDATED);
  EXPECT_EQ(last().source(), v1::TaskStatus::SOURCE_EXECUTOR);
  EXPECT_TRUE(last().has_uuid());
  probe(answer(204));
  probe(answer(302));
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING+");
  probe(answer(503));
  probe(answer(200));
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING+ RUNNING- RUNNING+");
}

// EXE-165 EXE-168 EXE-127
TEST_F(ChecksTest, ASickTaskIsKilledByItsPolicyAndEndsKilledUnhealthy) {
  v1::TaskInfo task = with_health(2);
  task.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(Duration(20s).count());
  run(task, {v1::FrameworkInfo::Capability::TASK_KILLING_STATE});
  probe(answer(500));
  EXPECT_EQ(world.containers.begin()->second.terminations, 0);
  probe(answer(500));
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING- RUNNING- KILLING-");
  EXPECT_EQ(world.containers.begin()->second.terminations, 1);
  world.advance(20s - 1ms);
  EXPECT_FALSE(world.containers.begin()->second.destroyed);
  EXPECT_TRUE(world.probes.empty());
  world.advance(1ms);
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING- RUNNING- KILLING- KILLED-");
  EXPECT_TRUE(last().has_healthy());
}

// EXE-165
TEST_F(ChecksTest, ZeroConsecutiveFailuresActLikeOne) {
  run(with_health(0));
  probe({.kind = Kind::timed_out});
  EXPECT_EQ(world.containers.begin()->second.terminations, 1);
}

// EXE-166
TEST_F(ChecksTest, TheGracePeriodBeginsWithTheProcess) {
  run(with_health(1, 6));
  probe(answer(500));  // After 1 s, then 3 s and 5 s.
  probe(answer(500));
  probe(answer(500));
  EXPECT_EQ(history(), "STARTING RUNNING");
  probe(answer(500));
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING-");
  EXPECT_EQ(world.containers.begin()->second.terminations, 1);
}

// EXE-167 EXE-168
TEST_F(ChecksTest, ACheckTellsItsResultByItsKind) {
  struct Case {
    v1::CheckInfo::Type type;
    ProbeOutcome outcome;
    std::string empty;
    std::string shown;
  };
  for (const auto& [type, outcome, empty, shown] :
       {Case{v1::CheckInfo::COMMAND, answer(3), "type: COMMAND command { }", "type: COMMAND command { exit_code: 3 }"},
        Case{v1::CheckInfo::HTTP, answer(404), "type: HTTP http { }", "type: HTTP http { status_code: 404 }"},
        Case{v1::CheckInfo::TCP, answer(1), "type: TCP tcp { }", "type: TCP tcp { succeeded: true }"},
        Case{v1::CheckInfo::TCP, answer(0), "type: TCP tcp { }", "type: TCP tcp { succeeded: false }"}}) {
    world = World();
    run(with_check(type));
    for (const auto& update : world.updates)
      EXPECT_EQ(update->status().check_status().ShortDebugString(), empty) << update->status().ShortDebugString();
    EXPECT_EQ(world.updates.front()->status().state(), v1::TASK_STARTING);
    probe(outcome);
    EXPECT_EQ(last().check_status().ShortDebugString(), shown);
    EXPECT_EQ(last().reason(), v1::TaskStatus::REASON_TASK_CHECK_STATUS_UPDATED);
    EXPECT_EQ(last().state(), v1::TASK_RUNNING);
    EXPECT_FALSE(last().has_healthy());
    probe(outcome);
    EXPECT_EQ(history(), "STARTING RUNNING RUNNING");
    probe({.kind = Kind::failed, .message = "no such program"});
    EXPECT_EQ(last().check_status().ShortDebugString(), empty);
    probe(outcome);
    ends(0);
    EXPECT_EQ(last().state(), v1::TASK_FINISHED);
    EXPECT_EQ(last().check_status().ShortDebugString(), shown);
  }
}

// EXE-160 EXE-168
TEST_F(ChecksTest, EachOfTheTwoIsRepeatedInUpdatesOfTheOther) {
  v1::TaskInfo task = with_health();
  *task.mutable_check() = with_check().check();
  run(task);
  world.advance(1s);
  world.do_probe(answer(200));  // The check.
  world.do_probe(answer(500));  // The health check.
  world.settle();
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING RUNNING-");
  EXPECT_EQ(last().check_status().http().status_code(), 200U);
  world.advance(2s);
  world.do_probe(answer(201));
  world.settle();
  EXPECT_EQ(last().reason(), v1::TaskStatus::REASON_TASK_CHECK_STATUS_UPDATED);
  EXPECT_FALSE(last().healthy());
  EXPECT_TRUE(last().has_healthy());
  world.kill(task_a);
  world.settle();
  ends(SIGTERM);
  EXPECT_EQ(last().state(), v1::TASK_KILLED);
  EXPECT_TRUE(last().has_healthy());
  EXPECT_EQ(last().check_status().http().status_code(), 201U);
}

// EXE-127
TEST_F(ChecksTest, ProbesEndWhenAKillBeginsAndWhenTheTaskEnds) {
  for (const int how : {0, 1, 2, 3}) {
    world = World();
    v1::TaskInfo task = with_health();
    if (how == 2) task.mutable_max_completion_time()->set_nanoseconds(Duration(2s).count());
    run(task);
    world.advance(1s);
    ASSERT_EQ(world.probes.size(), 1U);
    if (how == 0) world.kill(task_a, 1h);
    if (how == 1) ends(0);
    if (how == 2) world.advance(1s);
    if (how == 3) world.step(Leave{"bye"});
    world.settle();
    EXPECT_TRUE(world.probes.empty()) << how;
    EXPECT_EQ(world.effects_of<CancelProbe>().size(), 1U) << how;
    world.advance(30min);
    EXPECT_TRUE(world.probes.empty()) << how;
  }
}

// EXE-163 EXE-116
TEST_F(ChecksTest, ACommandHasTheTasksEnvironmentAndUserOverlaidByItsOwn) {
  v1::TaskInfo task = with_check(v1::CheckInfo::COMMAND);
  const auto set = [](v1::CommandInfo& command, const std::string& name, const std::string& value) {
    auto& variable = *command.mutable_environment()->add_variables();
    variable.set_name(name);
    variable.set_value(value);
  };
  set(*task.mutable_command(), "COLOUR", "red");
  set(*task.mutable_command(), "SHAPE", "round");
  auto& secret = *task.mutable_command()->mutable_environment()->add_variables();
  secret.set_name("KEY");
  secret.set_type(v1::Environment::Variable::SECRET);
  secret.mutable_secret()->set_type(v1::Secret::VALUE);
  secret.mutable_secret()->mutable_value()->set_data("hush");
  set(*task.mutable_check()->mutable_command()->mutable_command(), "COLOUR", "blue");
  run(task);
  world.advance(1s);
  const auto launch = world.effects_of<Launch>().front();
  const auto& command = std::get<ProbeCommand>(world.probes.front().target);
  auto expected = launch.environment;
  expected["COLOUR"] = "blue";
  EXPECT_EQ(expected.at("SHAPE"), "round");
  EXPECT_EQ(expected.at("KEY"), "hush");
  EXPECT_EQ(command.environment, expected);
  EXPECT_EQ(command.user, launch.user);
  EXPECT_EQ(command.directory, launch.directory);
  EXPECT_TRUE(command.shell);
  EXPECT_EQ(command.executable, "ask");
  EXPECT_EQ(world.probes.front().name.container, launch.id);
}

// EXE-163 EXE-131
TEST_F(ChecksTest, ACommandMayBeAnExecutableWithItsArguments) {
  v1::TaskInfo task = test_task("a");
  v1::HealthCheck& health = *task.mutable_health_check();
  health.set_type(v1::HealthCheck::COMMAND);
  health.mutable_command()->set_shell(false);
  health.mutable_command()->add_arguments("ask");
  health.mutable_command()->add_arguments("nicely");
  health.set_delay_seconds(0);
  run(task);
  world.advance(1ms);
  const auto& command = std::get<ProbeCommand>(world.probes.front().target);
  EXPECT_FALSE(command.shell);
  EXPECT_EQ(command.executable, "ask");
  EXPECT_EQ(command.argv, (std::vector<std::string>{"ask", "nicely"}));
}

// EXE-094
TEST_F(ChecksTest, AfterARestartATaskWhoseProbeNeedsASecretIsLeftAlone) {
  v1::TaskInfo task = with_check(v1::CheckInfo::COMMAND);
  *task.mutable_health_check() = with_health().health_check();
  auto& secret = *task.mutable_check()->mutable_command()->mutable_command()->mutable_environment()->add_variables();
  secret.set_name("KEY");
  secret.set_type(v1::Environment::Variable::SECRET);
  secret.mutable_secret()->set_type(v1::Secret::VALUE);
  secret.mutable_secret()->mutable_value()->set_data("hush");
  run(task);
  probe(answer(7));
  EXPECT_EQ(last().check_status().command().exit_code(), 7);
  for (const auto& [key, bytes] : world.store) EXPECT_EQ(bytes.find("hush"), std::string::npos) << key.first;
  world.start_and_register();
  world.advance(3s);
  ASSERT_EQ(world.probes.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<ProbeHttp>(world.probes.front().target));
  probe(answer(200));
  EXPECT_EQ(last().check_status().command().exit_code(), 7);
}

// EXE-162 EXE-170
TEST_F(ChecksTest, AddressesAreThoseOfTheProtocolOrLoopbackOfBothThenTheContainers) {
  struct Case {
    int protocol;
    std::vector<std::string> hosts;
  };
  for (const auto& [protocol, hosts] :
       {Case{0, {"127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"}}, Case{v1::NetworkInfo::IPv4, {"127.0.0.1"}},
        Case{v1::NetworkInfo::IPv6, {"::1"}}}) {
    for (const auto type : {v1::HealthCheck::HTTP, v1::HealthCheck::TCP}) {
      world = World();
      v1::TaskInfo task = with_health();
      v1::HealthCheck& health = *task.mutable_health_check();
      health.set_type(type);
      health.mutable_tcp()->set_port(31'001);
      health.mutable_http()->set_scheme("https");
      health.mutable_http()->set_path("/alive?really");
      if (protocol != 0) health.mutable_tcp()->set_protocol(static_cast<v1::NetworkInfo::Protocol>(protocol));
      if (protocol != 0) health.mutable_http()->set_protocol(static_cast<v1::NetworkInfo::Protocol>(protocol));
      run(task);
      world.advance(1s);
      const ProbeTarget& target = world.probes.front().target;
      if (const auto* http = std::get_if<ProbeHttp>(&target)) {
        EXPECT_EQ(http->hosts, hosts);
        EXPECT_EQ(http->port, 31'000U);
        EXPECT_EQ(http->path, "/alive?really");
        EXPECT_TRUE(http->tls);
      } else {
        EXPECT_EQ(std::get<ProbeTcp>(target).hosts, hosts);
        EXPECT_EQ(std::get<ProbeTcp>(target).port, 31'001U);
      }
    }
  }
}

// EXE-168 EXE-169 AGT-081
TEST_F(ChecksTest, ProbesGoOnAfterARestartFromWhatWasTold) {
  v1::TaskInfo task = with_health(2, 3600);
  *task.mutable_check() = with_check().check();
  run(task);
  world.advance(1s);
  world.do_probe(answer(200));
  world.do_probe(answer(200));
  world.settle();
  EXPECT_EQ(history(), "STARTING RUNNING RUNNING RUNNING+");
  world.advance(2s);
  EXPECT_EQ(world.probes.size(), 2U);  // They die with the agent, and say nothing about the task.
  world.updates.clear();
  world.start_and_register();
  EXPECT_EQ(history(), "");
  world.advance(2s);
  ASSERT_EQ(world.probes.size(), 2U);
  world.do_probe(answer(200));
  world.do_probe(answer(200));
  world.settle();
  EXPECT_EQ(history(), "") << "nothing has changed";
  world.advance(2s);
  world.do_probe(answer(404));
  world.do_probe(answer(500));
  world.settle();
  EXPECT_EQ(history(), "RUNNING+ RUNNING-");
  EXPECT_EQ(last().check_status().http().status_code(), 404U);
}

// EXE-165 AGT-081
TEST_F(ChecksTest, AKillForSicknessIsNotForgottenInARestart) {
  run(with_health(1));
  for (int i = 0; i < 30 && world.probes.empty(); ++i) world.advance(100ms);
  world.do_probe(answer(500));
  world.do_persist();
  ends(SIGTERM);
  world.start_and_register();
  EXPECT_EQ(last().state(), v1::TASK_KILLED);
  EXPECT_TRUE(last().has_healthy());
  EXPECT_FALSE(last().healthy());
}

const TaskKey task_b{FrameworkId("f"), TaskId("b")};

// Two tasks of one group: `a` has a health check over HTTP, `b` a check by a command, with a secret.
void run_group(World& world) {
  link::ToAgent message;
  link::RunGroup& order = *message.mutable_run_group();
  *order.mutable_framework_info() = test_framework("f");
  order.mutable_executor_info()->mutable_executor_id()->set_value("pod");
  order.mutable_executor_info()->mutable_framework_id()->set_value("f");
  order.mutable_executor_info()->set_type(v1::ExecutorInfo::DEFAULT);
  *order.mutable_task_group()->add_tasks() = with_health(2);
  v1::TaskInfo& second = *order.mutable_task_group()->add_tasks() = with_check(v1::CheckInfo::COMMAND);
  second.mutable_task_id()->set_value("b");
  auto& secret = *second.mutable_command()->mutable_environment()->add_variables();
  secret.set_name("KEY");
  secret.set_type(v1::Environment::Variable::SECRET);
  secret.mutable_secret()->set_type(v1::Secret::VALUE);
  secret.mutable_secret()->mutable_value()->set_data("hush");
  world.start_and_register();
  world.say(std::move(message));
  world.settle();
}

void answer_all(World& world, int http, int command) {
  while (!world.probes.empty())
    world.do_probe(answer(std::holds_alternative<ProbeHttp>(world.probes.front().target) ? http : command));
  world.settle();
}

// EXE-151 EXE-163
TEST_F(ChecksTest, OfAGroupOnlyTheSickTaskEndsUnhealthyThoughTheOthersFollowIt) {
  run_group(world);
  world.advance(1s);
  ASSERT_EQ(world.probes.size(), 2U);
  for (const auto& probe : world.probes) {
    const auto* command = std::get_if<ProbeCommand>(&probe.target);
    if (command == nullptr) continue;
    EXPECT_EQ(probe.name.container, world.container_of(task_b));
    for (const Launch& launch : world.effects_of<Launch>()) {
      if (launch.id != probe.name.container) continue;
      EXPECT_EQ(command->environment, launch.environment);
      EXPECT_EQ(command->environment.at("KEY"), "hush");
      EXPECT_EQ(command->directory, launch.directory);
    }
  }
  answer_all(world, 500, 0);
  world.advance(2s);
  answer_all(world, 500, 0);
  world.advance(1min);
  EXPECT_TRUE(world.probes.empty());
  EXPECT_EQ(last().state(), v1::TASK_KILLED);
  EXPECT_TRUE(last().has_healthy());
  EXPECT_FALSE(last().healthy());
  EXPECT_EQ(world.last_status(task_b).state(), v1::TASK_KILLED);
  EXPECT_FALSE(world.last_status(task_b).has_healthy());
  EXPECT_EQ(world.last_status(task_b).check_status().command().exit_code(), 0);
  EXPECT_TRUE(world.last_status(task_b).check_status().command().has_exit_code());
}

// EXE-169
TEST_F(ChecksTest, ChecksOfAGroupPauseWhileTheAgentIsAwayAndGoOnWhenItIsBack) {
  run_group(world);
  world.advance(1s);
  answer_all(world, 200, 7);
  EXPECT_TRUE(last().healthy());
  world.advance(2s);
  EXPECT_EQ(world.probes.size(), 2U);
  world.updates.clear();
  world.start_and_register();
  world.advance(2s);
  // The command's environment held a secret, which only the last life knew.
  ASSERT_EQ(world.probes.size(), 1U);
  answer_all(world, 200, 7);
  EXPECT_TRUE(world.updates.empty()) << "what was cut off says nothing";
  world.advance(2s);
  answer_all(world, 500, 7);
  EXPECT_FALSE(last().healthy());
}

// A scheduler that does not acknowledge cannot fill the store.
TEST_F(ChecksTest, NewsWaitsWhileTooMuchIsUnacknowledgedAndTheNewestIsToldThen) {
  world.acknowledges = false;
  run(with_check());
  for (int i = 0; i < 200; ++i) probe(answer(200 + i % 100));
  EXPECT_LT(world.stored("progress", task_a.text()).size(), 64U * 400);
  world.acknowledges = true;
  world.acknowledge(*world.updates.front());
  world.settle();
  EXPECT_EQ(last().check_status().http().status_code(), 299U);
  EXPECT_EQ(world.states(task_a).size(), 65U);
}

}  // namespace
}  // namespace stoa::agent
