#include "api/agent_files.h"
#include "api/files/routes.h"
#include "api/operator/agent_calls.h"
#include "api/routes.h"
#include "api/v0/routes.h"

namespace stoa::api {

void add_agent_routes(http::Router& router, const AgentReadingSource& reading) {
  const auto context = [reading]() -> const ReadingContext& { return *reading().context; };
  v0::add_process_routes(router, context);
  v0::add_agent_state_routes(router, reading);
  add_file_routes(router, context, [reading](const FilesReady& ready) {
    reading().agent.snapshot([ready, shown = reading().context](const std::shared_ptr<const agent::Snapshot>& state) {
      ready(std::make_shared<const FileSpace>(agent_files(*state, *shown)));
    });
  });
  router.add("/api/v1", http::Methods::any(), [reading](http::Request request, http::Responder responder) {
    handle_agent_call(reading(), std::move(request), std::move(responder));
  });
}

}  // namespace stoa::api
