// Master: the core of a leading master. It is told what happened and answers with what must be done.
//
// Pure: no clock, no I/O, no threads; the same events at the same times give the same effects, bit for bit. One thread
// runs it. Persist, then act: an effect that depends on a durable write comes only with the Persisted event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/time.h"
#include "master/config.h"
#include "master/effects.h"
#include "master/events.h"
#include "master/snapshot.h"

namespace stoa::master {

struct State;

class Master {
 public:
  // `seed` drives all chance in the core (order of agents in an allocation).
  Master(Config config, std::uint64_t seed);
  ~Master();

  // Applies one event and appends what the shell must do, in order. The first event is RegistryLoaded.
  void step(const Event& event, const Now& now, Effects& effects);

  // When to send a Tick at the latest. None: nothing to wait for.
  std::optional<TimePoint> next_wakeup() const;

  // True once the registry was read: from then on the APIs are open (HA-090).
  bool recovered() const;

  // One consistent instant for readers; to be taken on the core's thread. O(frameworks + agents), plus what changed
  // since the last one.
  Snapshot snapshot() const;

  // Which rule keeps a framework from being offered which agent. On the core's thread; O(agents asked about).
  allocator::Explained explain(const allocator::ExplainQuestion& question, const Now& now) const;
  // What preemption would do for a demand now (ALC-223). As above; O(agents and what runs on them).
  allocator::Plan plan(const FrameworkId& framework, const allocator::Demand& demand) const;

  // For simulation and tests: what must always hold inside. Fails with what is broken. O(everything); StepAudit checks
  // what a step has touched.
  Result<> audit() const;
  // For audits only.
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace stoa::master
