// Agents that an operator marks gone: they never come back, and everybody may act on that (HA-114, SCH-244, SCH-245).
#pragma once

#include "master/state.h"

namespace stoa::master {

// Durable first; then finish_gone. The reply comes with the write. Fails with not_found if no such agent is known.
void on_mark_gone(Context& context, const MarkGone& event);
void finish_gone(Context& context, const MarkAgentGone& marked);

}  // namespace stoa::master
