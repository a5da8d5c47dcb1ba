#include "stoa/scheduler.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

#include <algorithm>
#include <thread>

#include "sdk/testing.h"

namespace stoa::scheduler {
namespace {

using namespace std::chrono_literals;
using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::Event;
using FakeMaster = sdk::testing::FakePeer<Call, Event>;

Event subscribed(double heartbeat_seconds = 15) {
  Event event;
  event.set_type(Event::SUBSCRIBED);
  event.mutable_subscribed()->mutable_framework_id()->set_value("F1");
  event.mutable_subscribed()->set_heartbeat_interval_seconds(heartbeat_seconds);
  return event;
}

Event update(const std::string& task, mesos::v1::TaskState state, const std::string& uuid = "0123456789abcdef") {
  Event event;
  event.set_type(Event::UPDATE);
  auto& status = *event.mutable_update()->mutable_status();
  status.mutable_task_id()->set_value(task);
  status.mutable_agent_id()->set_value("A1");
  status.set_state(state);
  if (!uuid.empty()) status.set_uuid(uuid);
  return event;
}

Event offer() {
  Event event;
  event.set_type(Event::OFFERS);
  auto& offer = *event.mutable_offers()->add_offers();
  offer.mutable_id()->set_value("O1");
  offer.mutable_framework_id()->set_value("F1");
  offer.mutable_agent_id()->set_value("A1");
  offer.set_hostname("h");
  return event;
}

Event error(const std::string& message) {
  Event event;
  event.set_type(Event::ERROR);
  event.mutable_error()->set_message(message);
  return event;
}

http::Response redirect(const std::string& location) {
  http::Response out = http::empty(307);
  out.headers.set("Location", location);
  return out;
}

std::vector<mesos::v1::TaskInfo> tasks(const std::string& id) {
  mesos::v1::TaskInfo out;
  out.set_name(id);
  out.mutable_task_id()->set_value(id);
  out.mutable_agent_id()->set_value("A1");
  return {out};
}

mesos::v1::OfferID offer_id() {
  mesos::v1::OfferID out;
  out.set_value("O1");
  return out;
}

class Recorder : public Handler {
 public:
  void on_subscribed(Driver& driver, const mesos::v1::scheduler::Event_Subscribed&) override {
    log.add("subscribed " + driver.framework_id());
  }
  void on_disconnected(Driver&, const Failure& failure) override { log.add("disconnected: " + failure.message); }
  void on_offers(Driver&, const google::protobuf::RepeatedPtrField<mesos::v1::Offer>& offers) override {
    log.add("offers " + offers.Get(0).id().value());
  }
  void on_rescinded(Driver&, const mesos::v1::OfferID& offer) override { log.add("rescinded " + offer.value()); }
  void on_update(Driver&, const mesos::v1::TaskStatus& status) override {
    log.add("update " + status.task_id().value() + " " + TaskState_Name(status.state()));
  }
  void on_operation_update(Driver&, const mesos::v1::OperationStatus& status) override {
    log.add("operation " + status.operation_id().value());
  }
  void on_message(Driver&, const mesos::v1::scheduler::Event_Message& message) override {
    log.add("message " + message.data());
  }
  void on_failure(Driver&, const mesos::v1::scheduler::Event_Failure& failure) override {
    log.add("failure " + failure.agent_id().value());
  }
  void on_refused(Driver&, const Call& call, const Failure& failure) override {
    log.add(fmt::format("refused {} {} {}", Call::Type_Name(call.type()), failure.status, failure.message));
  }
  void on_error(Driver&, const Failure& failure) override {
    log.add(fmt::format("error {} {}", failure.status, failure.message));
  }

  sdk::testing::Log log;
};

class SchedulerTest : public ::testing::Test {
 protected:
  static mesos::v1::FrameworkInfo info() {
    mesos::v1::FrameworkInfo out;
    out.set_user("me");
    out.set_name("test");
    out.add_roles("*");
    out.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::MULTI_ROLE);
    return out;
  }
  Options options() const {
    Options out;
    out.masters = master.address();
    out.backoff_min = 5ms;
    out.backoff_max = 20ms;
    return out;
  }

  FakeMaster master{"/api/v1/scheduler"};
  Recorder handler;
};

TEST_F(SchedulerTest, SubscribesAgainUnderTheSameIdWhenItsStreamBreaks) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  EXPECT_FALSE(master.wait(Call::SUBSCRIBE).call.has_framework_id());
  EXPECT_EQ(handler.log.wait("subscribed"), "subscribed F1");
  for (int i = 0; i < 3; ++i) {
    master.drop();
    handler.log.wait("disconnected");
    const Call again = master.wait(Call::SUBSCRIBE).call;
    EXPECT_EQ(again.framework_id().value(), "F1");
    EXPECT_EQ(again.subscribe().framework_info().id().value(), "F1");
    handler.log.wait("subscribed");
  }
  driver.stop();
  EXPECT_TRUE(driver.wait());
}

TEST_F(SchedulerTest, SpeaksTheEncodingAndTheCredentialsItWasTold) {
  for (const bool json : {false, true}) {
    FakeMaster each("/api/v1/scheduler");
    each.greet(subscribed());
    Options chosen = options();
    chosen.masters = each.address();
    chosen.json = json;
    chosen.principal = "ann";
    chosen.secret = "pw";
    Driver driver(chosen, info(), handler);
    driver.start();
    const FakeMaster::Seen seen = each.wait(Call::SUBSCRIBE);
    EXPECT_EQ(seen.content_type, json ? "application/json" : "application/x-protobuf");
    EXPECT_EQ(seen.authorization, "Basic YW5uOnB3");
    handler.log.wait("subscribed");
    each.send(offer());
    handler.log.wait("offers O1");
    driver.decline(offer_id(), 7.5);
    const FakeMaster::Seen decline = each.wait(Call::DECLINE);
    EXPECT_EQ(decline.call.framework_id().value(), "F1");
    EXPECT_EQ(decline.call.decline().filters().refuse_seconds(), 7.5);
    EXPECT_EQ(decline.stream_id, "stream-1");
    EXPECT_EQ(decline.authorization, "Basic YW5uOnB3");
  }
}

TEST_F(SchedulerTest, FollowsARedirectToTheLeaderWithItsCallsToo) {
  FakeMaster standby("/api/v1/scheduler");
  master.greet(subscribed());
  standby.script(Call::SUBSCRIBE, redirect("//" + master.address() + "/api/v1/scheduler"));
  Options chosen = options();
  chosen.masters = standby.address();
  Driver driver(chosen, info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  EXPECT_EQ(handler.log.size(), 0);
  driver.revive();
  master.wait(Call::REVIVE);
  EXPECT_EQ(standby.count(Call::REVIVE), 0);
}

TEST_F(SchedulerTest, DoesNotRunInCirclesForEver) {
  const std::string itself = "//" + master.address() + "/api/v1/scheduler";
  for (int i = 0; i < 20; ++i) master.script(Call::SUBSCRIBE, redirect(itself));
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("disconnected");
  handler.log.wait("subscribed");
}

TEST_F(SchedulerTest, TriesAgainWhileTheMasterIsNotReady) {
  for (const int status : {503, 404, 429, 500}) master.script(Call::SUBSCRIBE, http::text(status, "not yet"));
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  EXPECT_EQ(handler.log.wait("disconnected"), "disconnected: not yet");
  handler.log.wait("subscribed");
}

TEST_F(SchedulerTest, TriesEveryMasterOfTheList) {
  std::string nobody;
  {
    FakeMaster gone("/api/v1/scheduler");
    nobody = gone.address();
  }
  master.greet(subscribed());
  Options chosen = options();
  chosen.masters = nobody + "," + nobody + "," + master.address();
  Driver driver(chosen, info(), handler);
  driver.start();
  handler.log.wait("disconnected");
  handler.log.wait("subscribed");
}

TEST_F(SchedulerTest, IsOverWhenItsSubscriptionIsRefused) {
  master.script(Call::SUBSCRIBE, http::text(401, "who are you?"));
  Driver driver(options(), info(), handler);
  const auto ended = driver.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error(), (Failure{401, "who are you?"}));
  EXPECT_EQ(handler.log.wait("error"), "error 401 who are you?");
  EXPECT_FALSE(driver.revive());
}

TEST_F(SchedulerTest, IsOverOnAnErrorEvent) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  master.send(error("Framework failed over"));
  const auto ended = driver.wait();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "Framework failed over");
}

TEST_F(SchedulerTest, SaysWhatIsWrongWithTheMastersItWasGiven) {
  Options chosen = options();
  chosen.masters = "zk:///mesos";
  Driver driver(chosen, info(), handler);
  const auto ended = driver.run();
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().message.find("server"), std::string::npos);
}

TEST_F(SchedulerTest, SubscribesAgainWhenHeartbeatsStayAway) {
  master.greet(subscribed(0.02));
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  EXPECT_NE(handler.log.wait("disconnected").find("nothing came for 100ms"), std::string::npos);
  handler.log.wait("subscribed");
}

TEST_F(SchedulerTest, StaysAsLongAsHeartbeatsCome) {
  master.greet(subscribed(0.1));
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  Event beat;
  beat.set_type(Event::HEARTBEAT);
  for (int i = 0; i < 8; ++i) {  // Longer than silence may last.
    master.send(beat);
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(handler.log.size(), 0);
}

TEST_F(SchedulerTest, AcknowledgesWhatWantsItAfterTheHandlerHasSeenIt) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  master.send(update("silent", mesos::v1::TASK_RUNNING, ""));
  master.send(update("t", mesos::v1::TASK_RUNNING, "fedcba9876543210"));
  const Call call = master.wait(Call::ACKNOWLEDGE).call;
  handler.log.wait("update t TASK_RUNNING");
  EXPECT_EQ(call.acknowledge().task_id().value(), "t");
  EXPECT_EQ(call.acknowledge().agent_id().value(), "A1");
  EXPECT_EQ(call.acknowledge().uuid(), "fedcba9876543210");

  Event operation;
  operation.set_type(Event::UPDATE_OPERATION_STATUS);
  auto& status = *operation.mutable_update_operation_status()->mutable_status();
  status.set_state(mesos::v1::OPERATION_FINISHED);
  status.mutable_operation_id()->set_value("op");
  status.mutable_agent_id()->set_value("A1");
  status.mutable_uuid()->set_value("0123456789abcdef");
  master.send(operation);
  const Call second = master.wait(Call::ACKNOWLEDGE_OPERATION_STATUS).call;
  EXPECT_EQ(second.acknowledge_operation_status().operation_id().value(), "op");
  EXPECT_EQ(second.acknowledge_operation_status().uuid(), "0123456789abcdef");
  EXPECT_EQ(master.count(Call::ACKNOWLEDGE), 0);
}

TEST_F(SchedulerTest, LeavesAcknowledgingToTheFrameworkIfToldSo) {
  master.greet(subscribed());
  Options chosen = options();
  chosen.acknowledges = false;
  Driver driver(chosen, info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  const Event running = update("t", mesos::v1::TASK_RUNNING);
  master.send(running);
  handler.log.wait("update");
  driver.revive();
  master.wait(Call::REVIVE);
  EXPECT_EQ(master.count(Call::ACKNOWLEDGE), 0);
  driver.acknowledge(running.update().status());
  master.wait(Call::ACKNOWLEDGE);
}

TEST_F(SchedulerTest, TellsEachEventToItsFunction) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  Event rescind, message, failure;
  rescind.set_type(Event::RESCIND);
  rescind.mutable_rescind()->mutable_offer_id()->set_value("O1");
  message.set_type(Event::MESSAGE);
  message.mutable_message()->mutable_agent_id()->set_value("A1");
  message.mutable_message()->mutable_executor_id()->set_value("e");
  message.mutable_message()->set_data("hi");
  failure.set_type(Event::FAILURE);
  failure.mutable_failure()->mutable_agent_id()->set_value("A1");
  handler.log.wait("subscribed");
  for (const Event& event : {offer(), rescind, message, failure}) master.send(event);
  for (const char* line : {"offers O1", "rescinded O1", "message hi", "failure A1"}) handler.log.wait(line);
}

TEST_F(SchedulerTest, KeepsCallsUntilThereIsASubscriptionAndInTheirOrder) {
  Driver driver(options(), info(), handler);
  for (const char* id : {"a", "b", "c"}) {
    mesos::v1::TaskID task;
    task.set_value(id);
    EXPECT_TRUE(driver.kill(task));
  }
  master.greet(subscribed());
  driver.start();
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(master.wait(Call::KILL).call.kill().task_id().value(), id);
}

TEST_F(SchedulerTest, SubscribesAgainAndRepeatsACallThatTheMasterWasNotReadyFor) {
  for (auto& answer :
       {http::text(403, "Framework is not subscribed"), http::text(503, "no leader"), redirect("//x:1/")}) {
    FakeMaster each("/api/v1/scheduler");
    each.greet(subscribed());
    each.script(Call::REVIVE, answer);
    Options chosen = options();
    chosen.masters = each.address();
    Driver driver(chosen, info(), handler);
    driver.start();
    handler.log.wait("subscribed");
    driver.revive();
    EXPECT_EQ(each.wait(Call::REVIVE).stream_id, "stream-1");
    handler.log.wait("disconnected");
    EXPECT_EQ(each.wait(Call::REVIVE).stream_id, "stream-2");
  }
}

TEST_F(SchedulerTest, RepeatsWhatTheRateLimitRefusedAndStaysSubscribed) {
  master.greet(subscribed());
  master.script(Call::REVIVE, http::text(429, "too many"));
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  driver.revive();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(master.wait(Call::REVIVE).stream_id, "stream-1");
}

TEST_F(SchedulerTest, GivesUpWhenItsStreamIdIsNoLongerCurrent) {
  master.greet(subscribed());
  master.script(Call::REVIVE, http::text(400, "The stream ID 'stream-1' included in this request didn't match"));
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  driver.revive();
  const auto ended = driver.wait();
  ASSERT_FALSE(ended);
  EXPECT_TRUE(ended.error().message.starts_with("Framework failed over: The stream ID")) << ended.error().message;
  master.wait(Call::SUBSCRIBE);
  EXPECT_EQ(master.count(Call::SUBSCRIBE), 0);
}

TEST_F(SchedulerTest, TellsWhatWasRefusedAndGoesOn) {
  master.greet(subscribed());
  master.script(Call::KILL, http::text(400, "no such thing"));
  Driver driver(options(), info(), handler);
  driver.start();
  mesos::v1::TaskID task;
  task.set_value("t");
  driver.kill(task);
  driver.revive();
  EXPECT_EQ(handler.log.wait("refused"), "refused KILL 400 no such thing");
  master.wait(Call::REVIVE);
}

TEST_F(SchedulerTest, AsksForTheTasksOfALaunchWhoseAnswerWasLost) {
  master.greet(subscribed());
  master.script(Call::ACCEPT, http::Response{.status = 0});
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  driver.launch(offer_id(), tasks("t"));
  master.wait(Call::ACCEPT);
  master.drop();
  EXPECT_TRUE(handler.log.wait("refused").starts_with("refused ACCEPT 0"));
  const Call call = master.wait(Call::RECONCILE).call;
  ASSERT_EQ(call.reconcile().tasks_size(), 1);
  EXPECT_EQ(call.reconcile().tasks(0).task_id().value(), "t");
  EXPECT_EQ(call.reconcile().tasks(0).agent_id().value(), "A1");
  EXPECT_EQ(master.count(Call::ACCEPT), 0);  // Never twice.
}

TEST_F(SchedulerTest, ReconcilesAfterEverySubscriptionUntilEachTaskIsAnswered) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  driver.launch(offer_id(), tasks("a"));
  driver.launch(offer_id(), tasks("b"));
  driver.launch(offer_id(), tasks("ended"));
  for (int i = 0; i < 3; ++i) master.wait(Call::ACCEPT);
  master.send(update("ended", mesos::v1::TASK_FINISHED));
  handler.log.wait("update ended");
  EXPECT_EQ(master.count(Call::RECONCILE), 0);
  master.drop();
  EXPECT_EQ(master.wait(Call::RECONCILE).call.reconcile().tasks_size(), 2);
  master.send(update("a", mesos::v1::TASK_RUNNING, ""));
  const Call again = master.wait(Call::RECONCILE).call;
  ASSERT_EQ(again.reconcile().tasks_size(), 1);
  EXPECT_EQ(again.reconcile().tasks(0).task_id().value(), "b");
}

TEST_F(SchedulerTest, StaysSuppressedWhenItSubscribesAgain) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  EXPECT_TRUE(master.wait(Call::SUBSCRIBE).call.subscribe().suppressed_roles().empty());
  handler.log.wait("subscribed");
  driver.suppress();
  master.wait(Call::SUPPRESS);
  master.drop();
  const Call call = master.wait(Call::SUBSCRIBE).call;
  ASSERT_EQ(call.subscribe().suppressed_roles_size(), 1);
  EXPECT_EQ(call.subscribe().suppressed_roles(0), "*");
}

TEST_F(SchedulerTest, SubscribesAgainAsItWasUpdated) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  mesos::v1::FrameworkInfo changed = info();
  changed.set_name("renamed");
  driver.update_framework(changed);
  EXPECT_EQ(master.wait(Call::UPDATE_FRAMEWORK).call.update_framework().framework_info().id().value(), "F1");
  driver.revive();
  master.wait(Call::REVIVE);  // The answer before has come.
  master.wait(Call::SUBSCRIBE);
  master.drop();
  EXPECT_EQ(master.wait(Call::SUBSCRIBE).call.subscribe().framework_info().name(), "renamed");
}

TEST_F(SchedulerTest, TakesNoMoreCallsThanItsLimit) {
  Options chosen = options();
  chosen.calls_max = 3;
  Driver driver(chosen, info(), handler);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(driver.revive());
  EXPECT_FALSE(driver.revive());
  master.greet(subscribed());
  driver.start();
  for (int i = 0; i < 3; ++i) master.wait(Call::REVIVE);
  while (!driver.revive()) std::this_thread::sleep_for(1ms);
  master.wait(Call::REVIVE);
}

TEST_F(SchedulerTest, ReadsNoEventsWhileTooManyCallsWait) {
  master.greet(subscribed(0.02));
  Options chosen = options();
  chosen.calls_max = 1;
  Driver driver(chosen, info(), handler);
  driver.start();
  handler.log.wait("subscribed");
  master.script(Call::REVIVE, http::Response{.status = 0});
  driver.revive();
  master.wait(Call::REVIVE);
  // Nothing is read, so silence means nothing either: without a pause the stream would be lost five times.
  master.send(offer());
  std::this_thread::sleep_for(500ms);
  EXPECT_LE(handler.log.size(), 1);
  master.drop();
}

TEST_F(SchedulerTest, TeardownEndsTheDriverWhenTheMasterHasAgreed) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  EXPECT_FALSE(driver.wait_for(1ms));
  driver.teardown();
  EXPECT_TRUE(driver.wait());
  EXPECT_EQ(master.count(Call::TEARDOWN), 1);
}

TEST_F(SchedulerTest, TeardownWhoseAnswerWasLostIsDoneWhenTheFrameworkIsGone) {
  master.greet(subscribed());
  master.script(Call::TEARDOWN, http::Response{.status = 0});
  auto driver = std::make_unique<Driver>(options(), info(), handler);
  driver->start();
  handler.log.wait("subscribed");
  driver->teardown();
  master.wait(Call::TEARDOWN);
  FakeMaster second("/api/v1/scheduler");
  master.script(Call::SUBSCRIBE, redirect("//" + second.address() + "/api/v1/scheduler"));
  second.greet(error("Framework has been removed"));
  master.drop();
  EXPECT_TRUE(driver->wait());
}

TEST_F(SchedulerTest, StopsWithoutAWordAndTellsNothingMore) {
  master.greet(subscribed());
  {
    Driver driver(options(), info(), handler);
    driver.start();
    handler.log.wait("subscribed");
    driver.stop();
    EXPECT_TRUE(driver.wait());
    EXPECT_FALSE(driver.revive());
  }
  EXPECT_EQ(handler.log.size(), 0);
  EXPECT_EQ(master.count(Call::TEARDOWN), 0);
}

TEST_F(SchedulerTest, ABrokenStreamOfRecordsIsALostOne) {
  master.greet(subscribed());
  Driver driver(options(), info(), handler);
  driver.start();
  for (const char* bytes : {"nonsense", "3\nabc"}) {
    handler.log.wait("subscribed");
    master.send_bytes(bytes);
    handler.log.wait("disconnected");
  }
  handler.log.wait("subscribed");
}

TEST_F(SchedulerTest, AHandlerMayStopItsDriver) {
  class Stops : public Recorder {
   public:
    void on_offers(Driver& driver, const google::protobuf::RepeatedPtrField<mesos::v1::Offer>&) override {
      driver.stop();
    }
  };
  Stops stops;
  master.greet(subscribed());
  master.greet(offer());
  Driver driver(options(), info(), stops);
  EXPECT_TRUE(driver.run());
}

}  // namespace
}  // namespace stoa::scheduler
