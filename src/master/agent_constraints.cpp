#include "master/agent_constraints.h"

#include <fmt/format.h>

#include <algorithm>

#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::AgentInfo;
using mesos::v1::scheduler::AttributeConstraint;
using mesos::v1::scheduler::OfferConstraints;
using Constraint = AgentConstraints::Constraint;
using Fact = AgentConstraints::Fact;
using Test = AgentConstraints::Test;

// What an agent has of a fact. `text` is null for an attribute that is not TEXT.
struct Found {
  bool is_present = false;
  const std::string* text = nullptr;
};

Found text(bool is_present, const std::string& value) { return {is_present, is_present ? &value : nullptr}; }

// SCH-052: the first attribute of the name speaks for it.
Found find(const Constraint& constraint, const AgentInfo& agent) {
  const auto& domain = agent.domain().fault_domain();
  const bool has_domain = agent.has_domain() && agent.domain().has_fault_domain();
  switch (constraint.fact) {
    case Fact::hostname:
      return text(true, agent.hostname());
    case Fact::region:
      return text(has_domain, domain.region().name());
    case Fact::zone:
      return text(has_domain, domain.zone().name());
    case Fact::attribute:
      break;
  }
  for (const auto& attribute : agent.attributes()) {
    if (attribute.name() != constraint.attribute) continue;
    return {true, attribute.type() == mesos::v1::Value::TEXT ? &attribute.text().value() : nullptr};
  }
  return {};
}

// SCH-053
bool holds(const Constraint& constraint, const AgentInfo& agent) {
  const Found found = find(constraint, agent);
  if (constraint.test == Test::exists || !found.is_present) return found.is_present != constraint.negated;
  if (found.text == nullptr) return true;
  const bool same =
      constraint.test == Test::text_equals ? *found.text == constraint.text : constraint.pattern->matches(*found.text);
  return same != constraint.negated;
}

Result<> read_selector(const AttributeConstraint::Selector& selector, Constraint& constraint) {
  using Selector = AttributeConstraint::Selector;
  if (selector.selector_case() == Selector::kAttributeName) {
    constraint.attribute = selector.attribute_name();
    return {};
  }
  if (selector.selector_case() != Selector::kPseudoattributeType) return invalid("the selector is of an unknown kind");
  switch (selector.pseudoattribute_type()) {
    case Selector::HOSTNAME:
      constraint.fact = Fact::hostname;
      return {};
    case Selector::REGION:
      constraint.fact = Fact::region;
      return {};
    case Selector::ZONE:
      constraint.fact = Fact::zone;
      return {};
    default:
      return invalid("the selector has an unknown pseudo-attribute");
  }
}

Result<> read_pattern(const std::string& expression, const Pattern::Limits& limits, Constraint& constraint) {
  constraint.test = Test::text_matches;
  LET(Pattern pattern, Pattern::parse(expression, limits));
  constraint.pattern = std::move(pattern);
  return {};
}

Result<> read_predicate(const AttributeConstraint::Predicate& predicate, const Pattern::Limits& limits,
                        Constraint& constraint) {
  using Predicate = AttributeConstraint::Predicate;
  switch (predicate.predicate_case()) {
    case Predicate::kExists:
      return {};
    case Predicate::kNotExists:
      constraint.negated = true;
      return {};
    case Predicate::kTextEquals:
      constraint.test = Test::text_equals;
      constraint.text = predicate.text_equals().value();
      return {};
    case Predicate::kTextNotEquals:
      constraint.test = Test::text_equals;
      constraint.negated = true;
      constraint.text = predicate.text_not_equals().value();
      return {};
    case Predicate::kTextMatches:
      return read_pattern(predicate.text_matches().regex(), limits, constraint);
    case Predicate::kTextNotMatches:
      constraint.negated = true;
      return read_pattern(predicate.text_not_matches().regex(), limits, constraint);
    case Predicate::PREDICATE_NOT_SET:
      break;
  }
  return invalid("the predicate is of an unknown kind");
}

Result<std::vector<std::vector<Constraint>>> read_role(const OfferConstraints::RoleConstraints& of_role,
                                                       const Pattern::Limits& limits) {
  std::vector<std::vector<Constraint>> groups;
  if (of_role.groups().empty()) return invalid("there is no group of constraints");
  for (const auto& given : of_role.groups()) {
    if (given.attribute_constraints().empty()) return invalid("a group has no constraint");
    auto& group = groups.emplace_back();
    for (const AttributeConstraint& constraint : given.attribute_constraints()) {
      TRY(read_selector(constraint.selector(), group.emplace_back()));
      TRY(read_predicate(constraint.predicate(), limits, group.back()));
    }
  }
  return groups;
}

std::size_t count_of(const OfferConstraints& constraints) {
  std::size_t count = 0;
  for (const auto& [role, of_role] : constraints.role_constraints()) {
    for (const auto& group : of_role.groups()) count += static_cast<std::size_t>(group.attribute_constraints_size());
  }
  return count;
}

}  // namespace

Result<AgentConstraints> AgentConstraints::parse(const OfferConstraints& constraints,
                                                 const std::set<std::string>& roles, const Pattern::Limits& limits) {
  AgentConstraints result;
  if (const std::size_t count = count_of(constraints); count > count_max) {
    return invalid(fmt::format("Invalid offer constraints: there are {}, at most {} are allowed", count, count_max));
  }
  const std::map<std::string, OfferConstraints::RoleConstraints> in_order(constraints.role_constraints().begin(),
                                                                          constraints.role_constraints().end());
  for (const auto& [role, of_role] : in_order) {
    const std::string prefix = fmt::format("Invalid offer constraints for role '{}': ", role);
    if (!roles.contains(role)) return invalid(prefix + "the framework does not have this role");
    auto groups = read_role(of_role, limits);
    if (!groups) return invalid(prefix + groups.error().message);
    result.groups_.emplace(role, *std::move(groups));
  }
  return result;
}

bool AgentConstraints::admits(const std::string& role, const AgentInfo& agent) const {
  const auto groups = groups_.find(role);
  if (groups == groups_.end()) return true;
  return std::ranges::any_of(groups->second, [&agent](const Group& group) {
    return std::ranges::all_of(group, [&agent](const Constraint& constraint) { return holds(constraint, agent); });
  });
}

}  // namespace stoa::master
