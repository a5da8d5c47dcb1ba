#include "stoa/executor.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mesos/v1/executor/executor.pb.h>

#include <cstdlib>

#include "sdk/testing.h"

namespace stoa::executor {
namespace {

using namespace std::chrono_literals;
using mesos::v1::executor::Call;
using mesos::v1::executor::Event;
using FakeAgent = sdk::testing::FakePeer<Call, Event>;

Event subscribed() {
  Event event;
  event.set_type(Event::SUBSCRIBED);
  auto& out = *event.mutable_subscribed();
  out.mutable_executor_info()->mutable_executor_id()->set_value("e1");
  out.mutable_framework_info()->set_user("u");
  out.mutable_framework_info()->set_name("n");
  out.mutable_agent_info()->set_hostname("h");
  return event;
}

Event of(Event::Type type) {
  Event event;
  event.set_type(type);
  return event;
}

void fill(mesos::v1::TaskInfo& task, const std::string& id) {
  task.set_name(id);
  task.mutable_task_id()->set_value(id);
  task.mutable_agent_id()->set_value("A1");
}

Event launch(const std::string& id) {
  Event event = of(Event::LAUNCH);
  fill(*event.mutable_launch()->mutable_task(), id);
  return event;
}

Event acknowledged(const mesos::v1::TaskStatus& status) {
  Event event = of(Event::ACKNOWLEDGED);
  *event.mutable_acknowledged()->mutable_task_id() = status.task_id();
  event.mutable_acknowledged()->set_uuid(status.uuid());
  return event;
}

mesos::v1::TaskStatus status(const std::string& id, mesos::v1::TaskState state) {
  mesos::v1::TaskStatus out;
  out.mutable_task_id()->set_value(id);
  out.set_state(state);
  return out;
}

class Recorder : public Handler {
 public:
  void on_subscribed(Driver&, const mesos::v1::executor::Event_Subscribed&) override { log.add("subscribed"); }
  void on_disconnected(Driver&, const Failure& failure) override { log.add("disconnected: " + failure.message); }
  void on_launch(Driver&, const mesos::v1::TaskInfo& task) override { log.add("launch " + task.task_id().value()); }
  void on_kill(Driver&, const mesos::v1::executor::Event_Kill& kill) override {
    log.add("kill " + kill.task_id().value());
  }
  void on_message(Driver&, std::string_view data) override { log.add("message " + std::string(data)); }
  void on_shutdown(Driver&) override { log.add("shutdown"); }
  void on_error(Driver&, const Failure& failure) override { log.add("error " + failure.message); }

  sdk::testing::Log log;
};

class ExecutorTest : public ::testing::Test {
 protected:
  Options options() const {
    Options out;
    out.agent = "http://" + agent.address() + "/slave(1)";
    out.framework_id = "F1";
    out.executor_id = "e1";
    out.agent_id = "A1";
    out.token = "secret";
    out.is_checkpointing = true;
    out.recovery_timeout = 1h;
    out.backoff_max = 20ms;
    out.kills_group = false;
    return out;
  }

  FakeAgent agent{"/slave(1)/api/v1/executor"};
  Recorder handler;
};

// EXE-189
TEST_F(ExecutorTest, SubscribesAsItselfWithItsToken) {
  agent.greet(subscribed());
  Driver driver(options(), handler);
  driver.start();
  const FakeAgent::Seen seen = agent.wait(Call::SUBSCRIBE);
  EXPECT_EQ(seen.call.framework_id().value(), "F1");
  EXPECT_EQ(seen.call.executor_id().value(), "e1");
  EXPECT_TRUE(seen.call.has_subscribe());
  EXPECT_EQ(seen.authorization, "Bearer secret");
  EXPECT_EQ(seen.content_type, "application/x-protobuf");
  handler.log.wait("subscribed");
  driver.stop();
  EXPECT_TRUE(driver.wait());
}

TEST_F(ExecutorTest, TellsEachEventToItsFunction) {
  agent.greet(subscribed());
  Options chosen = options();
  chosen.json = true;
  Driver driver(chosen, handler);
  driver.start();
  EXPECT_EQ(agent.wait(Call::SUBSCRIBE).content_type, "application/json");
  handler.log.wait("subscribed");
  Event group = of(Event::LAUNCH_GROUP);
  for (const char* id : {"g1", "g2"}) fill(*group.mutable_launch_group()->mutable_task_group()->add_tasks(), id);
  Event kill = of(Event::KILL);
  kill.mutable_kill()->mutable_task_id()->set_value("t");
  Event message = of(Event::MESSAGE);
  message.mutable_message()->set_data("hi");
  for (const Event& event : {launch("t"), group, of(Event::HEARTBEAT), kill, message, of(Event::SHUTDOWN)}) {
    agent.send(event);
  }
  for (const char* line : {"launch t", "launch g1", "launch g2", "kill t", "message hi", "shutdown"}) {
    handler.log.wait(line);
  }
}

TEST_F(ExecutorTest, CompletesAnUpdateAndSendsItInOrder) {
  agent.greet(subscribed());
  Driver driver(options(), handler);
  driver.start();
  handler.log.wait("subscribed");
  EXPECT_FALSE(driver.update(status("t", mesos::v1::TASK_STAGING)));
  EXPECT_FALSE(driver.update(mesos::v1::TaskStatus()));
  EXPECT_TRUE(driver.update(status("t", mesos::v1::TASK_STARTING)));
  EXPECT_TRUE(driver.update(status("t", mesos::v1::TASK_RUNNING)));
  EXPECT_TRUE(driver.message("for the scheduler"));
  std::string uuid;
  for (const auto state : {mesos::v1::TASK_STARTING, mesos::v1::TASK_RUNNING}) {
    const mesos::v1::TaskStatus sent = agent.wait(Call::UPDATE).call.update().status();
    EXPECT_EQ(sent.state(), state);
    EXPECT_EQ(sent.source(), mesos::v1::TaskStatus::SOURCE_EXECUTOR);
    EXPECT_EQ(sent.executor_id().value(), "e1");
    EXPECT_GT(sent.timestamp(), 1e9);
    EXPECT_EQ(sent.uuid().size(), 16);
    EXPECT_NE(sent.uuid(), uuid);
    uuid = sent.uuid();
  }
  EXPECT_EQ(agent.wait(Call::MESSAGE).call.message().data(), "for the scheduler");
}

TEST_F(ExecutorTest, TellsARestartedAgentWhatItMayNotKnow) {
  agent.greet(subscribed());
  Driver driver(options(), handler);
  driver.start();
  agent.wait(Call::SUBSCRIBE);
  handler.log.wait("subscribed");
  agent.send(launch("known"));
  agent.send(launch("new"));
  handler.log.wait("launch new");
  driver.update(status("known", mesos::v1::TASK_RUNNING));
  agent.send(acknowledged(agent.wait(Call::UPDATE).call.update().status()));
  driver.update(status("new", mesos::v1::TASK_RUNNING));
  driver.update(status("known", mesos::v1::TASK_FINISHED));
  std::vector<std::string> uuids;
  for (int i = 0; i < 2; ++i) uuids.push_back(agent.wait(Call::UPDATE).call.update().status().uuid());
  agent.drop();
  handler.log.wait("disconnected");
  const Call call = agent.wait(Call::SUBSCRIBE).call;
  ASSERT_EQ(call.subscribe().unacknowledged_tasks_size(), 1);
  EXPECT_EQ(call.subscribe().unacknowledged_tasks(0).task_id().value(), "new");
  ASSERT_EQ(call.subscribe().unacknowledged_updates_size(), 2);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(call.subscribe().unacknowledged_updates(i).status().uuid(), uuids[i]);
  handler.log.wait("subscribed");
}

TEST_F(ExecutorTest, TellsAnUpdateMadeWhileTheAgentIsAwayExactlyOnce) {
  agent.greet(subscribed());
  agent.script(Call::SUBSCRIBE, http::text(503, "Agent has not finished recovery"));
  Options chosen = options();
  Driver driver(chosen, handler);
  driver.update(status("t", mesos::v1::TASK_RUNNING));
  driver.start();
  agent.wait(Call::SUBSCRIBE);
  const Call call = agent.wait(Call::SUBSCRIBE).call;
  EXPECT_EQ(call.subscribe().unacknowledged_updates_size(), 1);
  handler.log.wait("subscribed");
  driver.message("behind it");
  agent.wait(Call::MESSAGE);
  EXPECT_EQ(agent.count(Call::UPDATE), 0);
}

// EXE-186
TEST_F(ExecutorTest, RepeatsWhatTheAgentWasNotReadyFor) {
  for (const int code : {503, 404}) agent.script(Call::SUBSCRIBE, http::text(code, "wait"));
  for (const int code : {503, 404}) agent.script(Call::UPDATE, http::text(code, "wait"));
  agent.greet(subscribed());
  Options chosen = options();
  chosen.is_checkpointing = false;
  Driver driver(chosen, handler);
  driver.start();
  handler.log.wait("subscribed");
  driver.update(status("t", mesos::v1::TASK_RUNNING));
  const std::string uuid = agent.wait(Call::UPDATE).call.update().status().uuid();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(agent.wait(Call::UPDATE).call.update().status().uuid(), uuid);
}

// EXE-186
TEST_F(ExecutorTest, IsOverOnAnyOtherRefusal) {
  agent.script(Call::SUBSCRIBE, http::text(400, "Framework cannot be found"));
  Driver driver(options(), handler);
  const auto ended = driver.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error(), (Failure{400, "Framework cannot be found"}));
  EXPECT_FALSE(driver.update(status("t", mesos::v1::TASK_RUNNING)));
  EXPECT_FALSE(driver.message("x"));
}

// EXE-066
TEST_F(ExecutorTest, IsOverOnAnErrorEvent) {
  agent.greet(subscribed());
  Event error = of(Event::ERROR);
  error.mutable_error()->set_message("no");
  agent.greet(error);
  Driver driver(options(), handler);
  const auto ended = driver.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "no");
}

TEST_F(ExecutorTest, SubscribesAgainWhenTheAgentSaysItIsNotSubscribed) {
  agent.greet(subscribed());
  agent.script(Call::UPDATE, http::text(403, "Executor is not subscribed"));
  Driver driver(options(), handler);
  driver.start();
  agent.wait(Call::SUBSCRIBE);
  handler.log.wait("subscribed");
  driver.update(status("t", mesos::v1::TASK_RUNNING));
  EXPECT_EQ(agent.wait(Call::SUBSCRIBE).call.subscribe().unacknowledged_updates_size(), 1);
}

// EXE-187
TEST_F(ExecutorTest, WithoutCheckpointsTheLossOfTheAgentIsTheEnd) {
  agent.greet(subscribed());
  Options chosen = options();
  chosen.is_checkpointing = false;
  chosen.grace_period = 20ms;
  Driver driver(chosen, handler);
  driver.start();
  agent.wait(Call::SUBSCRIBE);
  handler.log.wait("subscribed");
  agent.drop();
  handler.log.wait("shutdown");
  EXPECT_TRUE(driver.wait());
  EXPECT_EQ(agent.count(Call::SUBSCRIBE), 0);
}

// EXE-187 EXE-109
TEST_F(ExecutorTest, ShutsDownWhenTheAgentStaysAwayForTheRecoveryTimeout) {
  Options chosen = options();
  {
    FakeAgent gone("/slave(1)/api/v1/executor");
    chosen.agent = "http://" + gone.address() + "/slave(1)";
  }
  chosen.recovery_timeout = 100ms;
  chosen.grace_period = 1h;
  Driver driver(chosen, handler);
  driver.start();
  handler.log.wait("disconnected");
  handler.log.wait("shutdown");
  driver.finish();
  EXPECT_TRUE(driver.wait());
}

TEST_F(ExecutorTest, FinishesWhenItsLastUpdateIsAcknowledged) {
  agent.greet(subscribed());
  Driver driver(options(), handler);
  driver.start();
  handler.log.wait("subscribed");
  driver.update(status("t", mesos::v1::TASK_FINISHED));
  driver.finish();
  const mesos::v1::TaskStatus sent = agent.wait(Call::UPDATE).call.update().status();
  EXPECT_FALSE(driver.wait_for(20ms));
  agent.send(acknowledged(sent));
  EXPECT_TRUE(driver.wait());
}

TEST_F(ExecutorTest, AShutdownInPlaceOfASubscriptionIsOne) {
  agent.greet(of(Event::SHUTDOWN));
  class Default : public Handler {
    void on_launch(Driver&, const mesos::v1::TaskInfo&) override {}
    void on_kill(Driver&, const mesos::v1::executor::Event_Kill&) override {}
  };
  Default plain;
  Driver driver(options(), plain);
  EXPECT_TRUE(driver.run());
}

// EXE-188
TEST_F(ExecutorTest, KillsItsProcessGroupAfterTheGracePeriod) {
  agent.greet(subscribed());
  agent.greet(of(Event::SHUTDOWN));
  Options chosen = options();
  chosen.kills_group = true;
  chosen.grace_period = 10ms;
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        setpgid(0, 0);
        FakeAgent own("/slave(1)/api/v1/executor");
        own.greet(of(Event::SHUTDOWN));
        chosen.agent = "http://" + own.address() + "/slave(1)";
        Driver driver(chosen, handler);
        (void)driver.run();
        std::exit(0);
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

TEST_F(ExecutorTest, TakesNoMoreUpdatesThanItsLimit) {
  Options chosen = options();
  chosen.updates_max = 2;
  Driver driver(chosen, handler);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(driver.update(status("t", mesos::v1::TASK_RUNNING)));
  EXPECT_FALSE(driver.update(status("t", mesos::v1::TASK_RUNNING)));
}

class Environment : public ::testing::Test {
 protected:
  void set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    names_.push_back(name);
  }
  void SetUp() override {
    set("MESOS_FRAMEWORK_ID", "F1");
    set("MESOS_EXECUTOR_ID", "e1");
    set("MESOS_SLAVE_ID", "A1");
    set("MESOS_SLAVE_PID", "slave(1)@[::1]:5051");
    set("MESOS_CHECKPOINT", "1");
    set("MESOS_DIRECTORY", "/host/sandbox");
    set("MESOS_SANDBOX", "/mnt/sandbox");
    set("MESOS_RECOVERY_TIMEOUT", "15mins");
    set("MESOS_SUBSCRIPTION_BACKOFF_MAX", "1.5secs");
    set("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "7secs");
    set("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "token");
  }
  void TearDown() override {
    for (const std::string& name : names_) unsetenv(name.c_str());
  }

 private:
  std::vector<std::string> names_;
};

// EXE-189
TEST_F(Environment, IsReadAndTheTokenTakenOut) {
  const auto options = Options::from_environment();
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->agent, "http://[::1]:5051/slave(1)");
  EXPECT_EQ(options->framework_id, "F1");
  EXPECT_EQ(options->executor_id, "e1");
  EXPECT_EQ(options->agent_id, "A1");
  EXPECT_EQ(options->directory, "/mnt/sandbox");
  EXPECT_TRUE(options->is_checkpointing);
  EXPECT_EQ(options->recovery_timeout, 15min);
  EXPECT_EQ(options->backoff_max, 1500ms);
  EXPECT_EQ(options->grace_period, 7s);
  EXPECT_EQ(options->token, "token");
  EXPECT_EQ(std::getenv("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"), nullptr);
}

TEST_F(Environment, NamesTheVariableThatIsWrong) {
  for (const auto& [name, value] : {std::pair("MESOS_SLAVE_PID", "slave(1)"), std::pair("MESOS_EXECUTOR_ID", ""),
                                    std::pair("MESOS_RECOVERY_TIMEOUT", "15"), std::pair("SSL_ENABLED", "true")}) {
    const char* before = std::getenv(name);
    const std::string kept = before == nullptr ? "" : before;
    set(name, value);
    const auto options = Options::from_environment();
    ASSERT_FALSE(options) << name;
    EXPECT_NE(options.error().find(name), std::string::npos) << options.error();
    set(name, kept);
  }
}

}  // namespace
}  // namespace stoa::executor
