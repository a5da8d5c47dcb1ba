// The value of --rate_limits: JSON of mesos.v1.RateLimits (SCH-261).
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "master/rate_limits.h"

namespace stoa::daemon {

// Nothing for an empty text. Fails with malformed or invalid_argument and what is wrong.
Result<std::optional<master::RateLimits>> parse_rate_limits(const std::string& text);

}  // namespace stoa::daemon
