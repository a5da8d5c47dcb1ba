#include "agent/environment.h"

#include <gtest/gtest.h>

#include "agent/testing.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;

class EnvironmentTest : public testing::Test {
 protected:
  std::map<std::string, std::string> variables() {
    return task_environment({.config = config,
                             .framework = framework,
                             .task = task,
                             .agent = AgentId("S0"),
                             .directory = "/work/sandbox"})
        .value()
        .variables;
  }
  void set(const std::string& name, const std::string& value) {
    auto& variable = *task.mutable_command()->mutable_environment()->add_variables();
    variable.set_name(name);
    variable.set_value(value);
  }
  v1::Environment::Variable& add_secret(const std::string& name) {
    auto& variable = *task.mutable_command()->mutable_environment()->add_variables();
    variable.set_name(name);
    variable.set_type(v1::Environment::Variable::SECRET);
    return variable;
  }

  Config config = test_config();
  v1::FrameworkInfo framework = test_framework("f");
  v1::TaskInfo task = test_task("a");
};

// EXE-088 EXE-093 EXE-116
TEST_F(EnvironmentTest, TheAgentTellsTheTaskWhereItIs) {
  EXPECT_EQ(variables(), (std::map<std::string, std::string>{
                             {"LIBPROCESS_PORT", "0"},
                             {"MESOS_AGENT_ENDPOINT", "192.0.2.7:5051"},
                             {"MESOS_ALLOCATION_ROLE", "web"},
                             {"MESOS_CHECKPOINT", "1"},
                             {"MESOS_DIRECTORY", "/work/sandbox"},
                             {"MESOS_EXECUTOR_ID", "a"},
                             {"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "5secs"},
                             {"MESOS_FRAMEWORK_ID", "f"},
                             {"MESOS_HTTP_COMMAND_EXECUTOR", "0"},
                             {"MESOS_RECOVERY_TIMEOUT", "15mins"},
                             {"MESOS_SANDBOX", "/work/sandbox"},
                             {"MESOS_SLAVE_ID", "S0"},
                             {"MESOS_SLAVE_PID", "slave(1)@192.0.2.7:5051"},
                             {"MESOS_SUBSCRIPTION_BACKOFF_MAX", "2secs"},
                             {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                         }));
}

// EXE-088
TEST_F(EnvironmentTest, RecoveryIsMentionedOnlyToFrameworksThatCheckpoint) {
  framework.set_checkpoint(false);
  const auto found = variables();
  EXPECT_EQ(found.at("MESOS_CHECKPOINT"), "0");
  EXPECT_FALSE(found.contains("MESOS_RECOVERY_TIMEOUT"));
  EXPECT_FALSE(found.contains("MESOS_SUBSCRIPTION_BACKOFF_MAX"));
}

// EXE-088
TEST_F(EnvironmentTest, InsideAnImageTheSandboxHasItsOwnPath) {
  task.mutable_container()->set_type(v1::ContainerInfo::MESOS);
  task.mutable_container()->mutable_mesos()->mutable_image()->set_type(v1::Image::DOCKER);
  EXPECT_EQ(variables().at("MESOS_SANDBOX"), "/mnt/mesos/sandbox");
  EXPECT_EQ(variables().at("MESOS_DIRECTORY"), "/work/sandbox");
}

// EXE-090 EXE-091 EXE-116
TEST_F(EnvironmentTest, TheTaskIsStrongerThanTheAgentAndTheAgentThanItsFlag) {
  config.executor_environment = {{"PATH", "/flag"}, {"MESOS_DIRECTORY", "/flag"}, {"EXTRA", "flag"}};
  EXPECT_EQ(variables().at("PATH"), "/flag");
  EXPECT_EQ(variables().at("EXTRA"), "flag");
  EXPECT_EQ(variables().at("MESOS_DIRECTORY"), "/work/sandbox");
  set("PATH", "/task");
  set("MESOS_DIRECTORY", "/task");
  EXPECT_EQ(variables().at("PATH"), "/task");
  EXPECT_EQ(variables().at("MESOS_DIRECTORY"), "/task");
}

// EXE-116
TEST_F(EnvironmentTest, AnExecutorsTokenNeverReachesTheTask) {
  config.executor_environment = {{"MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "token"}};
  EXPECT_FALSE(variables().contains("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"));
}

// EXE-094
TEST_F(EnvironmentTest, ASecretByValueIsResolvedAndOneByReferenceFailsTheLaunch) {
  add_secret("PASSWORD").mutable_secret()->mutable_value()->set_data("hush");
  EXPECT_EQ(variables().at("PASSWORD"), "hush");
  add_secret("OTHER").mutable_secret()->mutable_reference()->set_name("vault");
  const auto result = task_environment(
      {.config = config, .framework = framework, .task = task, .agent = AgentId("S0"), .directory = "/d"});
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("OTHER"), std::string::npos);
}

// EXE-094
TEST_F(EnvironmentTest, TheValueOfASecretIsInNoRecordAndNoSnapshot) {
  add_secret("PASSWORD").mutable_secret()->mutable_value()->set_data("hush-hush");
  World world;
  world.start_and_register();
  world.run(framework, task);
  world.settle();
  EXPECT_EQ(world.effects_of<Launch>().front().environment.at("PASSWORD"), "hush-hush");
  for (const auto& persist : world.effects_of<Persist>())
    for (const auto& change : persist.changes)
      EXPECT_EQ(change.bytes.value_or("").find("hush-hush"), std::string::npos) << change.kind;
  const auto executor = world.agent().snapshot().frameworks.at(0).executors.at(0);
  EXPECT_EQ(executor->info->SerializeAsString().find("hush-hush"), std::string::npos);
  EXPECT_EQ(executor->tasks.at(0)->info->SerializeAsString().find("hush-hush"), std::string::npos);
}

// EXE-112
TEST_F(EnvironmentTest, TheExecutorOfACommandIsNamedAfterTaskAndCommand) {
  const auto name = [&] { return command_executor_info(FrameworkId("f"), task).name(); };
  EXPECT_EQ(name(), "Command Executor (Task: a) (Command: sh -c 'true')");
  task.mutable_command()->set_value("fifteen letters");
  EXPECT_EQ(name(), "Command Executor (Task: a) (Command: sh -c 'fifteen letters')");
  task.mutable_command()->set_value("sixteen letters!");
  EXPECT_EQ(name(), "Command Executor (Task: a) (Command: sh -c 'sixteen lett...')");
  task.mutable_command()->clear_value();
  EXPECT_EQ(name(), "Command Executor (Task: a) (Command: NO COMMAND)");
  task.mutable_command()->set_shell(false);
  EXPECT_EQ(name(), "Command Executor (Task: a) (Command: NO EXECUTABLE)");
  task.mutable_command()->add_arguments("sleep");
  task.mutable_command()->add_arguments("7");
  EXPECT_EQ(name(), "Command Executor (Task: a) (Command: [sleep, 7])");
}

}  // namespace
}  // namespace stoa::agent
