#include "master/rate_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mesos/v1/mesos.pb.h"

namespace stoa::master {
namespace {

// No limit is slower than one call in 292 years.
constexpr double interval_max = 9.2e18;

Result<RateLimit> limit_of(double qps, const std::string& whose) {
  if (!std::isfinite(qps) || !(qps > 0)) {
    return invalid(fmt::format("The rate limit of {} has the qps {:g}: it must be greater than zero", whose, qps));
  }
  const double interval = std::clamp(std::ceil(1e9 / qps), 1.0, interval_max);
  return RateLimit{Duration(static_cast<std::int64_t>(interval)), std::nullopt};
}

}  // namespace

Result<RateLimits> rate_limits_of(const mesos::v1::RateLimits& message) {
  RateLimits limits;
  for (const auto& given : message.limits()) {
    const std::string whose = fmt::format("principal '{}'", given.principal());
    std::optional<RateLimit> limit;
    if (given.has_qps()) {
      LET(limit, limit_of(given.qps(), whose));
      if (given.has_capacity()) limit->capacity = given.capacity();
    }
    if (!limits.principals.emplace(given.principal(), limit).second) {
      return invalid(fmt::format("There are two rate limits of {}", whose));
    }
  }
  if (!message.has_aggregate_default_qps()) return limits;
  LET(limits.rest, limit_of(message.aggregate_default_qps(), "all others"));
  if (message.has_aggregate_default_capacity()) limits.rest->capacity = message.aggregate_default_capacity();
  return limits;
}

}  // namespace stoa::master
