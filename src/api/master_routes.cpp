#include "api/explain.h"
#include "api/files/routes.h"
#include "api/operator/master_calls.h"
#include "api/operator/process_answers.h"
#include "api/routes.h"
#include "api/v0/routes.h"

namespace stoa::api {

void add_master_routes(http::Router& router, const MasterReadingSource& reading) {
  const auto context = [reading]() -> const ReadingContext& { return *reading().context; };
  v0::add_process_routes(router, context);
  v0::add_master_state_routes(router, reading);
  v0::add_master_command_routes(router, reading);
  v0::add_machine_routes(router, reading);
  v0::add_master_sharing_routes(router, reading);
  add_explain_routes(router, reading);
  add_file_routes(router, context, [reading](const FilesReady& ready) {
    ready(std::make_shared<const FileSpace>(master_files(*reading().context)));
  });
  router.add("/api/v1", http::Methods::any(), [reading](http::Request request, http::Responder responder) {
    handle_master_call(reading(), std::move(request), std::move(responder));
  });
}

}  // namespace stoa::api
