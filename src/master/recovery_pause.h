// After a failover of a cluster with quotas, allocation waits until enough agents are back: what is promised cannot be
// told from what is free while most of the cluster is missing (ALC-240).
#pragma once

#include "master/state.h"

namespace stoa::master {

// The registry was read: waits if there is a quota and agents are expected back.
void begin_recovery_pause(Context& context);
// One of them registered again.
void note_agent_is_back(Context& context);
void end_recovery_pause(Context& context);

}  // namespace stoa::master
