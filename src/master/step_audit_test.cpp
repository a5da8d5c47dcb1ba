#include "master/step_audit.h"

#include <gtest/gtest.h>

#include <functional>

#include "master/state.h"
#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"

// A law that never complains proves nothing: each is shown a breach here.
namespace stoa::master {
namespace {

using namespace std::chrono_literals;

// A cluster with a task of 1 cpu on its one agent; what is left is offered.
class Broken : public testing::Test {
 protected:
  Broken() : scheduler_(bench_.subscribe(test_framework())) {
    bench_.add_agent("cpus:4;mem:1000");
    bench_.advance(1s);
    const auto& offer = scheduler_.offer();
    const AgentId agent(offer.agent_id().value());
    EXPECT_TRUE(bench_.accept(scheduler_, {OfferId(offer.id().value())}, {test_task("t", agent)}, 0));
    bench_.advance(2s);
    EXPECT_EQ(state_.offers.size(), 1u);
    EXPECT_TRUE(audit_.check(bench_.master));
  }

  Agent& agent() { return state_.agents.begin()->second; }
  Framework& framework() { return state_.frameworks.begin()->second; }
  Task& task() { return framework().tasks.begin()->second; }

  // What the audit says when `change` was part of a step that touched the agent and the framework.
  std::string complaint() {
    agent().view.reset();
    framework().view.reset();
    const Result<> audit = audit_.check(bench_.master);
    return audit ? "" : audit.error().message;
  }
  void expect(const std::string& part) {
    const std::string text = complaint();
    EXPECT_NE(text.find(part), std::string::npos) << "'" << text << "'";
    bench_.audits = false;
  }

  Bench bench_;
  FakeScheduler& scheduler_;
  State& state_ = const_cast<State&>(bench_.master.state());
  StepAudit audit_;
};

TEST_F(Broken, NothingIsBrokenAtFirst) { EXPECT_EQ(complaint(), ""); }

TEST_F(Broken, AnAmountThatWasNotTakenFromTheAgent) {
  agent().allocated = {};
  expect("allocated, its tasks and executors");
}

TEST_F(Broken, ATaskThatHasEndedAndHoldsResources) {
  auto ended = std::make_shared<mesos::v1::Task>(*task().message);
  ended->set_state(mesos::v1::TASK_FINISHED);
  task().message = std::move(ended);
  expect("is TASK_FINISHED and holds resources");
}

TEST_F(Broken, ATaskThatItsFrameworkForgot) {
  framework().tasks.clear();
  expect("has task t, framework");
}

TEST_F(Broken, ATaskThatItsAgentForgot) {
  agent().tasks.clear();
  agent().allocated = {};
  const auto held = task().resources;
  EXPECT_TRUE(state_.allocator.recover(framework().id, agent().id, held, std::nullopt, bench_.now.steady));
  expect("agents have 0 tasks, frameworks have 1");
}

TEST_F(Broken, AnAmountThatIsUsedAndFreeForTheAllocator) {
  EXPECT_TRUE(state_.allocator.recover(framework().id, agent().id, task().resources, std::nullopt, bench_.now.steady));
  expect("the allocator knows");
}

TEST_F(Broken, AnAmountThatHasTwoOwners) {
  const auto whole = agent().total.with_allocation_role(model::Symbol("eng"));
  Offer& offer = state_.offers.begin()->second;
  offer.resources = whole;
  agent().offered = whole;
  expect("used of");
}

TEST_F(Broken, AnOfferThatIsOutstandingInOneBookOnly) {
  framework().offers.clear();
  expect("is in no book of its framework");
}

TEST_F(Broken, AnOfferThatNobodyHas) {
  agent().offers.clear();
  agent().offered = {};
  Offer& offer = state_.offers.begin()->second;
  EXPECT_TRUE(state_.allocator.recover(framework().id, agent().id, offer.resources, std::nullopt, bench_.now.steady));
  expect("there are 1 offers, agents have 0, frameworks have 1");
}

TEST_F(Broken, AnAgentThatNothingWatches) {
  state_.timers.cancel({TimerKey::Kind::agent_ping, agent().id.value});
  expect("nothing watches over it");
}

TEST_F(Broken, AFrameworkWithoutHeartbeat) {
  state_.timers.cancel({TimerKey::Kind::heartbeat, framework().id.value});
  expect("wrong heartbeat");
}

TEST_F(Broken, RecordsThatNoStepTouchesCostNothing) {
  bench_.audits = false;
  bench_.advance(1ms);
  agent().allocated = {};
  EXPECT_TRUE(audit_.check(bench_.master));
  EXPECT_FALSE(bench_.master.audit());
}

}  // namespace
}  // namespace stoa::master
