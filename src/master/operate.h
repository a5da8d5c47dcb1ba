// Operators' changes of what resources are: on what is in nobody's use, so offers give way to them (RES-100, OPR-130).
#pragma once

#include "master/state.h"

namespace stoa::master {

// Replies without a value once the operation is in the books and on its way to the agent. Fails with invalid_argument
// for an unknown agent or an operation that does not suit it, failed_precondition if what it needs is not free,
// unavailable while the agent is away.
void on_operate(Context& context, const Operate& event);

}  // namespace stoa::master
