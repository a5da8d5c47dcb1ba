// Flags whose values are messages of the wire, as JSON.
#pragma once

#include <string>

#include "base/result.h"
#include "proto/forward.h"

namespace stoa::daemon {

// `{"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}}` (AGT-025). Fails with invalid_argument.
Result<> parse_domain(const std::string& text, mesos::v1::DomainInfo& domain);

// `{"capabilities":[{"type":"MULTI_ROLE"},...]}`: without those that every master and framework counts on an agent is
// refused (AGT-007). Returns whether TASK_RESOURCE_LIMITS is among them. Fails with invalid_argument, naming what is
// missing or unknown.
Result<bool> parse_agent_features(const std::string& text);

}  // namespace stoa::daemon
