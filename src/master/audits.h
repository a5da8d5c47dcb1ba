// The laws of single records. For Master::audit, which applies them to all, and StepAudit, which applies them to what a
// step has touched.
#pragma once

#include "master/state.h"

namespace stoa::master {

// The agent's tasks and offers are in the books of their frameworks too, make up what it has given away, and no more
// than it has; the allocator sees the same; and a timer watches over it. O(its tasks and offers).
Result<> audit_agent(const State& state, const Agent& agent);

// Its stream and its timers. O(1).
Result<> audit_framework(const State& state, const Framework& framework);

}  // namespace stoa::master
