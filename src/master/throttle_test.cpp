#include "master/throttle.h"

#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::scheduler::Call;

mesos::v1::FrameworkInfo of_principal(const std::string& principal) {
  mesos::v1::FrameworkInfo info = test_framework();
  if (!principal.empty()) info.set_principal(principal);
  return info;
}

// RECONCILE of a task that nobody knows: answered by an UPDATE with its name.
Call asking(const std::string& task) {
  Call call;
  call.set_type(Call::RECONCILE);
  call.mutable_reconcile()->add_tasks()->mutable_task_id()->set_value(task);
  return call;
}

// One call each second for `slow`, of which two may wait; nothing for `free`; ten each second for all others.
Config limited() {
  Config config = test_config();
  RateLimits limits;
  limits.principals["slow"] = RateLimit{1s, 2};
  limits.principals["free"] = std::nullopt;
  limits.rest = RateLimit{100ms, std::nullopt};
  config.rate_limits = limits;
  return config;
}

struct Throttled : testing::Test {
  FakeScheduler& subscribe(const std::string& principal) {
    FakeScheduler& scheduler = bench.subscribe(of_principal(principal));
    scheduler.told();
    return scheduler;
  }
  Bench bench{limited()};
};

// SCH-261
TEST(RateLimits, RatesArePositiveAndPrincipalsUnique) {
  const auto message = [](double qps) {
    mesos::v1::RateLimits limits;
    limits.add_limits()->set_principal("a");
    limits.mutable_limits(0)->set_qps(qps);
    return limits;
  };
  EXPECT_TRUE(rate_limits_of(message(0.001)));
  for (const double qps :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(rate_limits_of(message(qps))) << qps;
  }
  mesos::v1::RateLimits twice = message(1);
  twice.add_limits()->set_principal("a");
  EXPECT_FALSE(rate_limits_of(twice));
  mesos::v1::RateLimits rest;
  rest.set_aggregate_default_qps(0);
  EXPECT_FALSE(rate_limits_of(rest));
  EXPECT_EQ(rate_limits_of(message(1e300))->principals.at("a")->interval, Duration(1));
  EXPECT_GT(rate_limits_of(message(1e-300))->principals.at("a")->interval, 24h * 365 * 200);
}

// SCH-263
TEST_F(Throttled, CallsAboveTheRateWaitInOrder) {
  FakeScheduler& scheduler = subscribe("slow");
  bench.post(scheduler, asking("a"));
  const ReplyNumber second = bench.post(scheduler, asking("b"));
  bench.post(scheduler, asking("c"));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE a TASK_UNKNOWN"});
  EXPECT_FALSE(bench.replies.contains(second));
  bench.advance(999ms);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.advance(1ms);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE b TASK_UNKNOWN"});
  EXPECT_TRUE(bench.replies.at(second));
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE c TASK_UNKNOWN"});
  bench.advance(5s);
  bench.post(scheduler, asking("d"));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE d TASK_UNKNOWN"});
}

// SCH-264
TEST_F(Throttled, ACallThatFindsTheQueueFullIsRefusedAndHasNoEffect) {
  FakeScheduler& scheduler = subscribe("slow");
  for (const char* task : {"a", "b", "c"}) bench.post(scheduler, asking(task));
  const Result<> refused = bench.replies.at(bench.post(scheduler, asking("d")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::resource_exhausted) << "429";
  bench.advance(10s);
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE a TASK_UNKNOWN", "UPDATE b TASK_UNKNOWN", "UPDATE c TASK_UNKNOWN"}));
  EXPECT_TRUE(scheduler.open) << "the subscription stays";
}

// SCH-262
TEST_F(Throttled, FrameworksOfOnePrincipalShareItsLimiter) {
  FakeScheduler& first = subscribe("slow");
  FakeScheduler& second = subscribe("slow");
  bench.post(first, asking("a"));
  bench.post(second, asking("b"));
  EXPECT_EQ(second.told(), Lines{});
  bench.advance(1s);
  EXPECT_EQ(second.told(), Lines{"UPDATE b TASK_UNKNOWN"});
}

// SCH-262
TEST_F(Throttled, AListedPrincipalWithoutRateIsUnlimited) {
  FakeScheduler& scheduler = subscribe("free");
  for (int i = 0; i < 100; ++i) bench.post(scheduler, asking("a"));
  EXPECT_EQ(scheduler.told().size(), 100U);
}

// SCH-262
TEST_F(Throttled, UnlistedAndAnonymousFrameworksShareTheDefault) {
  FakeScheduler& unlisted = subscribe("other");
  FakeScheduler& anonymous = subscribe("");
  bench.post(unlisted, asking("a"));
  bench.post(anonymous, asking("b"));
  EXPECT_EQ(anonymous.told(), Lines{});
  bench.advance(100ms);
  EXPECT_EQ(anonymous.told(), Lines{"UPDATE b TASK_UNKNOWN"});
}

// SCH-262
TEST(Unthrottled, WithoutADefaultTheRestIsUnlimited) {
  Config config = limited();
  config.rate_limits->rest.reset();
  Bench bench(config);
  FakeScheduler& scheduler = bench.subscribe(of_principal(""));
  scheduler.told();
  for (int i = 0; i < 100; ++i) bench.post(scheduler, asking("a"));
  EXPECT_EQ(scheduler.told().size(), 100U);
}

// SCH-263 SCH-009
TEST_F(Throttled, TheEndOfAStreamDoesNotOvertakeItsCalls) {
  FakeScheduler& scheduler = subscribe("slow");
  mesos::v1::FrameworkInfo info = of_principal("slow");
  FakeAgent& agent = bench.add_agent();
  bench.round();
  const OfferId offer(scheduler.offer().id().value());
  bench.post(scheduler, asking("a"));
  Call accept;
  accept.set_type(Call::ACCEPT);
  accept.mutable_accept()->add_offer_ids()->set_value(offer.value);
  auto& operation = *accept.mutable_accept()->add_operations();
  operation.set_type(mesos::v1::Offer::Operation::LAUNCH);
  *operation.mutable_launch()->add_task_infos() = test_task("t1", agent.id, "cpus:4;mem:1024");
  bench.post(scheduler, accept);
  agent.told();
  bench.step(StreamClosed{scheduler.stream});
  EXPECT_TRUE(bench.snapshot().frameworks[0]->connected);
  bench.advance(1s);
  EXPECT_EQ(agent.told(), Lines{"run t1"});
  EXPECT_FALSE(bench.snapshot().frameworks[0]->connected);
}

// SCH-265
TEST_F(Throttled, SubscriptionsAndHeartbeatsAreExempt) {
  FakeScheduler& scheduler = subscribe("slow");
  for (const char* task : {"a", "b", "c"}) bench.post(scheduler, asking(task));
  mesos::v1::FrameworkInfo info = of_principal("slow");
  info.mutable_id()->set_value(scheduler.id.value);
  FakeScheduler& again = bench.subscribe(info);
  EXPECT_EQ(again.heard(), (Lines{"SUBSCRIBED M-0000", "HEARTBEAT"}));
  bench.advance(15s);
  const Lines heard = again.heard();
  EXPECT_EQ(std::ranges::count(heard, "HEARTBEAT"), 1);
}

// SCH-268
TEST_F(Throttled, CallsAreCountedBeforeAndAfterTheLimit) {
  FakeScheduler& scheduler = subscribe("slow");
  for (const char* task : {"a", "b", "c", "d"}) bench.post(scheduler, asking(task));
  EXPECT_EQ(bench.metric("frameworks/slow/messages_received"), 4);
  EXPECT_EQ(bench.metric("frameworks/slow/messages_processed"), 1);
  bench.advance(10s);
  EXPECT_EQ(bench.metric("frameworks/slow/messages_processed"), 3);
}

// SCH-263 SCH-004
TEST_F(Throttled, ACallThatWaitedForAFrameworkThatIsGoneIsRefused) {
  FakeScheduler& scheduler = subscribe("slow");
  bench.post(scheduler, asking("a"));
  const ReplyNumber waiting = bench.post(scheduler, asking("b"));
  ASSERT_TRUE(bench.replies.at(bench.teardown_by_operator(scheduler.id)));
  bench.advance(1s);
  EXPECT_EQ(bench.replies.at(waiting).error().message, "Framework cannot be found");
}

}  // namespace
}  // namespace stoa::master
