// The route groups of the older endpoints; routes.h adds them all.
#pragma once

#include "api/routes.h"

namespace stoa::api::v0 {

void add_master_state_routes(http::Router& router, const MasterReadingSource& reading);
// And /containerizer/debug (AGT-258).
void add_agent_state_routes(http::Router& router, const AgentReadingSource& reading);

// POST of forms: /teardown, /reserve, /unreserve, /create-volumes, /destroy-volumes. And /maintenance/schedule, which
// is read too, and /maintenance/status.
void add_master_command_routes(http::Router& router, const MasterReadingSource& reading);

// POST /machine/down and /machine/up.
void add_machine_routes(http::Router& router, const MasterReadingSource& reading);

// /weights, /quota, /role_priorities, each read and written, and /preemptions.
void add_master_sharing_routes(http::Router& router, const MasterReadingSource& reading);

using ContextSource = std::function<const ReadingContext&()>;
// /logging/toggle, by which both daemons log more for a while (V0-085, AGT-259). Added by the next.
void add_logging_route(http::Router& router, const ContextSource& context);
// /health, /version, /flags and the above: answered without a look at the state.
void add_process_routes(http::Router& router, const ContextSource& context);

}  // namespace stoa::api::v0
