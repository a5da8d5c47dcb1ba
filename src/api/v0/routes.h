// The route groups of the older endpoints; routes.h adds them all.
#pragma once

#include "api/routes.h"

namespace stoa::api::v0 {

void add_master_state_routes(http::Router& router, const MasterReadingSource& reading);
void add_agent_state_routes(http::Router& router, const AgentReadingSource& reading);

// POST of forms: /teardown, /reserve, /unreserve, /create-volumes, /destroy-volumes. And /maintenance/schedule, which
// is read too, and /maintenance/status.
void add_master_command_routes(http::Router& router, const MasterReadingSource& reading);

// /health, /version, /flags: answered without a look at the state.
using ContextSource = std::function<const ReadingContext&()>;
void add_process_routes(http::Router& router, const ContextSource& context);

}  // namespace stoa::api::v0
