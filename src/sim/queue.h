// Queue: virtual time. What is to happen waits here in the order of (time, number of its request), so that a run is a
// pure function of its seed: nothing else decides what happens first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace stoa::sim {

class Queue {
 public:
  using Action = std::function<void()>;

  const Now& now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }

  // In the past means now.
  void at(TimePoint when, Action action) {
    heap_.push_back({std::max(when, now_.steady), next_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  void after(Duration wait, Action action) { at(now_.steady + wait, std::move(action)); }

  // Moves to the next thing and does it, if it is not after `end`; else moves to `end`, and is false.
  bool step(TimePoint end) {
    if (heap_.empty() || heap_.front().when > end) {
      move_to(end);
      return false;
    }
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    move_to(entry.when);
    ++steps_;
    entry.action();
    return true;
  }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t number;
    Action action;
  };
  static bool later(const Entry& a, const Entry& b) { return a.when != b.when ? a.when > b.when : a.number > b.number; }
  void move_to(TimePoint when) {
    now_.wall += std::chrono::duration<double>(when - now_.steady).count();
    now_.steady = when;
  }

  Now now_{.steady = TimePoint(std::chrono::hours(1)), .wall = 1'700'000'000};
  std::uint64_t next_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace stoa::sim
