#include "api/scheduler.h"

#include <fmt/format.h>

#include <array>

#include "api/decode.h"
#include "codec/arena.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "net/entropy.h"

namespace stoa::api {
namespace {

using mesos::v1::scheduler::Call;

// The member that each type needs (SCH-011).
struct Member {
  Call::Type type;
  const char* name;
  bool (Call::*present)() const;
};
constexpr std::array members{
    Member{Call::SUBSCRIBE, "subscribe", &Call::has_subscribe},
    Member{Call::ACCEPT, "accept", &Call::has_accept},
    Member{Call::DECLINE, "decline", &Call::has_decline},
    Member{Call::ACCEPT_INVERSE_OFFERS, "accept_inverse_offers", &Call::has_accept_inverse_offers},
    Member{Call::DECLINE_INVERSE_OFFERS, "decline_inverse_offers", &Call::has_decline_inverse_offers},
    Member{Call::KILL, "kill", &Call::has_kill},
    Member{Call::SHUTDOWN, "shutdown", &Call::has_shutdown},
    Member{Call::ACKNOWLEDGE, "acknowledge", &Call::has_acknowledge},
    Member{Call::ACKNOWLEDGE_OPERATION_STATUS, "acknowledge_operation_status", &Call::has_acknowledge_operation_status},
    Member{Call::RECONCILE, "reconcile", &Call::has_reconcile},
    Member{Call::RECONCILE_OPERATIONS, "reconcile_operations", &Call::has_reconcile_operations},
    Member{Call::MESSAGE, "message", &Call::has_message},
    Member{Call::REQUEST, "request", &Call::has_request},
    Member{Call::UPDATE_FRAMEWORK, "update_framework", &Call::has_update_framework},
};

Result<> check_member(const Call& call) {
  for (const Member& member : members) {
    if (member.type == call.type() && !(call.*member.present)()) {
      return invalid(fmt::format("Expecting '{}' to be present", member.name));
    }
  }
  return {};
}

Result<> check_principal(const mesos::v1::FrameworkInfo& info, const std::optional<std::string>& principal) {
  if (!principal || !info.has_principal() || info.principal() == *principal) return {};
  return invalid(fmt::format("Authenticated principal '{}' does not match principal '{}' set in `FrameworkInfo`",
                             *principal, info.principal()));
}

Result<> check_uuid(const std::string& bytes) {
  if (bytes.size() == 16) return {};
  return invalid(fmt::format("Malformed UUID: expecting 16 bytes, got {}", bytes.size()));
}

// Ids that are empty count as absent (HTTP-201).
Result<> validate_subscribe(const Call& call, const std::optional<std::string>& principal) {
  const std::string& outer = call.framework_id().value();
  const std::string& inner = call.subscribe().framework_info().id().value();
  if (outer != inner) return invalid("'framework_id' differs from 'subscribe.framework_info.id'");
  return check_principal(call.subscribe().framework_info(), principal);
}

// The answer's encoding for a stream. RecordIO as a type of its own names the records' encoding in a second header
// (HTTP-079).
struct StreamType {
  codec::MediaType answer;
  codec::MediaType records;
};

std::optional<StreamType> negotiate_stream(const http::Request& request) {
  const auto type = codec::negotiate_accept(header(request, "Accept"), {.record_io_allowed = true});
  if (!type) return std::nullopt;
  if (*type != codec::MediaType::record_io) return StreamType{*type, *type};
  const auto records = codec::negotiate_accept(header(request, "Message-Accept"));
  if (!records) return std::nullopt;
  return StreamType{*type, *records};
}

http::Response not_acceptable() {
  return refusal(406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'");
}

}  // namespace

Result<> validate_call(const Call& call, const std::optional<std::string>& principal) {
  if (!call.has_type()) return invalid("Expecting 'type' to be present");
  TRY(check_member(call));
  if (call.type() == Call::SUBSCRIBE) return validate_subscribe(call, principal);
  if (call.framework_id().value().empty()) return invalid("Expecting 'framework_id' to be present");
  switch (call.type()) {
    case Call::ACKNOWLEDGE:
      return check_uuid(call.acknowledge().uuid());
    case Call::ACKNOWLEDGE_OPERATION_STATUS:
      TRY(check_uuid(call.acknowledge_operation_status().uuid()));
      if (!call.acknowledge_operation_status().has_agent_id()) return invalid("Expecting 'agent_id' to be present");
      return {};
    case Call::UPDATE_FRAMEWORK:
      if (call.update_framework().framework_info().id().value() != call.framework_id().value()) {
        return invalid("'framework_id' differs from 'update_framework.framework_info.id'");
      }
      return check_principal(call.update_framework().framework_info(), principal);
    default:
      return {};
  }
}

void SchedulerApi::handle(http::Request request, http::Responder responder) {
  if (!master_.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
  if (request.method != "POST") return responder.respond(only_post(request.method));
  auto call = codec::make_in_arena<Call>();
  if (auto decoded = decode_call(request, *call); !decoded) return responder.respond(std::move(decoded).error());
  const std::optional<std::string> principal = request.principal;
  if (auto valid = validate_call(*call, principal); !valid) {
    return responder.respond(refusal(400, "Failed to validate scheduler::Call: " + valid.error().message));
  }
  if (call->type() == Call::SUBSCRIBE) return subscribe(request, std::move(call), std::move(responder));
  if (call->type() == Call::RECONCILE_OPERATIONS && !negotiate(request)) return responder.respond(not_acceptable());

  master::SchedulerCall event{{}, call, std::nullopt, principal};
  if (const auto stream_id = header(request, "Mesos-Stream-Id")) event.stream_id = std::string(*stream_id);
  auto answer = std::make_shared<http::Responder>(std::move(responder));
  // Only UPDATE_FRAMEWORK is finished when it is answered (SCH-007).
  const bool finished = call->type() == Call::UPDATE_FRAMEWORK;
  master_.call(std::move(event), [answer, finished](Result<> outcome) {
    answer->respond(!outcome ? refusal(outcome.error()) : finished ? done() : accepted());
  });
}

void SchedulerApi::subscribe(const http::Request& request, std::shared_ptr<const Call> call,
                             http::Responder responder) {
  const auto type = negotiate_stream(request);
  if (!type) return responder.respond(not_acceptable());
  if (header(request, "Mesos-Stream-Id")) {
    return responder.respond(refusal(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header"));
  }
  const std::string stream_id = net::random_uuid();
  http::Response head;
  head.status = 200;
  head.headers.set("Content-Type", std::string(codec::media_type_name(type->answer)));
  if (type->answer == codec::MediaType::record_io) {
    head.headers.set("Message-Content-Type", std::string(codec::media_type_name(type->records)));
  }
  head.headers.set("Mesos-Stream-Id", stream_id);
  auto stream = std::make_shared<EventStream>(loop_, responder.stream(std::move(head)), type->records);
  master_.subscribe(std::move(stream), master::Subscribe{{}, stream_id, std::move(call), request.principal});
}

}  // namespace stoa::api
