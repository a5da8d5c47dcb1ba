// Verbosity: how much more than usual is logged, for a time (AGT-200, OPR-047).
#pragma once

#include <cstdint>
#include <mutex>

#include "base/time.h"

namespace stoa::log {

// Thread-safe.
class Verbosity {
 public:
  // From now on, until `until`; replaces what was set before.
  void set(std::uint32_t level, TimePoint until) {
    const std::lock_guard lock(mutex_);
    level_ = level;
    until_ = until;
  }
  // 0: as usual.
  std::uint32_t level(TimePoint now) const {
    const std::lock_guard lock(mutex_);
    return now < until_ ? level_ : 0;
  }

 private:
  mutable std::mutex mutex_;
  std::uint32_t level_ = 0;
  TimePoint until_;
};

}  // namespace stoa::log
