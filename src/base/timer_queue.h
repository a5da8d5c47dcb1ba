// TimerQueue: the points in time a core waits for, one for each key. A core has no clock; it is told the time and asks
// the queue what became due.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/time.h"

namespace stoa {

template <typename Key>
class TimerQueue {
 public:
  // Sets the time of `key`, in place of an earlier one. O(log n).
  void set(const Key& key, TimePoint when) {
    cancel(key);
    times_.emplace(key, when);
    order_.emplace(when, key);
  }

  void cancel(const Key& key) {
    const auto found = times_.find(key);
    if (found == times_.end()) return;
    order_.erase({found->second, key});
    times_.erase(found);
  }

  bool contains(const Key& key) const { return times_.contains(key); }

  std::optional<TimePoint> next() const {
    if (order_.empty()) return std::nullopt;
    return order_.begin()->first;
  }

  // Takes out one key that is due at `now`, the earliest first.
  std::optional<Key> pop(TimePoint now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    Key key = order_.begin()->second;
    order_.erase(order_.begin());
    times_.erase(key);
    return key;
  }

 private:
  std::map<Key, TimePoint> times_;
  std::set<std::pair<TimePoint, Key>> order_;
};

}  // namespace stoa
