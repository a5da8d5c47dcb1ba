#include "daemon/rate_limits_flag.h"

#include "codec/json.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::daemon {

Result<std::optional<master::RateLimits>> parse_rate_limits(const std::string& text) {
  if (text.empty()) return std::optional<master::RateLimits>();
  mesos::v1::RateLimits message;
  TRY(codec::read_json(text, message));
  LET(master::RateLimits limits, master::rate_limits_of(message));
  return std::optional(std::move(limits));
}

}  // namespace stoa::daemon
