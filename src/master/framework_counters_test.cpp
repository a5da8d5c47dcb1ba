#include "master/framework_counters.h"

#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using Call = mesos::v1::scheduler::Call;
using Event = mesos::v1::scheduler::Event;

OfferId id_of(const mesos::v1::Offer& offer) { return OfferId(offer.id().value()); }

// SCH-266
TEST(FrameworkCounters, CountCallsEventsOperationsTasksAndOffers) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  ASSERT_TRUE(bench.accept(scheduler, {id_of(scheduler.offer())},
                           {test_task("t1", agent.id), test_task("t2", agent.id, "cpus:99")}, 0));
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.round();
  ASSERT_TRUE(bench.decline(scheduler, id_of(scheduler.offer()), 0));
  bench.round();
  bench.break_link(agent);
  const FrameworkCounters seen = bench.snapshot().framework_counters.at(0);
  EXPECT_EQ(seen.calls[Call::SUBSCRIBE], 1U);
  EXPECT_EQ(seen.calls[Call::ACCEPT], 1U);
  EXPECT_EQ(seen.calls[Call::DECLINE], 1U);
  EXPECT_EQ(seen.events[Event::SUBSCRIBED], 1U);
  EXPECT_EQ(seen.events[Event::OFFERS], 3U);
  EXPECT_EQ(seen.events[Event::UPDATE], 2U);
  EXPECT_EQ(seen.operations[mesos::v1::Offer::Operation::LAUNCH], 1U);
  EXPECT_EQ(seen.tasks_terminal[mesos::v1::TASK_FINISHED], 1U);
  EXPECT_EQ(seen.tasks_terminal[mesos::v1::TASK_ERROR], 1U);
  EXPECT_EQ(seen.offers_sent, 3U);
  EXPECT_EQ(seen.offers_accepted, 1U);
  EXPECT_EQ(seen.offers_declined, 1U);
  EXPECT_EQ(seen.offers_rescinded, 1U);
}

// SCH-267
TEST(FrameworkCounters, StayWithACompletedFrameworkAndCanBeSwitchedOff) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  ASSERT_TRUE(bench.teardown(scheduler));
  EXPECT_EQ(bench.snapshot().framework_counters.at(0).calls[Call::TEARDOWN], 1U);
  Config config = test_config();
  config.publish_per_framework_metrics = false;
  Bench silent(config);
  silent.subscribe(test_framework());
  EXPECT_TRUE(silent.snapshot().framework_counters.empty());
}

// SCH-017
TEST(FrameworkCounters, NothingRemainsOfARefusedSubscription) {
  Bench bench;
  mesos::v1::FrameworkInfo info = test_framework();
  info.set_role("x");
  bench.subscribe(info);
  EXPECT_TRUE(bench.snapshot().framework_counters.empty());
}

}  // namespace
}  // namespace stoa::master
