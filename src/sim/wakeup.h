// Wakeup: one pending alarm in the queue for a core, moved as the core's next_wakeup moves.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "sim/queue.h"

namespace stoa::sim {

class Wakeup {
 public:
  // `ring` runs at the time last set. `queue` must outlive this.
  Wakeup(Queue& queue, std::function<void()> ring)
      : queue_(queue), state_(std::make_shared<State>(State{.ring = std::move(ring)})) {}
  ~Wakeup() { state_->wanted.reset(); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void set(std::optional<TimePoint> when) {
    state_->wanted = when;
    if (when && (!state_->queued || *when < *state_->queued)) enqueue(queue_, state_);
  }

 private:
  struct State {
    std::function<void()> ring;
    std::optional<TimePoint> wanted;
    std::optional<TimePoint> queued;
    std::uint64_t newest = 0;
  };

  // An alarm that moved to a later time is queued again only when the earlier one rings: most are moved often.
  static void enqueue(Queue& queue, const std::shared_ptr<State>& state) {
    state->queued = std::max(*state->wanted, queue.now().steady);
    queue.at(*state->queued, [&queue, state, number = ++state->newest] {
      if (number != state->newest) return;
      state->queued.reset();
      if (!state->wanted) return;
      if (*state->wanted > queue.now().steady) return enqueue(queue, state);
      state->wanted.reset();
      state->ring();
    });
  }

  Queue& queue_;
  std::shared_ptr<State> state_;
};

}  // namespace stoa::sim
