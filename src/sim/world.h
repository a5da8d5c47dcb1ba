// World: one run of one cluster from one seed: a busy time with failures, then a time in which everything heals, then
// rest. The real cores in a virtual world; the same seed gives the same run, bit for bit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/agent_host.h"
#include "sim/audit.h"
#include "sim/environment.h"
#include "sim/master_host.h"
#include "sim/scheduler.h"

namespace stoa::sim {

struct Outcome {
  std::optional<Violation> violation;
  std::uint64_t hash = 0;  // Of every event and effect.
  std::uint64_t steps = 0;
  double seconds = 0;  // Virtual time at the end.
  std::uint64_t messages = 0;
  std::uint64_t launched = 0;
  std::uint64_t ended = 0;
  std::uint64_t updates = 0;
  std::uint64_t failures = 0;  // Injected.
  Counts counts;
  MasterHost::Weight master;  // Only if steps are measured.
};

class World {
 public:
  World(const Size& size, std::uint64_t seed, const Watch& watch = {});
  ~World();

  // To the end, or to the first broken law.
  Outcome run();
  const Trace& trace() const { return environment_.trace; }

 private:
  friend struct Saboteur;  // Tests of the laws break things behind their owners' backs.
  void start();
  void advance_until(TimePoint end);
  // Fails something of a kind again and again until the quiet time, `mean` apart.
  void arm(Duration mean, void (World::*fail)());
  void fail_link();
  void fail_agent();
  void fail_master();
  void fail_scheduler();
  Duration draw_absence();

  Environment environment_;
  MasterHost master_;
  std::vector<std::unique_ptr<AgentHost>> agents_;
  std::vector<std::unique_ptr<Scheduler>> schedulers_;
  Cluster cluster_{environment_, master_, agents_, schedulers_};
  bool busy_ = true;
  std::uint64_t failures_ = 0;
  std::uint64_t audit_interval_;  // In steps.
  std::uint64_t next_audit_ = 0;
};

}  // namespace stoa::sim
