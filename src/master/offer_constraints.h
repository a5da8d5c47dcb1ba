// Whether offer constraints say something that can be evaluated (SCH-050, SCH-051).
#pragma once

#include <set>
#include <string>

#include "base/result.h"

namespace mesos::v1::scheduler {
class OfferConstraints;
}  // namespace mesos::v1::scheduler

namespace stoa::master {

// Fails with invalid_argument and a text that names the role. `roles` are the framework's.
Result<> validate_offer_constraints(const mesos::v1::scheduler::OfferConstraints& constraints,
                                    const std::set<std::string>& roles);

}  // namespace stoa::master
