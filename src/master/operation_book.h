// The master's book of operations: which are under way or not yet acknowledged, and what they make of the agents'
// resources (SCH-184 to SCH-197).
//
// An operation counts as done when it is accepted: an agent's total is what the agent has confirmed, with the pending
// operations applied in their order. When the agent says that one failed, it drops out of that sum, and with it all
// that was built on it (RES-105).
#pragma once

#include <string>

#include "master/state.h"

namespace stoa::master {

// Enters an operation as OPERATION_PENDING and sends it to its agent, whose total already reflects it. `framework` is
// null for an operator's.
void begin_operation(Context& context, Framework* framework, Agent& agent, const mesos::v1::Offer_Operation& info,
                     const model::Conversion& conversion);

// What an agent says when it registers is the truth: what it has, and which operations it knows. What it does not know
// is asked back with `ask_back`, once it is told that it is registered (SCH-192).
void put_registered(Context& context, Agent& agent, const link::ToMaster& registration);
void ask_back(Context& context, Agent& agent);

// The agent's resources changed without an operation of ours (RES-143).
void on_update_resources(Context& context, Agent& agent, const link::ToMaster& message);
// How an operation goes on or ended: told to its framework, or acknowledged in its place if it has none (SCH-077).
void on_update_operation(Context& context, Agent& agent, const link::ToMaster& message);

// All operations of an agent that goes away: each with an id is told `state` (SCH-194). Forgets them.
void lose_operations(Context& context, Agent& agent, int state, const std::string& why);
// Those of a framework that is removed continue without it; what has ended is acknowledged in its place (SCH-077).
void orphan_operations(Context& context, Framework& framework);

// A framework that is new to this master, and was not to another: what agents have told of its operations is its own
// again. O(agents and their operations).
void find_operations(Context& context, Framework& framework);

// Takes an operation out of the books (SCH-193).
void forget_operation(Context& context, Agent& agent, const OperationUuid& uuid);

// Sends UPDATE_OPERATION_STATUS, its resources in the form that the framework understands (SCH-197).
void tell_operation_status(Context& context, const Framework& framework, mesos::v1::OperationStatus status);

// The operation that the framework gave this id; null if none is known.
const Operation* find_operation(const State& state, const Framework& framework, const OperationId& id);

// True for states that never change (SCH-188).
bool is_terminal_operation(int state);

// The same for resources that nobody holds.
model::Conversion unallocated(const model::Conversion& conversion);

// What the agent has once all its pending operations are done, by what it has confirmed.
model::Resources expected_total(const Agent& agent);

}  // namespace stoa::master
