// What all parts of one simulated cluster share. The world owns it, and it outlives them.
#pragma once

#include "base/random.h"
#include "sim/laws.h"
#include "sim/network.h"
#include "sim/plan.h"
#include "sim/queue.h"
#include "sim/trace.h"

namespace stoa::sim {

struct Environment {
  Environment(const Size& size, std::uint64_t seed, bool print)
      : random(seed), plan(draw_plan(size, random)), trace(queue, print), network(plan, queue, random) {}
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Random random;
  Plan plan;
  Queue queue;
  Trace trace;
  Network network;
  Laws laws;
};

}  // namespace stoa::sim
