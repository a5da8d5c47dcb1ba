// Agents that an operator marks gone: they never come back, and everybody may act on that (HA-114, SCH-244, SCH-245).
#pragma once

#include <optional>

#include "base/result.h"
#include "master/state.h"

namespace stoa::master {

// Durable first; then finish_gone. The reply comes with the write. Fails with not_found if no such agent is known.
void on_mark_gone(Context& context, const MarkGone& event);
// The same for an agent that is known and not gone yet. Fails with not_found or unavailable.
Result<> begin_gone(Context& context, const AgentId& id, std::optional<ReplyNumber> reply);
void finish_gone(Context& context, const MarkAgentGone& marked);

}  // namespace stoa::master
