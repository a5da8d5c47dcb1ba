// Time as the cores see it: an argument, never a question to the system.
//
// Two clocks. Every timeout, interval and expiry uses the steady one, so that a jump of the wall clock triggers nothing
// (HA-150). Wall time appears only in time stamps that people and frameworks read.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa {

using Duration = std::chrono::nanoseconds;

// A clock that only ever goes forward. Its zero has no meaning.
struct SteadyClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock, Duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = SteadyClock::time_point;

// Seconds since the epoch, as time stamps carry it (HTTP-182).
using WallSeconds = double;

struct Now {
  TimePoint steady;
  WallSeconds wall = 0;
};

// Parses `1.5hrs`: a decimal number without sign and one of ns us ms secs mins hrs days weeks, or s m h d w
// (EXE-089, FE-124). Fails with invalid_argument on anything else, also on values beyond 292 years.
Result<Duration> parse_duration(std::string_view text);

// Prints in the largest unit not above the value, or in a lower one where that is needed for a whole number:
// `2secs`, `15mins`, `90secs`, `90mins` (EXE-089).
std::string format_duration(Duration duration);

// RFC 3339 with microseconds in UTC, for logs.
std::string format_wall(WallSeconds seconds);

}  // namespace stoa
