// Agents that operators want no offers from: deactivated, draining or drained (OPR-160 to OPR-166, AGT-189).
//
// A drain is a deactivation with an end: the agent kills its tasks, and when nothing is left that anybody waits for it
// is drained, or marked gone. What is wanted is kept for every agent that may come back, also over a change of leaders.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "master/state.h"

namespace stoa::master {

// Takes over what an earlier leader wrote. Fails with malformed.
Result<> load_deactivation(State& state, const AgentId& id, const std::string& bytes);

// An agent has registered: it is told again to drain, if it is to.
void resend_drain(Context& context, const Agent& agent);

// Begins to end the drains of agents of which nothing is left. O(agents that drain).
void end_drains(Context& context);

// Of an agent that will not come back: what is to be written for that, if anything.
std::optional<RegistryChange> forget_deactivation(State& state, const AgentId& id);

}  // namespace stoa::master
