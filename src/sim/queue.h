// Queue: virtual time. What is to happen waits here in the order of (time, number of its request), so that a run is a
// pure function of its seed: nothing else decides what happens first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sim/action.h"

namespace stoa::sim {

class Queue {
 public:
  const Now& now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }

  // In the past means now.
  template <typename Function>
  void at(TimePoint when, Function function) {
    const std::uint32_t place = take_place();
    actions_[place].set(std::move(function));
    heap_.push_back({std::max(when, now_.steady), next_++, place});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  template <typename Function>
  void after(Duration wait, Function function) {
    at(now_.steady + wait, std::move(function));
  }

  // Moves to the next thing and does it, if it is not after `end`; else moves to `end`, and is false.
  bool step(TimePoint end) {
    if (heap_.empty() || heap_.front().when > end) {
      move_to(end);
      return false;
    }
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    move_to(entry.when);
    ++steps_;
    actions_[entry.place].run();
    actions_[entry.place].clear();
    unused_.push_back(entry.place);
    return true;
  }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t number;
    std::uint32_t place;  // Of its action.
  };
  static bool later(const Entry& a, const Entry& b) { return a.when != b.when ? a.when > b.when : a.number > b.number; }
  std::uint32_t take_place() {
    if (unused_.empty()) {
      actions_.emplace_back();
      return static_cast<std::uint32_t>(actions_.size() - 1);
    }
    const std::uint32_t place = unused_.back();
    unused_.pop_back();
    return place;
  }
  void move_to(TimePoint when) {
    now_.wall += std::chrono::duration<double>(when - now_.steady).count();
    now_.steady = when;
  }

  Now now_{.steady = TimePoint(std::chrono::hours(1)), .wall = 1'700'000'000};
  std::uint64_t next_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<Entry> heap_;
  std::deque<Action> actions_;  // Stay where they are while they run and add others.
  std::vector<std::uint32_t> unused_;
};

}  // namespace stoa::sim
