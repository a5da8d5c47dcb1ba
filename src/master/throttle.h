// Throttle: lets scheduler calls pass at the rate of their principal. What comes too fast waits in order, up to a
// limit; what finds no place is refused (SCH-263, SCH-264).
//
// A bucket of one token for each principal: it fills in 1 / qps, and a call takes it. The end of a stream waits behind
// the calls of its framework, so that it does not overtake them. SUBSCRIBE and heartbeats never come here (SCH-265).
#pragma once

#include "master/state.h"

namespace stoa::master {

// Carries out a call now or later, or refuses it with resource_exhausted.
void throttle(Context& context, const SchedulerCall& event);

// True if the notice waits for calls of its framework and is carried out after them.
bool throttle(Context& context, const StreamClosed& event);

// The next one of a limiter is due; `key` is the id of its timer.
void let_pass(Context& context, const std::string& key);

}  // namespace stoa::master
