// Whether the content of a FrameworkInfo is admissible: one small function for each rule, in one table, in the order of
// the specification. SUBSCRIBE turns a refusal into an ERROR event, UPDATE_FRAMEWORK into a 400.
#pragma once

#include <set>
#include <string>

#include "base/result.h"
#include "master/capabilities.h"
#include "master/config.h"
#include "proto/forward.h"

namespace stoa::master {

// Fails with invalid_argument and a text that names the offending field (SCH-022 to SCH-035).
Result<> validate_framework_info(const mesos::v1::FrameworkInfo& info, const Config& config);

// The roles that a framework competes in: `roles` with MULTI_ROLE, else `role`, default `*`.
std::set<std::string> roles_of(const mesos::v1::FrameworkInfo& info);

// Every suppressed role is one of the framework's (SCH-049).
Result<> validate_suppressed(const std::set<std::string>& suppressed, const std::set<std::string>& roles);

}  // namespace stoa::master
