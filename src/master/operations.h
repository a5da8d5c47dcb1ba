// The operations of an ACCEPT that change what resources are: RESERVE, UNRESERVE, CREATE, DESTROY, GROW_VOLUME and
// SHRINK_VOLUME. Each is checked, applied to the books at once, and sent to the agent in order with launches (SCH-169
// to SCH-184).
#pragma once

#include <string>

#include "master/pool.h"

namespace stoa::master {

// Carries out one operation, or refuses it with OPERATION_ERROR.
void apply_operation(Context& context, Framework& framework, const mesos::v1::Offer_Operation& operation, Pool& pool);

// No offer that is outstanding may hold what is destroyed (SCH-178). Only shared volumes are in several hands.
void rescind_destroyed(Context& context, Agent& agent, const model::Resources& volumes);

// Drops an operation. If it asked for feedback its framework is told `state`, a mesos::v1::OperationState (SCH-186,
// SCH-189).
void refuse_operation(Context& context, const Framework& framework, const mesos::v1::Offer_Operation& operation,
                      int state, const std::string& why);

}  // namespace stoa::master
