// What the allocator shows of itself in metrics (ALC-250 to ALC-252).
#pragma once

#include "master/state.h"

namespace stoa::master {

// O(roles), and O(agents) if there are guarantees.
void put_allocator_gauges(const State& state, Snapshot& snapshot);

}  // namespace stoa::master
