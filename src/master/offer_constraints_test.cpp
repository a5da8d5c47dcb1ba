#include <gtest/gtest.h>

#include "master/agent_constraints.h"
#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::scheduler::AttributeConstraint;
using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::OfferConstraints;

OfferConstraints constraints_for(const std::string& role) {
  OfferConstraints constraints;
  auto& constraint = *(*constraints.mutable_role_constraints())[role].add_groups()->add_attribute_constraints();
  constraint.mutable_selector()->set_attribute_name("rack");
  constraint.mutable_predicate()->mutable_text_equals()->set_value("r1");
  return constraints;
}

AttributeConstraint& first_of(OfferConstraints& constraints) {
  return *(*constraints.mutable_role_constraints())["eng"].mutable_groups(0)->mutable_attribute_constraints(0);
}

std::string fault_of(const OfferConstraints& constraints) {
  const auto valid = AgentConstraints::parse(constraints, {"eng"});
  return valid ? "" : valid.error().message;
}

// SCH-051
TEST(OfferConstraintRules, RolesGroupsAndConstraintsAreThere) {
  EXPECT_EQ(fault_of({}), "");
  EXPECT_EQ(fault_of(constraints_for("eng")), "");
  EXPECT_EQ(fault_of(constraints_for("ops")),
            "Invalid offer constraints for role 'ops': the framework does not have this role");
  OfferConstraints empty;
  (*empty.mutable_role_constraints())["eng"];
  EXPECT_EQ(fault_of(empty), "Invalid offer constraints for role 'eng': there is no group of constraints");
  (*empty.mutable_role_constraints())["eng"].add_groups();
  EXPECT_EQ(fault_of(empty), "Invalid offer constraints for role 'eng': a group has no constraint");
}

// SCH-051 ALC-141
TEST(OfferConstraintRules, SelectorAndPredicateAreKnown) {
  OfferConstraints constraints = constraints_for("eng");
  first_of(constraints).mutable_selector()->set_pseudoattribute_type(AttributeConstraint::Selector::ZONE);
  EXPECT_EQ(fault_of(constraints), "");
  first_of(constraints).mutable_selector()->set_pseudoattribute_type(AttributeConstraint::Selector::UNKNOWN);
  EXPECT_NE(fault_of(constraints), "");
  first_of(constraints).mutable_selector()->clear_selector();
  EXPECT_NE(fault_of(constraints), "");
  constraints = constraints_for("eng");
  first_of(constraints).mutable_predicate()->clear_predicate();
  EXPECT_NE(fault_of(constraints), "");
}

struct Constrained : testing::Test {
  explicit Constrained(Config config = test_config()) : bench(std::move(config)) {}
  void subscribe(const OfferConstraints& constraints, const std::string& id = "") {
    auto call = std::make_shared<Call>();
    call->set_type(Call::SUBSCRIBE);
    *call->mutable_subscribe()->mutable_framework_info() = test_framework();
    if (!id.empty()) call->mutable_subscribe()->mutable_framework_info()->mutable_id()->set_value(id);
    *call->mutable_subscribe()->mutable_offer_constraints() = constraints;
    FakeScheduler& scheduler = bench.schedulers.emplace_back();
    scheduler.stream = StreamNumber{1000 + bench.schedulers.size()};
    scheduler.stream_id = "s" + std::to_string(scheduler.stream.value);
    scheduler.partition_aware = true;
    bench.step(Subscribe{scheduler.stream, scheduler.stream_id, call, {}});
  }
  Bench bench;
};

// SCH-050 SCH-063
TEST_F(Constrained, ASubscriptionIsRefusedOrReplacesWhatWasThere) {
  subscribe(constraints_for("ops"));
  EXPECT_FALSE(bench.schedulers.back().open);
  EXPECT_TRUE(bench.schedulers.back().lines.back().starts_with("ERROR Invalid offer constraints"));
  subscribe(constraints_for("eng"));
  ASSERT_TRUE(bench.schedulers.back().open);
  ASSERT_NE(bench.snapshot().frameworks[0]->offer_constraints, nullptr);
  EXPECT_TRUE(bench.snapshot().frameworks[0]->offer_constraints->role_constraints().contains("eng"));
  subscribe({}, bench.schedulers.back().id.value);
  EXPECT_EQ(bench.snapshot().frameworks[0]->offer_constraints, nullptr);
}

// SCH-050 SCH-053 SCH-055 ALC-140 ALC-144
TEST_F(Constrained, OffersAreOfTheAgentsThatAreWanted) {
  FakeAgent& first = bench.add_agent();
  FakeAgent& second = bench.add_agent();
  const auto on = [](const FakeAgent& agent) {
    OfferConstraints constraints = constraints_for("eng");
    first_of(constraints).mutable_selector()->set_pseudoattribute_type(AttributeConstraint::Selector::HOSTNAME);
    first_of(constraints).mutable_predicate()->mutable_text_equals()->set_value(agent.hostname);
    return constraints;
  };
  subscribe(on(second));
  bench.round();
  FakeScheduler& scheduler = bench.schedulers.back();
  ASSERT_EQ(scheduler.offers.size(), 1U);
  EXPECT_EQ(scheduler.offer().agent_id().value(), second.id.value);
  Call call;
  call.set_type(Call::UPDATE_FRAMEWORK);
  *call.mutable_update_framework()->mutable_framework_info() = test_framework();
  call.mutable_update_framework()->mutable_framework_info()->mutable_id()->set_value(scheduler.id.value);
  *call.mutable_update_framework()->mutable_offer_constraints() = on(first);
  ASSERT_TRUE(bench.call(scheduler, call));
  bench.round();
  EXPECT_EQ(scheduler.offers.size(), 2U) << "what is offered stays so";
  ASSERT_TRUE(bench.decline(scheduler, OfferId(scheduler.offer(second.id).id().value()), 0));
  bench.advance(std::chrono::seconds(3));
  ASSERT_EQ(scheduler.offers.size(), 1U);
  EXPECT_EQ(scheduler.offer().agent_id().value(), first.id.value);
}

struct StrictlyConstrained : Constrained {
  StrictlyConstrained() : Constrained(strict()) {}
  static Config strict() {
    Config config = test_config();
    config.offer_constraints.program_size_max = 8;
    return config;
  }
};

// SCH-054 ALC-143
TEST_F(StrictlyConstrained, TheLimitsOfExpressionsAreTheOperators) {
  const auto is_taken = [&](const char* expression) {
    OfferConstraints constraints = constraints_for("eng");
    first_of(constraints).mutable_predicate()->mutable_text_matches()->set_regex(expression);
    subscribe(constraints);
    return bench.schedulers.back().open;
  };
  EXPECT_TRUE(is_taken("r1"));
  EXPECT_FALSE(is_taken("rack-[0-9]+-of-ten"));
}

// SCH-055 SCH-083 SCH-085
TEST_F(Constrained, AnUpdateRescindsNothingAndBadOnesChangeNothing) {
  bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  scheduler.told();
  Call call;
  call.set_type(Call::UPDATE_FRAMEWORK);
  *call.mutable_update_framework()->mutable_framework_info() = test_framework();
  call.mutable_update_framework()->mutable_framework_info()->mutable_id()->set_value(scheduler.id.value);
  *call.mutable_update_framework()->mutable_offer_constraints() = constraints_for("eng");
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_NE(bench.snapshot().frameworks[0]->offer_constraints, nullptr);
  *call.mutable_update_framework()->mutable_offer_constraints() = constraints_for("ops");
  const Result<> refused = bench.call(scheduler, call);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("'UpdateFramework' call is not valid: Invalid offer constraints"));
  EXPECT_EQ(refused.error().code, Code::invalid_argument) << "400";
  EXPECT_TRUE(bench.snapshot().frameworks[0]->offer_constraints->role_constraints().contains("eng"));
}

}  // namespace
}  // namespace stoa::master
