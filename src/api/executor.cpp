#include "api/executor.h"

#include "agent/executor_status.h"
#include "api/decode.h"
#include "codec/arena.h"
#include "mesos/v1/executor/executor.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::executor::Call;

constexpr const char* not_recovered = "Agent has not finished recovery";

}  // namespace

Result<> validate_call(const Call& call) {
  if (!call.has_type()) return invalid("Expecting 'type' to be present");
  if (call.executor_id().value().empty()) return invalid("Expecting 'executor_id' to be present");
  if (call.framework_id().value().empty()) return invalid("Expecting 'framework_id' to be present");
  switch (call.type()) {
    case Call::SUBSCRIBE:
      // What it brings along is checked one by one, and never refuses the whole (EXE-037).
      return call.has_subscribe() ? Result<>() : invalid("Expecting 'subscribe' to be present");
    case Call::UPDATE:
      if (!call.has_update()) return invalid("Expecting 'update' to be present");
      return agent::check_executor_status(call, call.update().status());
    case Call::MESSAGE:
      return call.has_message() ? Result<>() : invalid("Expecting 'message' to be present");
    default:
      return {};
  }
}

void ExecutorApi::handle(http::Request request, http::Responder responder) {
  if (!agent_.recovered()) return responder.respond(refusal(503, not_recovered));
  if (request.method != "POST") return responder.respond(only_post(request.method));
  auto call = codec::make_in_arena<Call>();
  if (auto decoded = decode_call(request, *call); !decoded) return responder.respond(std::move(decoded).error());
  if (auto valid = validate_call(*call); !valid) {
    return responder.respond(refusal(400, "Failed to validate Executor::Call: " + valid.error().message));
  }
  if (call->type() == Call::SUBSCRIBE) return subscribe(request, std::move(call), std::move(responder));
  // Nobody is looked up for it: clients put in ids that do not exist (EXE-023).
  if (call->type() == Call::HEARTBEAT) return responder.respond(accepted());
  auto answer = std::make_shared<http::Responder>(std::move(responder));
  agent_.call({.call = std::move(call)},
              [answer](const Result<>& outcome) { answer->respond(outcome ? accepted() : refusal(outcome.error())); });
}

void ExecutorApi::subscribe(const http::Request& request, std::shared_ptr<const Call> call, http::Responder responder) {
  const auto type = negotiate(request);
  if (!type) return responder.respond(type.error());
  auto answer = std::make_shared<http::Responder>(std::move(responder));
  agent_.subscribe({.call = std::move(call)},
                   [this, answer, type = *type](const Result<>& outcome) -> std::shared_ptr<EventStream> {
                     if (!outcome) {
                       answer->respond(refusal(outcome.error()));
                       return nullptr;
                     }
                     http::Response head;
                     head.status = 200;
                     head.headers.set("Content-Type", std::string(codec::media_type_name(type)));
                     return std::make_shared<EventStream>(loop_, answer->stream(std::move(head)), type);
                   });
}

}  // namespace stoa::api
