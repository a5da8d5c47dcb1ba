// What the operator decides about the rate of scheduler calls, by principal (SCH-261, SCH-262).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace mesos::v1 {
class RateLimits;
}  // namespace mesos::v1

namespace stoa::master {

struct RateLimit {
  Duration interval{};                    // Between two calls: 1 / qps. At least one nanosecond.
  std::optional<std::uint64_t> capacity;  // Calls that may wait; none: any number.
};

struct RateLimits {
  std::map<std::string, std::optional<RateLimit>> principals;  // Nothing: listed, and unlimited.
  std::optional<RateLimit> rest;                               // Shared by all others, the anonymous included.
};

// Fails with invalid_argument if a rate is not positive and finite, or a principal is named twice.
Result<RateLimits> rate_limits_of(const mesos::v1::RateLimits& message);

}  // namespace stoa::master
