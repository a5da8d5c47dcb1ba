// Completion: how a driver's thread tells those who wait that it is over, and why.
#pragma once

#include <chrono>
#include <condition_variable>
#include <expected>
#include <mutex>
#include <optional>

#include "stoa/failure.h"

namespace stoa::sdk {

using Ended = std::expected<void, Failure>;

class Completion {
 public:
  // The first one counts.
  void set(Ended ended) {
    {
      const std::lock_guard lock(mutex_);
      if (!ended_) ended_ = std::move(ended);
    }
    changed_.notify_all();
  }
  Ended wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_.has_value(); });
    return *ended_;
  }
  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return ended_.has_value(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Ended> ended_;
};

}  // namespace stoa::sdk
