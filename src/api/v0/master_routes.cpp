#include "api/admission.h"
#include "api/answers.h"
#include "api/metrics/metrics.h"
#include "api/v0/answer.h"
#include "api/v0/documents.h"
#include "api/v0/routes.h"
#include "base/time.h"

namespace stoa::api::v0 {
namespace {

using State = master::Snapshot;

void add_document(http::Router& router, const std::string& path, const MasterReadingSource& reading,
                  Document<State> document) {
  add_read(router, path, [reading, document = std::move(document)](http::Request request, http::Responder responder) {
    answer_document(reading(), std::move(request), std::move(responder), document);
  });
}

// To the leader's root, on the leader itself too (V0-012).
http::Response redirect(const ReadingContext& context) {
  if (context.leadership) return redirect_to(context.leadership(), "");
  return redirect_to({.mine = true, .leader = election::Member{{}, context.hostname, context.port}}, "");
}

}  // namespace

void add_process_routes(http::Router& router, const ContextSource& context) {
  add_logging_route(router, context);
  add_read(router, "/health", [context](const http::Request&, http::Responder responder) {
    // The process serves, whatever its trouble is: a restart would not help (AGT-044).
    const std::string trouble = context().trouble ? context().trouble() : "";
    responder.respond(trouble.empty() ? http::empty(200) : http::text(200, trouble + "\n"));
  });
  add_read(router, "/version", [context](const http::Request& request, http::Responder responder) {
    responder.respond(json_answer(version(context()), request.query, context()));
  });
  add_read(router, "/flags", [context](const http::Request& request, http::Responder responder) {
    responder.respond(json_answer(flags(context()), request.query, context()));
  });
}

void add_master_state_routes(http::Router& router, const MasterReadingSource& reading) {
  using Context = ReadingContext;
  add_document(router, "/state", reading, [](const State& state, const net::Query&, const Context& context) {
    return master_state(state, context);
  });
  add_document(router, "/state-summary", reading, [](const State& state, const net::Query&, const Context& context) {
    return state_summary(state, context);
  });
  add_document(router, "/slaves", reading,
               [](const State& state, const net::Query& query, const Context&) { return agents(state, query); });
  add_document(router, "/frameworks", reading,
               [](const State& state, const net::Query& query, const Context&) { return frameworks(state, query); });
  add_document(router, "/tasks", reading,
               [](const State& state, const net::Query& query, const Context&) { return tasks(state, query); });
  add_document(router, "/roles", reading,
               [](const State& state, const net::Query&, const Context& context) { return roles(state, context); });
  add_read(router, "/metrics/snapshot", [reading](http::Request request, http::Responder responder) {
    const auto timeout = request.query.find("timeout");
    if (timeout != request.query.end() && !parse_duration(timeout->second)) {
      return responder.respond(refusal(400, "Failed to parse timeout '" + timeout->second.substr(0, 64) + "'"));
    }
    MasterReading& from = reading();
    answer_document(
        from, std::move(request), std::move(responder),
        [shared = from.renderings->shared()](const State& state, const net::Query&, const Context& context) {
          return render_metrics(master_metrics(state, context, net::wall(), shared));
        },
        Needs::nothing);
  });
  router.add(
      "/redirect", {"GET", "POST"},
      [reading](const http::Request&, http::Responder responder) { responder.respond(redirect(*reading().context)); },
      {.streaming_content_type = {}, .takes_deeper_paths = false});
}

}  // namespace stoa::api::v0
