#include "api/answers.h"
#include "api/metrics/metrics.h"
#include "api/v0/answer.h"
#include "api/v0/documents.h"
#include "api/v0/routes.h"
#include "base/time.h"

namespace stoa::api::v0 {
namespace {

using State = agent::Snapshot;
using Context = ReadingContext;

// `container_id` alone, `framework_id` alone, or `executor_id` with `framework_id` (V0-108).
bool is_filter(const net::Query& query) {
  const bool container = query.contains("container_id");
  const bool framework = query.contains("framework_id");
  const bool executor = query.contains("executor_id");
  return container ? !framework && !executor : framework || !executor;
}

// What is stuck, for an operator: so it is answered before recovery, too.
std::string pending_operations(const Context& context) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object().key("pending").begin_array();
  if (context.pending_operations) {
    for (const PendingOperation& pending : context.pending_operations()) {
      out.begin_object().key("operation").string(pending.operation);
      out.key("args").begin_object().key("containerId").string(pending.container).end_object();
      out.key("age_secs").number(std::chrono::duration<double>(pending.age).count()).end_object();
    }
  }
  out.end_array().end_object();
  return text;
}

}  // namespace

void add_agent_state_routes(http::Router& router, const AgentReadingSource& reading) {
  add_read(router, "/state", [reading](http::Request request, http::Responder responder) {
    answer_document(
        reading(), std::move(request), std::move(responder),
        [](const State& state, const net::Query&, const Context& context) { return agent_state(state, context); });
  });
  add_read(router, "/containers", [reading](http::Request request, http::Responder responder) {
    if (!is_filter(request.query)) {
      return responder.respond(
          refusal(400, "Expecting 'container_id', 'framework_id', or 'framework_id' and 'executor_id'"));
    }
    answer_measured(reading(), std::move(request), std::move(responder), agent_containers);
  });
  add_read(router, "/monitor/statistics", [reading](http::Request request, http::Responder responder) {
    answer_measured(reading(), std::move(request), std::move(responder),
                    [](const MeasuredAgent& agent, const net::Query&, const Context& context) {
                      return agent_statistics(agent, context);
                    });
  });
  add_read(router, "/containerizer/debug", [reading](const http::Request& request, http::Responder responder) {
    const Context& context = *reading().context;
    responder.respond(json_answer(pending_operations(context), request.query, context));
  });
  add_read(router, "/metrics/snapshot", [reading](http::Request request, http::Responder responder) {
    const auto timeout = request.query.find("timeout");
    if (timeout != request.query.end() && !parse_duration(timeout->second)) {
      return responder.respond(refusal(400, "Failed to parse timeout '" + timeout->second.substr(0, 64) + "'"));
    }
    answer_document(
        reading(), std::move(request), std::move(responder),
        [](const State& state, const net::Query&, const Context& context) {
          return render_metrics(agent_metrics(state, context, net::wall()));
        },
        Needs::nothing);
  });
}

}  // namespace stoa::api::v0
