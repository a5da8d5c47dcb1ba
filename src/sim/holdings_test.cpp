#include "sim/holdings.h"

#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"

namespace stoa::sim {
namespace {

const model::Resources plain = model::testing::resources("cpus:4;mem:1024;disk:1000");

// A scheduler that asks for feedback and has sent a RESERVE.
struct Asked {
  Asked() {
    for (std::uint64_t seed = 1; !holdings || holdings->operations().empty(); ++seed) {
      environment = std::make_unique<Environment>(Size{}, seed, Watch{});
      environment->plan.operations = 1;
      holdings.emplace(*environment, "s", "role");
      model::Resources left = plain.with_allocation_role(model::Symbol("role"));
      mesos::v1::scheduler::Call call;
      holdings->operate(AgentId("a"), left, call);
    }
  }
  void hear(const std::string& id, mesos::v1::OperationState state) {
    mesos::v1::OperationStatus status;
    status.mutable_operation_id()->set_value(id);
    status.set_state(state);
    holdings->on_status(status);
  }
  std::string broken() const { return environment->laws.violation() ? environment->laws.violation()->law : ""; }
  std::string first() const { return holdings->operations()[0].id; }

  std::unique_ptr<Environment> environment;
  std::optional<Holdings> holdings;
};

TEST(Holdings, WhatIsDoneIsExpectedOfTheMachine) {
  Asked asked;
  const auto everywhere = [](const AgentId&) { return true; };
  EXPECT_TRUE(asked.holdings->expected(plain, everywhere)->empty());
  asked.hear(asked.first(), mesos::v1::OPERATION_FINISHED);
  EXPECT_FALSE(asked.holdings->expected(plain, everywhere)->empty());
  EXPECT_EQ(asked.broken(), "");
}

TEST(Holdings, AnOutcomeMayBeRepeated) {
  Asked asked;
  for (int i = 0; i < 2; ++i) asked.hear(asked.first(), mesos::v1::OPERATION_FAILED);
  EXPECT_EQ(asked.broken(), "");
}

TEST(Holdings, AnOperationHasOneOutcome) {
  for (const bool done_first : {true, false}) {
    Asked asked;
    asked.hear(asked.first(), done_first ? mesos::v1::OPERATION_FINISHED : mesos::v1::OPERATION_DROPPED);
    asked.hear(asked.first(), done_first ? mesos::v1::OPERATION_FAILED : mesos::v1::OPERATION_FINISHED);
    EXPECT_EQ(asked.broken(), "an operation has one outcome");
  }
}

TEST(Holdings, ASchedulerHearsOfItsOwnOperationsOnly) {
  Asked asked;
  asked.hear("another", mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(asked.broken(), "a scheduler hears of its own operations only");
}

TEST(Holdings, WhatIsNotKnownIsAskedFor) {
  Asked asked;
  mesos::v1::scheduler::Call call;
  EXPECT_TRUE(asked.holdings->reconcile(call));
  EXPECT_EQ(call.reconcile_operations().operations_size(), static_cast<int>(asked.holdings->operations().size()));
}

}  // namespace
}  // namespace stoa::sim
