// Backoff: how long to wait before the next attempt. Random between nothing and a limit that doubles, so that thousands
// that lost the same master do not return in step (SCH-259).
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace stoa::sdk {

class Backoff {
 public:
  struct Limits {
    Duration first;
    Duration most;
  };
  Backoff(Limits limits, std::uint64_t seed) : limits_(limits), limit_(limits.first), random_(seed) {}

  // At most `first` after a success, then twice as much each time up to `most`.
  Duration next();
  void succeeded() { limit_ = limits_.first; }

 private:
  Limits limits_;
  Duration limit_;
  Random random_;
};

}  // namespace stoa::sdk
