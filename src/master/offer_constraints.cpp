#include "master/offer_constraints.h"

#include <fmt/format.h>

#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::scheduler::AttributeConstraint;
using mesos::v1::scheduler::OfferConstraints;

Result<> check_constraint(const AttributeConstraint& constraint) {
  switch (constraint.selector().selector_case()) {
    case AttributeConstraint::Selector::kAttributeName:
      break;
    case AttributeConstraint::Selector::kPseudoattributeType:
      if (constraint.selector().pseudoattribute_type() != AttributeConstraint::Selector::UNKNOWN) break;
      return invalid("the selector has an unknown pseudo-attribute");
    case AttributeConstraint::Selector::SELECTOR_NOT_SET:
      return invalid("the selector is of an unknown kind");
  }
  if (constraint.predicate().predicate_case() != AttributeConstraint::Predicate::PREDICATE_NOT_SET) return {};
  return invalid("the predicate is of an unknown kind");
}

Result<> check_role(const OfferConstraints::RoleConstraints& constraints) {
  if (constraints.groups().empty()) return invalid("there is no group of constraints");
  for (const auto& group : constraints.groups()) {
    if (group.attribute_constraints().empty()) return invalid("a group has no constraint");
    for (const AttributeConstraint& constraint : group.attribute_constraints()) TRY(check_constraint(constraint));
  }
  return {};
}

}  // namespace

Result<> validate_offer_constraints(const OfferConstraints& constraints, const std::set<std::string>& roles) {
  const std::map<std::string, OfferConstraints::RoleConstraints> in_order(constraints.role_constraints().begin(),
                                                                          constraints.role_constraints().end());
  for (const auto& [role, of_role] : in_order) {
    const std::string prefix = fmt::format("Invalid offer constraints for role '{}': ", role);
    if (!roles.contains(role)) return invalid(prefix + "the framework does not have this role");
    if (auto valid = check_role(of_role); !valid) return invalid(prefix + valid.error().message);
  }
  return {};
}

}  // namespace stoa::master
