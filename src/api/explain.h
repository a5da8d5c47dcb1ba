// GET /allocator/explain: why a framework is not being offered what it wants. POST /role_priorities/plan: what
// preemption would do (ALC-223).
#pragma once

#include "api/routes.h"

namespace stoa::api {

// `framework=ID` is needed; `agent=ID` asks about one agent only; of all, `limit` at a time (1000, at most 10000),
// those behind `after` by id.
void add_explain_routes(http::Router& router, const MasterReadingSource& reading);

}  // namespace stoa::api
