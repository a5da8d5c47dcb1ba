#include "master/deactivation.h"

#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using To = SwitchAgent::To;

struct Deactivations : testing::Test {
  Result<> change(const AgentId& agent, To to, bool mark_gone = false, std::int64_t grace = -1) {
    const ReplyNumber number = post(agent, to, mark_gone, grace);
    return bench.replies.contains(number) ? bench.replies.at(number) : fail(Code::internal, "not answered");
  }
  ReplyNumber post(const AgentId& agent, To to, bool mark_gone = false, std::int64_t grace = -1) {
    auto config = std::make_shared<mesos::v1::DrainConfig>();
    config->set_mark_gone(mark_gone);
    if (grace >= 0) config->mutable_max_grace_period()->set_nanoseconds(grace);
    const ReplyNumber number{next++};
    bench.step(SwitchAgent{number, agent, to, std::move(config)});
    return number;
  }
  std::string refusal(const AgentId& agent, To to) {
    const auto outcome = change(agent, to);
    return outcome ? "done" : outcome.error().message;
  }
  const AgentView& shown(std::size_t number = 0) {
    snapshot = bench.snapshot();
    return *snapshot.agents.at(number);
  }
  bool drained() { return shown().drain && shown().drain->state() == mesos::v1::DRAINED; }
  bool draining() { return shown().drain && shown().drain->state() == mesos::v1::DRAINING; }
  // A new leader with the registry of this one.
  void fail_over() {
    auto registry = bench.registry();
    std::destroy_at(&bench);
    std::construct_at(&bench, test_config(), std::move(registry));
  }

  unsigned long long next = 1'000'000;
  Snapshot snapshot;
  Bench bench;
};

// OPR-165 OPR-166 OPR-077
TEST_F(Deactivations, ADeactivatedAgentIsOfferedToNobodyAndKeepsItsTasks) {
  const AgentId agent = bench.add_agent("cpus:4;mem:1024").id;
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent, "cpus:1;mem:64"));
  bench.round();
  ASSERT_FALSE(user.offers.empty());
  user.told();
  EXPECT_EQ(refusal(agent, To::active), "Agent is not deactivated");
  EXPECT_TRUE(change(agent, To::deactivated));
  EXPECT_TRUE(user.offers.empty()) << "those outstanding are rescinded";
  EXPECT_TRUE(change(agent, To::deactivated)) << "again is no mistake";
  bench.advance(60s);
  EXPECT_TRUE(user.offers.empty());
  EXPECT_TRUE(shown().deactivated);
  EXPECT_FALSE(shown().active);
  EXPECT_TRUE(shown().connected);
  EXPECT_FALSE(shown().drain);
  EXPECT_EQ(bench.list_of(user.id, "t1"), "tasks");
  EXPECT_TRUE(bench.agents.front().told().empty() || bench.agents.front().told() == Lines{})
      << "the agent has nothing to do with it";
  EXPECT_TRUE(change(agent, To::active));
  bench.round();
  EXPECT_FALSE(user.offers.empty());
  EXPECT_TRUE(shown().active);
  EXPECT_FALSE(shown().deactivated);
  EXPECT_EQ(refusal(AgentId("nobody"), To::deactivated), "Unknown agent");
}

// OPR-165 OPR-195
TEST_F(Deactivations, ItIsDurableAndKeptOverRegistrations) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  const AgentId id = agent.id;
  bench.hold_writes();
  const ReplyNumber number = post(id, To::deactivated);
  EXPECT_FALSE(bench.replies.contains(number));
  EXPECT_FALSE(shown().deactivated);
  bench.release_all_writes();
  EXPECT_TRUE(bench.replies.at(number));
  bench.break_link(agent);
  bench.connect(agent);
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  EXPECT_TRUE(user.offers.empty());
  fail_over();
  FakeAgent& again = bench.agents.emplace_back();
  again.id = id;
  again.hostname = "node0";
  again.resources = "cpus:4;mem:1024";
  bench.connect(again);
  FakeScheduler& other = bench.subscribe(test_framework());
  bench.round();
  EXPECT_TRUE(shown().deactivated);
  EXPECT_TRUE(other.offers.empty());
  EXPECT_TRUE(change(id, To::active));
  bench.round();
  EXPECT_FALSE(other.offers.empty());
}

// OPR-160 OPR-161 OPR-076
TEST_F(Deactivations, ADrainEndsWhenNobodyWaitsForAnythingOfTheAgent) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:1;mem:64"));
  bench.update(agent, user, "t1", mesos::v1::TASK_RUNNING);
  agent.received.clear();
  bench.hold_writes();
  const ReplyNumber number = post(agent.id, To::drained, false, 7);
  EXPECT_TRUE(agent.received.empty()) << "durable first";
  bench.release_all_writes();
  EXPECT_TRUE(bench.replies.at(number));
  ASSERT_EQ(agent.received.size(), 1U);
  EXPECT_EQ(agent.last().drain().config().max_grace_period().nanoseconds(), 7);
  EXPECT_TRUE(draining());
  EXPECT_TRUE(shown().deactivated);
  EXPECT_GT(shown().drain_since, 0);
  EXPECT_TRUE(user.offers.empty());
  EXPECT_EQ(refusal(agent.id, To::active), "Agent is still in the DRAINING state");
  EXPECT_TRUE(change(agent.id, To::deactivated));
  const std::string uuid = bench.update(agent, user, "t1", mesos::v1::TASK_KILLED);
  EXPECT_TRUE(draining()) << "the end is not acknowledged";
  EXPECT_TRUE(bench.acknowledge(user, agent.id, "t1", uuid));
  bench.round();
  EXPECT_TRUE(drained());
  EXPECT_TRUE(user.offers.empty());
  EXPECT_TRUE(change(agent.id, To::active));
  EXPECT_FALSE(shown().drain);
  bench.round();
  EXPECT_FALSE(user.offers.empty());
}

// OPR-162 OPR-164
TEST_F(Deactivations, AnEmptyAgentIsDrainedAtOnceAndCanBeAgain) {
  const AgentId agent = bench.add_agent().id;
  EXPECT_TRUE(change(agent, To::drained));
  bench.round();
  EXPECT_TRUE(drained());
  EXPECT_TRUE(change(agent, To::drained));
  bench.round();
  EXPECT_TRUE(drained());
}

// OPR-164
TEST_F(Deactivations, DrainingAgainReplacesTheConfiguration) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:1;mem:64"));
  EXPECT_TRUE(change(agent.id, To::drained, false, 100));
  const WallSeconds since = shown().drain_since;
  bench.advance(1s);
  EXPECT_TRUE(change(agent.id, To::drained, false, 5));
  EXPECT_EQ(agent.last().drain().config().max_grace_period().nanoseconds(), 5);
  EXPECT_EQ(shown().drain->config().max_grace_period().nanoseconds(), 5);
  EXPECT_EQ(shown().drain_since, since);
}

// OPR-161 OPR-162
TEST_F(Deactivations, WithMarkGoneItIsGoneWhenItIsEmpty) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  const AgentId id = agent.id;
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", id, "cpus:1;mem:64"));
  EXPECT_TRUE(change(id, To::drained, true));
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
  const std::string uuid = bench.update(agent, user, "t1", mesos::v1::TASK_KILLED);
  EXPECT_TRUE(bench.acknowledge(user, id, "t1", uuid));
  bench.round();
  EXPECT_TRUE(bench.snapshot().agents.empty());
  EXPECT_TRUE(agent.last().has_shutdown());
  EXPECT_EQ(refusal(id, To::drained), "Unknown agent") << "OPR-163";
  for (const RegistryRecord& record : bench.registry()) EXPECT_NE(record.kind, "deactivated");
}

// OPR-162 SCH-239
TEST_F(Deactivations, AnAgentThatIsAwayDrainsWhenItIsBackUnderALaterLeaderToo) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  const AgentId id = agent.id;
  fail_over();
  EXPECT_TRUE(change(id, To::drained, false, 3)) << "it is expected back";
  fail_over();
  FakeAgent& again = bench.agents.emplace_back();
  again.id = id;
  again.hostname = "node0";
  again.resources = "cpus:4;mem:1024";
  bench.connect(again);
  bench.round();
  const auto is_drain = [](const auto& message) { return message->has_drain(); };
  EXPECT_EQ(std::ranges::count_if(again.received, is_drain), 1);
  EXPECT_TRUE(drained());
}

// OPR-163
TEST_F(Deactivations, WhatCannotBeDrainedIsRefusedInWords) {
  EXPECT_EQ(refusal(AgentId("nobody"), To::drained), "Unknown agent");
  FakeAgent& agent = bench.add_agent();
  bench.hold_writes();
  bench.mark_gone(agent.id);
  const auto outcome = change(agent.id, To::drained);
  EXPECT_EQ(outcome.error().code, Code::failed_precondition);
  bench.release_all_writes();
  FakeAgent& old = bench.agents.emplace_back();
  old.link = LinkNumber{9000};
  old.open = true;
  link::ToMaster message;
  message.mutable_register_()->mutable_agent_info()->set_hostname("old");
  bench.step(FromAgent{old.link, std::make_shared<const link::ToMaster>(message)});
  bench.release_all_writes();
  ASSERT_EQ(bench.snapshot().agents.size(), 1U);
  EXPECT_EQ(refusal(bench.snapshot().agents[0]->id, To::drained), "Agent is not capable of draining");
}

// OPR-197
TEST_F(Deactivations, EachChangeSeesTheOneBeforeItDone) {
  const AgentId agent = bench.add_agent().id;
  bench.hold_writes();
  const ReplyNumber first = post(agent, To::deactivated);
  const ReplyNumber second = post(agent, To::active);
  const ReplyNumber third = post(agent, To::active);
  bench.release_all_writes();
  EXPECT_TRUE(bench.replies.at(first));
  EXPECT_TRUE(bench.replies.at(second));
  EXPECT_EQ(bench.replies.at(third).error().message, "Agent is not deactivated");
}

}  // namespace
}  // namespace stoa::master
