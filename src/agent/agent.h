// Agent: the core of `stoa agent`. It decides what becomes of every task given to this machine: when it may start, what
// its framework is told, in which order and how often, and what is left of it after a crash.
//
// Pure: events in, effects out; no clock, no I/O, no thread. Every promise to the outside is made only after the record
// behind it is durable, so a life that ends between any two steps is continued by the next from the store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/config.h"
#include "agent/effects.h"
#include "agent/events.h"
#include "agent/snapshot.h"
#include "base/time.h"

namespace stoa::agent {

class Agent {
 public:
  // `seed` is the source of ids, of back-off and of jitter; two lives should not share one.
  Agent(Config config, std::uint64_t seed);
  ~Agent();
  Agent(Agent&&) noexcept;
  Agent& operator=(Agent&&) noexcept;

  // Applies one event and appends what the shell must do. Never blocks. The first event is Recovered. Same events and
  // times => same effects.
  void step(const Event& event, const Now& now, Effects& effects);

  // When a Tick is due at the latest. O(1).
  std::optional<TimePoint> next_wakeup() const;

  // Why the master does not register this agent yet; empty if it does, or has said nothing. Valid until the next step.
  const std::string& registration_refusal() const;

  // O(tasks), copies of pointers.
  Snapshot snapshot() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace stoa::agent
