// Pacing decides when cycles run: one over all agents in each interval, always, and extra ones over the agents where
// something happened, merged and never closer together than a minimum (ALC-010 to ALC-014).
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace stoa::allocator {

class Pacing {
 public:
  Pacing(Duration interval, Duration interval_min) : interval_(interval), interval_min_(interval_min) {}

  // Asks for an extra cycle. Which agents it is for is kept by the caller.
  void request(TimePoint now) {
    const TimePoint due = last_.has_value() ? std::max(now, *last_ + interval_min_) : now;
    requested_ = requested_.has_value() ? std::min(*requested_, due) : due;
  }
  bool is_requested() const { return requested_.has_value(); }

  // When the next cycle of either kind is due. Before the first request, or start(), nothing is.
  std::optional<TimePoint> next() const {
    if (!requested_.has_value()) return periodic_;
    return periodic_.has_value() ? std::min(*requested_, *periodic_) : requested_;
  }

  enum class Due { nothing, extra, periodic };
  // What is due by `now`; it counts as run. The first cycle is periodic and starts the clock.
  Due take(TimePoint now) {
    const bool periodic = !periodic_.has_value() || *periodic_ <= now;
    if (!periodic && (!requested_.has_value() || *requested_ > now)) return Due::nothing;
    requested_.reset();
    last_ = now;
    if (!periodic) return Due::extra;
    // Late by more than one interval: skip what was missed.
    periodic_ = periodic_.has_value() && *periodic_ + interval_ > now ? *periodic_ + interval_ : now + interval_;
    return Due::periodic;
  }

 private:
  Duration interval_;
  Duration interval_min_;
  std::optional<TimePoint> requested_;
  std::optional<TimePoint> periodic_;
  std::optional<TimePoint> last_;
};

}  // namespace stoa::allocator
