// Preemption carried out: what the allocator wants rescinded, announced and killed becomes messages (ALC-214 to
// ALC-217). The allocator decides; here is what the master knows of running work, and its voice.
#pragma once

#include "master/state.h"

namespace stoa::master {

// Part of every allocation. Costs nothing while nobody has declared a need.
void preempt(Context& context);

// What could be taken of an agent: work that is neither terminal nor being killed, and outstanding offers. Nothing for
// an agent that is not known. O(tasks and offers of the agent).
allocator::AgentLoad load_of(const State& state, const AgentId& id);

// The end of a task that was killed for another role says so (ALC-217).
void note_preemption(const Task& task, mesos::v1::TaskStatus& status);

}  // namespace stoa::master
