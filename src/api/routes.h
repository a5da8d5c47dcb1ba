// All that reads: the older endpoints, files, metrics and the operator calls of both daemons, in one place for those
// who build a daemon.
//
// Routes are added to a router before the parts behind them exist (the parts need the address, the address the server,
// the server its routes), so each reaches them through a function that is called for every request.
#pragma once

#include <functional>
#include <memory>

#include "api/agent_port.h"
#include "api/master_port.h"
#include "api/reading_context.h"
#include "api/renderings.h"
#include "http/router.h"

namespace stoa::api {

// What the endpoints of a master read from. The port must outlive it and its pending answers.
struct MasterReading {
  MasterReading(MasterPort& port, ReadingContext with)
      : master(port),
        context(std::make_shared<const ReadingContext>(std::move(with))),
        renderings(std::make_shared<Renderings>(
            *context->loop,
            Renderings::Options{.running_max = context->renderings_max, .wait_max = context->rendering_wait})) {}

  MasterPort& master;
  std::shared_ptr<const ReadingContext> context;  // Shared with pending answers, as is the next.
  std::shared_ptr<Renderings> renderings;
};

struct AgentReading {
  AgentReading(AgentPort& port, ReadingContext with)
      : agent(port),
        context(std::make_shared<const ReadingContext>(std::move(with))),
        renderings(std::make_shared<Renderings>(
            *context->loop,
            Renderings::Options{.running_max = context->renderings_max, .wait_max = context->rendering_wait})) {}

  AgentPort& agent;
  std::shared_ptr<const ReadingContext> context;
  std::shared_ptr<Renderings> renderings;
};

using MasterReadingSource = std::function<MasterReading&()>;
using AgentReadingSource = std::function<AgentReading&()>;

// /state, /state-summary, /slaves, /frameworks, /tasks, /roles, /health, /version, /redirect, /flags,
// /metrics/snapshot, /files/*, each also with `.json` (V0-003), and /api/v1. The router's component prefix is
// `/master`, and `/metrics`, `/files` and `/version` are exempt from it (V0-002).
void add_master_routes(http::Router& router, const MasterReadingSource& reading);

// /state, /health, /version, /flags, /metrics/snapshot, /files/*, /containers, /monitor/statistics and /api/v1.
void add_agent_routes(http::Router& router, const AgentReadingSource& reading);

}  // namespace stoa::api
