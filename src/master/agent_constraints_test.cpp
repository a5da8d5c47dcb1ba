#include "master/agent_constraints.h"

#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::AgentInfo;
using mesos::v1::scheduler::AttributeConstraint;
using mesos::v1::scheduler::OfferConstraints;
using Selector = AttributeConstraint::Selector;
using Predicate = AttributeConstraint::Predicate;

void add_text(AgentInfo& agent, const char* name, const char* value) {
  auto& attribute = *agent.add_attributes();
  attribute.set_name(name);
  attribute.set_type(mesos::v1::Value::TEXT);
  attribute.mutable_text()->set_value(value);
}

// `rack` is "r1" and then "r2", `level` is 3, in region "eu" and zone "eu-1".
AgentInfo test_agent() {
  AgentInfo agent;
  agent.set_hostname("n1.example");
  add_text(agent, "rack", "r1");
  add_text(agent, "rack", "r2");
  auto& level = *agent.add_attributes();
  level.set_name("level");
  level.set_type(mesos::v1::Value::SCALAR);
  level.mutable_scalar()->set_value(3);
  agent.mutable_domain()->mutable_fault_domain()->mutable_region()->set_name("eu");
  agent.mutable_domain()->mutable_fault_domain()->mutable_zone()->set_name("eu-1");
  return agent;
}

Selector named(const char* name) {
  Selector selector;
  selector.set_attribute_name(name);
  return selector;
}
Selector pseudo(Selector::PseudoattributeType type) {
  Selector selector;
  selector.set_pseudoattribute_type(type);
  return selector;
}
Predicate exists() {
  Predicate predicate;
  predicate.mutable_exists();
  return predicate;
}
Predicate not_exists() {
  Predicate predicate;
  predicate.mutable_not_exists();
  return predicate;
}
Predicate equals(const char* value) {
  Predicate predicate;
  predicate.mutable_text_equals()->set_value(value);
  return predicate;
}
Predicate not_equals(const char* value) {
  Predicate predicate;
  predicate.mutable_text_not_equals()->set_value(value);
  return predicate;
}
Predicate matches(const char* regex) {
  Predicate predicate;
  predicate.mutable_text_matches()->set_regex(regex);
  return predicate;
}
Predicate not_matches(const char* regex) {
  Predicate predicate;
  predicate.mutable_text_not_matches()->set_regex(regex);
  return predicate;
}

using Constraint = std::pair<Selector, Predicate>;
OfferConstraints groups(const std::vector<std::vector<Constraint>>& given) {
  OfferConstraints constraints;
  auto& of_role = (*constraints.mutable_role_constraints())["eng"];
  for (const auto& group : given) {
    auto& added = *of_role.add_groups();
    for (const auto& [selector, predicate] : group) {
      auto& constraint = *added.add_attribute_constraints();
      *constraint.mutable_selector() = selector;
      *constraint.mutable_predicate() = predicate;
    }
  }
  return constraints;
}

bool admits(const Selector& selector, const Predicate& predicate, const AgentInfo& agent = test_agent()) {
  const auto constraints = AgentConstraints::parse(groups({{{selector, predicate}}}), {"eng"});
  EXPECT_TRUE(constraints);
  return constraints && constraints->admits("eng", agent);
}

// SCH-052 ALC-141
TEST(AgentConstraints, TheFirstAttributeOfTheNameSpeaks) {
  EXPECT_TRUE(admits(named("rack"), equals("r1")));
  EXPECT_FALSE(admits(named("rack"), equals("r2")));
  EXPECT_TRUE(admits(named("rack"), not_equals("r2")));
  EXPECT_FALSE(admits(named("Rack"), exists())) << "names are what they are";
}

// SCH-053 ALC-142
TEST(AgentConstraints, PresentAbsentAndNotText) {
  const struct {
    Predicate predicate;
    bool present;  // `rack`
    bool absent;   // `gpu`
    bool other;    // `level`
  } cases[] = {
      {exists(), true, false, true},          {not_exists(), false, true, false},
      {equals("r1"), true, false, true},      {equals("no"), false, false, true},
      {not_equals("r1"), false, true, true},  {not_equals("no"), true, true, true},
      {matches("r."), true, false, true},     {matches("no"), false, false, true},
      {not_matches("r."), false, true, true}, {not_matches("no"), true, true, true},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(admits(named("rack"), one.predicate), one.present) << one.predicate.ShortDebugString();
    EXPECT_EQ(admits(named("gpu"), one.predicate), one.absent) << one.predicate.ShortDebugString();
    EXPECT_EQ(admits(named("level"), one.predicate), one.other) << one.predicate.ShortDebugString();
  }
}

// SCH-051 SCH-053 ALC-141 ALC-142
TEST(AgentConstraints, HostRegionAndZone) {
  EXPECT_TRUE(admits(pseudo(Selector::HOSTNAME), equals("n1.example")));
  EXPECT_TRUE(admits(pseudo(Selector::REGION), equals("eu")));
  EXPECT_TRUE(admits(pseudo(Selector::ZONE), matches("eu-\\d")));
  AgentInfo nowhere = test_agent();
  nowhere.clear_domain();
  EXPECT_FALSE(admits(pseudo(Selector::REGION), exists(), nowhere));
  EXPECT_TRUE(admits(pseudo(Selector::ZONE), not_equals("eu-1"), nowhere));
  EXPECT_TRUE(admits(pseudo(Selector::HOSTNAME), exists(), nowhere));
}

// SCH-050
TEST(AgentConstraints, AllOfOneGroupOrAllOfAnother) {
  const auto constraints = AgentConstraints::parse(
      groups({{{named("rack"), equals("r1")}, {named("gpu"), exists()}}, {{named("level"), exists()}}}),
      {"eng", "web"});
  ASSERT_TRUE(constraints);
  AgentInfo agent = test_agent();
  EXPECT_TRUE(constraints->admits("eng", agent)) << "the second group";
  agent.mutable_attributes()->DeleteSubrange(2, 1);
  EXPECT_FALSE(constraints->admits("eng", agent));
  add_text(agent, "gpu", "yes");
  EXPECT_TRUE(constraints->admits("eng", agent)) << "the first";
  EXPECT_TRUE(constraints->admits("web", AgentInfo())) << "no entry, no constraint";
}

// SCH-054 ALC-142
TEST(AgentConstraints, ExpressionsMatchTheWholeValue) {
  EXPECT_FALSE(admits(named("rack"), matches("r")));
  EXPECT_TRUE(admits(named("rack"), matches("r[0-9]")));
  EXPECT_TRUE(admits(named("rack"), matches("(?i)R1")));
  EXPECT_TRUE(admits(named("rack"), not_matches("1")));
}

// SCH-051 SCH-054
TEST(AgentConstraints, BadAndComplexExpressionsAreRefused) {
  const auto fault = [](const std::string& regex, const Pattern::Limits& limits = {}) {
    const auto parsed = AgentConstraints::parse(groups({{{named("rack"), matches(regex.c_str())}}}), {"eng"}, limits);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_TRUE(
      fault("(").starts_with("Invalid offer constraints for role 'eng': Failed to construct regex from pattern '(': "));
  EXPECT_NE(fault("(a)\\1"), "accepted") << "no back references";
  EXPECT_EQ(fault("r[0-9]+"), "accepted");
  const std::string large(150, 'x');
  EXPECT_NE(fault(large).find("Regex '" + large + "' is too complex: "), std::string::npos);
  EXPECT_EQ(fault(large, {.memory_bytes_max = 1 << 20, .program_size_max = 1000}), "accepted");
  const std::string huge(5000, 'x');
  EXPECT_NE(fault(huge, {.memory_bytes_max = 4096, .program_size_max = 1'000'000}), "accepted") << "memory";
  EXPECT_EQ(fault(huge, {.memory_bytes_max = 1 << 22, .program_size_max = 1'000'000}), "accepted");
}

TEST(AgentConstraints, TheirNumberIsBounded) {
  OfferConstraints many;
  auto& group = *(*many.mutable_role_constraints())["eng"].add_groups();
  for (std::size_t i = 0; i < AgentConstraints::count_max; ++i) {
    auto& constraint = *group.add_attribute_constraints();
    *constraint.mutable_selector() = named("rack");
    *constraint.mutable_predicate() = exists();
  }
  EXPECT_TRUE(AgentConstraints::parse(many, {"eng"}));
  *group.add_attribute_constraints() = group.attribute_constraints(0);
  EXPECT_EQ(AgentConstraints::parse(many, {"eng"}).error().message,
            "Invalid offer constraints: there are 1001, at most 1000 are allowed");
}

}  // namespace
}  // namespace stoa::master
