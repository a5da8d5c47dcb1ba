// Persist, then act: nobody learns of a change that is not durable, and a leader that cannot write steps down.
#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;

FakeAgent& connecting_agent(Bench& bench) {
  FakeAgent& agent = bench.agents.emplace_back();
  agent.hostname = "n0";
  agent.resources = "cpus:1";
  bench.connect(agent);
  return agent;
}

// HA-050
TEST(Persistence, ALeaderWritesItsIdentityFirst) {
  Master master(test_config(), 1);
  const Now now{TimePoint(1h), 1e9};
  Effects effects;
  master.step(RegistryLoaded{}, now, effects);
  ASSERT_FALSE(effects.empty());
  const Persist& write = std::get<Persist>(effects.front());
  ASSERT_EQ(write.changes.size(), 1U);
  EXPECT_EQ(write.changes[0].kind, "meta");
  EXPECT_EQ(write.changes[0].id, "leader");
}

// HA-051
TEST(Persistence, NobodySeesAnAgentBeforeItsAdmissionIsDurable) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  scheduler.told();
  bench.hold_writes();
  FakeAgent& agent = connecting_agent(bench);
  bench.advance(5s);
  EXPECT_TRUE(agent.told().empty());
  EXPECT_TRUE(bench.snapshot().agents.empty());
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.release_all_writes();
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  bench.round();
  EXPECT_EQ(scheduler.told(), Lines{"OFFERS M-O0"});
}

// HA-051 HA-056
TEST(Persistence, AFailedWriteMakesTheLeaderStepDownAndTheChangeNeverHappened) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.hold_writes();
  FakeAgent& agent = connecting_agent(bench);
  scheduler.heard();
  bench.release_write(false);
  ASSERT_TRUE(bench.stepped_down);
  EXPECT_NE(bench.stepped_down->find("disk full"), std::string::npos);
  EXPECT_TRUE(agent.told().empty());
  EXPECT_TRUE(bench.snapshot().agents.empty());
  EXPECT_EQ(scheduler.heard(), Lines{});
}

// HA-051 HA-056
TEST(Persistence, AfterSteppingDownTheMasterDoesNothingMore) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.hold_writes();
  connecting_agent(bench);
  bench.release_write(false);
  scheduler.heard();
  bench.now.steady += 1h;
  bench.step(Tick{});
  EXPECT_TRUE(bench.effects.empty());
  bench.step(StreamClosed{scheduler.stream});
  EXPECT_TRUE(bench.effects.empty());
}

// HA-051 SCH-038
TEST(Persistence, ARemovalIsDurableBeforeItIsSeen) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id));
  agent.told();
  bench.hold_writes();
  EXPECT_TRUE(bench.teardown(scheduler));
  EXPECT_TRUE(scheduler.open);
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  EXPECT_FALSE(bench.revive(scheduler));
  bench.release_all_writes();
  EXPECT_FALSE(scheduler.open);
  EXPECT_EQ(agent.told(), Lines{"shut down framework M-0000"});
}

// SCH-037
TEST(Persistence, AFrameworkThatIsBeingRemovedDoesNotComeBack) {
  Bench bench;
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.hold_writes();
  bench.teardown(scheduler);
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(scheduler.id.value);
  EXPECT_EQ(bench.subscribe(info).told(), Lines{"ERROR Framework has been removed"});
  bench.disconnect(scheduler);
  bench.release_all_writes();
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
}

TEST(Persistence, EveryWriteIsAnsweredByItsOwnContinuation) {
  Bench bench;
  bench.hold_writes();
  FakeAgent& first = connecting_agent(bench);
  FakeAgent& second = connecting_agent(bench);
  ASSERT_EQ(bench.writes.size(), 2U);
  bench.release_write();
  EXPECT_EQ(first.told(), Lines{"registered M-S0"});
  EXPECT_TRUE(second.told().empty());
  bench.release_write();
  EXPECT_EQ(second.told(), Lines{"registered M-S1"});
}

// HA-050
TEST(Persistence, ARecordThatCannotBeReadIsNotPassedOver) {
  Bench bench(test_config(), {{"agent", "M-S0", "garbage"}});
  ASSERT_TRUE(bench.stepped_down);
  EXPECT_FALSE(bench.master.recovered());
}

// HA-050
TEST(Persistence, AnAdmittedAgentIsKeptWithItsInfo) {
  Bench bench;
  bench.add_agent("cpus:2", "n7");
  bool found = false;
  for (const RegistryRecord& record : bench.registry()) {
    if (record.kind != "agent") continue;
    registry::Agent kept;
    ASSERT_TRUE(kept.ParseFromString(record.bytes));
    EXPECT_EQ(kept.state(), registry::Agent::ADMITTED);
    EXPECT_EQ(kept.info().hostname(), "n7");
    found = true;
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace stoa::master
