// What all parts of one simulated cluster share. The world owns it, and it outlives them.
#pragma once

#include <set>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/random.h"
#include "sim/counts.h"
#include "sim/laws.h"
#include "sim/network.h"
#include "sim/plan.h"
#include "sim/queue.h"
#include "sim/step_times.h"
#include "sim/trace.h"

namespace stoa::sim {

// How a run is watched; it is the same run however it is.
struct Watch {
  bool print = false;               // Every event and effect goes to stdout.
  StepTimes* step_times = nullptr;  // Of the master; outlives the run.
};

struct Environment {
  Environment(const Size& size, std::uint64_t seed, const Watch& watch)
      : watch(watch),
        random(seed),
        plan(draw_plan(size, random)),
        trace(queue, watch.print),
        network(plan, queue, random) {}
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Watch watch;
  Random random;
  Plan plan;
  Queue queue;
  Trace trace;
  Network network;
  Laws laws;
  Counts counts;
  // Machines by the ids under which they were registered, the present one and earlier ones.
  std::unordered_map<AgentId, std::size_t> machines;
  // Frameworks that have asked for their removal.
  std::set<FrameworkId> torn_down;
  // What the running step has touched, for the audit after it: machines by their number, agents in the master's books.
  std::vector<std::size_t> touched_machines;
  std::vector<AgentId> touched_agents;
};

}  // namespace stoa::sim
