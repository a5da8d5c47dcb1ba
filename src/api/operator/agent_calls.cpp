#include "api/operator/agent_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <expected>

#include "api/answers.h"
#include "api/operator/container_ids.h"
#include "codec/arena.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/record_io.h"
#include "mesos/v1/agent/agent.pb.h"

namespace stoa::api {
namespace {

using codec::MediaType;
using mesos::v1::agent::Call;

constexpr std::size_t record_bytes_max = 64 << 20;  // HTTP-111

constexpr std::array kinds{
    AgentCallKind{.type = Call::GET_HEALTH, .answer = answer_agent_process},
    AgentCallKind{.type = Call::GET_FLAGS, .answer = answer_agent_process},
    AgentCallKind{.type = Call::GET_VERSION, .answer = answer_agent_process},
    AgentCallKind{.type = Call::GET_LOGGING_LEVEL, .answer = answer_agent_process},
    AgentCallKind{.type = Call::SET_LOGGING_LEVEL,
                  .member = "set_logging_level",
                  .has_member = &Call::has_set_logging_level,
                  .answer = set_agent_logging},
    AgentCallKind{.type = Call::GET_METRICS,
                  .member = "get_metrics",
                  .has_member = &Call::has_get_metrics,
                  .answer = answer_agent_process},
    AgentCallKind{.type = Call::LIST_FILES,
                  .member = "list_files",
                  .has_member = &Call::has_list_files,
                  .answer = answer_agent_files},
    AgentCallKind{.type = Call::READ_FILE,
                  .member = "read_file",
                  .has_member = &Call::has_read_file,
                  .answer = answer_agent_files},
    AgentCallKind{.type = Call::GET_STATE, .answer = answer_agent_state},
    AgentCallKind{.type = Call::GET_TASKS, .answer = answer_agent_state},
    AgentCallKind{.type = Call::GET_EXECUTORS, .answer = answer_agent_state},
    AgentCallKind{.type = Call::GET_FRAMEWORKS, .answer = answer_agent_state},
    AgentCallKind{.type = Call::GET_AGENT, .answer = answer_agent_state},
    AgentCallKind{.type = Call::GET_CONTAINERS, .answer = answer_agent_containers, .measures = true},
    AgentCallKind{.type = Call::GET_OPERATIONS, .answer = answer_agent_state},
    AgentCallKind{.type = Call::GET_RESOURCE_PROVIDERS, .answer = answer_agent_state},
    // Known, and not in this version.
    AgentCallKind{.type = Call::PRUNE_IMAGES},
    AgentCallKind{.type = Call::LAUNCH_NESTED_CONTAINER,
                  .member = "launch_nested_container",
                  .has_member = &Call::has_launch_nested_container},
    AgentCallKind{.type = Call::WAIT_NESTED_CONTAINER,
                  .member = "wait_nested_container",
                  .has_member = &Call::has_wait_nested_container},
    AgentCallKind{.type = Call::KILL_NESTED_CONTAINER,
                  .member = "kill_nested_container",
                  .has_member = &Call::has_kill_nested_container},
    AgentCallKind{.type = Call::REMOVE_NESTED_CONTAINER,
                  .member = "remove_nested_container",
                  .has_member = &Call::has_remove_nested_container},
    AgentCallKind{.type = Call::LAUNCH_NESTED_CONTAINER_SESSION,
                  .member = "launch_nested_container_session",
                  .has_member = &Call::has_launch_nested_container_session,
                  .streams_answer = true},
    AgentCallKind{.type = Call::ATTACH_CONTAINER_INPUT,
                  .member = "attach_container_input",
                  .has_member = &Call::has_attach_container_input,
                  .streams_request = true},
    AgentCallKind{.type = Call::ATTACH_CONTAINER_OUTPUT,
                  .member = "attach_container_output",
                  .has_member = &Call::has_attach_container_output,
                  .streams_answer = true},
    AgentCallKind{
        .type = Call::LAUNCH_CONTAINER, .member = "launch_container", .has_member = &Call::has_launch_container},
    AgentCallKind{.type = Call::WAIT_CONTAINER, .member = "wait_container", .has_member = &Call::has_wait_container},
    AgentCallKind{.type = Call::KILL_CONTAINER, .member = "kill_container", .has_member = &Call::has_kill_container},
    AgentCallKind{
        .type = Call::REMOVE_CONTAINER, .member = "remove_container", .has_member = &Call::has_remove_container},
    AgentCallKind{.type = Call::ADD_RESOURCE_PROVIDER_CONFIG,
                  .member = "add_resource_provider_config",
                  .has_member = &Call::has_add_resource_provider_config},
    AgentCallKind{.type = Call::UPDATE_RESOURCE_PROVIDER_CONFIG,
                  .member = "update_resource_provider_config",
                  .has_member = &Call::has_update_resource_provider_config},
    AgentCallKind{.type = Call::REMOVE_RESOURCE_PROVIDER_CONFIG,
                  .member = "remove_resource_provider_config",
                  .has_member = &Call::has_remove_resource_provider_config},
    AgentCallKind{.type = Call::MARK_RESOURCE_PROVIDER_GONE,
                  .member = "mark_resource_provider_gone",
                  .has_member = &Call::has_mark_resource_provider_gone},
};

// What the headers say about both bodies.
struct Media {
  MediaType request;   // record_io: a stream of calls.
  MediaType records;   // Of the request: the encoding of a call.
  MediaType answer;    // record_io: only a streaming answer will do.
  bool wants_records;  // `Message-Accept` is there and records are acceptable (AGT-224).
};

template <typename Value>
using OrAnswer = std::expected<Value, http::Response>;

std::unexpected<http::Response> refuse(int status, std::string message) {
  return std::unexpected(refusal(status, std::move(message)));
}

// The encoding of the calls in the body (HTTP-083, HTTP-104).
OrAnswer<MediaType> record_type(const http::Request& request, MediaType body) {
  const auto header = api::header(request, "Message-Content-Type");
  if (body != MediaType::record_io) {
    if (header) return refuse(415, "Expecting 'Message-Content-Type' to be not set for non-streaming requests");
    return body;
  }
  if (!header) return refuse(400, "Expecting 'Message-Content-Type' to be set for streaming requests");
  const auto type = codec::parse_media_type(*header);
  if (!type || *type == MediaType::record_io) {
    return refuse(415, "Expecting 'Message-Content-Type' of application/json or application/x-protobuf");
  }
  return *type;
}

constexpr const char* no_message_accept = "Expecting 'Message-Accept' to be not set for non-streaming responses";

OrAnswer<Media> negotiate_media(const http::Request& request) {
  Media media{};
  const auto type = codec::parse_content_type(header(request, "Content-Type"), {.record_io_allowed = true});
  if (!type) return refuse(type.error().code == Code::unimplemented ? 415 : 400, type.error().message);
  media.request = *type;
  auto records = record_type(request, *type);
  if (!records) return std::unexpected(std::move(records).error());
  media.records = *records;

  const auto accept = header(request, "Accept");
  const auto answer = codec::negotiate_accept(accept, {.record_io_allowed = true});
  if (!answer) {
    return refuse(406,
                  "Expecting 'Accept' to allow application/json or application/x-protobuf or application/recordio");
  }
  media.answer = *answer;
  const auto message_accept = header(request, "Message-Accept");
  media.wants_records = message_accept && codec::accepts(accept, "application/recordio");
  if (message_accept && !media.wants_records) return refuse(406, no_message_accept);
  if (media.answer == MediaType::record_io && !codec::negotiate_accept(message_accept)) {
    return refuse(406, "Expecting 'Message-Accept' to allow application/json or application/x-protobuf");
  }
  return media;
}

OrAnswer<std::string> first_record(const std::string& body) {
  codec::RecordReader reader(record_bytes_max);
  if (auto fed = reader.feed(body); !fed) return refuse(400, fed.error().message);
  while (auto record = reader.next()) {
    if (!record->empty()) return std::string(*record);  // Empty ones mean nothing (HTTP-097).
  }
  return refuse(400, "Received EOF while reading request body");
}

OrAnswer<std::shared_ptr<const Call>> decode(const http::Request& request, const Media& media) {
  std::string record;
  if (media.request == MediaType::record_io) {
    auto first = first_record(request.body);
    if (!first) return std::unexpected(std::move(first).error());
    record = *std::move(first);
  }
  const std::string_view bytes = media.request == MediaType::record_io ? record : request.body;
  auto call = codec::make_in_arena<Call>();
  if (media.records == MediaType::protobuf) {
    if (!codec::read_protobuf(bytes, *call)) return refuse(400, "Failed to parse body into a protobuf object");
    return call;
  }
  if (const auto read = codec::read_json(bytes, *call); !read) {
    const bool not_json = read.error().code == Code::malformed;
    return refuse(400, (not_json ? "Failed to parse body into JSON: " : "") + read.error().message);
  }
  return call;
}

// Whether such a body and such an answer go with this call (HTTP-082, HTTP-105, AGT-191, AGT-192).
std::optional<http::Response> mismatch(const AgentCallKind& kind, const Call& call, const Media& media) {
  const std::string& name = Call::Type_Name(call.type());
  const bool streamed = media.request == MediaType::record_io;
  if (streamed && !kind.streams_request) {
    return refusal(415, "Streaming 'Content-Type' application/recordio is not supported for " + name + " call");
  }
  if (!streamed && kind.streams_request) {
    return refusal(415, "Expecting 'Content-Type' to be application/recordio for " + name + " call");
  }
  if (kind.streams_answer) return std::nullopt;
  if (media.answer == MediaType::record_io) {
    return refusal(406, "Streaming response is not supported for " + name + " call");
  }
  if (media.wants_records) return refusal(406, no_message_accept);
  return std::nullopt;
}

// The container that a call is about; null if it is about none.
const mesos::v1::ContainerID* container_of(const Call& call) {
  switch (call.type()) {
    case Call::LAUNCH_NESTED_CONTAINER:
      return &call.launch_nested_container().container_id();
    case Call::WAIT_NESTED_CONTAINER:
      return &call.wait_nested_container().container_id();
    case Call::KILL_NESTED_CONTAINER:
      return &call.kill_nested_container().container_id();
    case Call::REMOVE_NESTED_CONTAINER:
      return &call.remove_nested_container().container_id();
    case Call::LAUNCH_NESTED_CONTAINER_SESSION:
      return &call.launch_nested_container_session().container_id();
    case Call::ATTACH_CONTAINER_OUTPUT:
      return &call.attach_container_output().container_id();
    case Call::LAUNCH_CONTAINER:
      return &call.launch_container().container_id();
    case Call::WAIT_CONTAINER:
      return &call.wait_container().container_id();
    case Call::KILL_CONTAINER:
      return &call.kill_container().container_id();
    case Call::REMOVE_CONTAINER:
      return &call.remove_container().container_id();
    default:
      return nullptr;
  }
}

void answer_call(AgentReading& reading, const AgentCallKind& kind, std::shared_ptr<const Call> call, MediaType encoding,
                 http::Responder responder) {
  std::string key = "/api/v1";
  key.append(1, '\0').append(codec::media_type_name(encoding)).append(codec::to_protobuf(*call));
  const auto render = [&agent = reading.agent, context = reading.context, &kind, call = std::move(call),
                       encoding](const Renderings::Done& done) {
    agent.snapshot([=, &kind](std::shared_ptr<const agent::Snapshot> state) {
      const auto answer = [=, &kind](std::shared_ptr<const ports::UsageSample> usage) {
        context->loop->post([=, &kind] {
          done(kind.answer(
              {.call = *call, .encoding = encoding, .context = *context, .state = *state, .usage = *usage}));
        });
      };
      if (kind.measures) return measure(*context, answer);
      answer(std::make_shared<const ports::UsageSample>());
    });
  };
  reading.renderings->answer(std::move(key), render, std::move(responder));
}

}  // namespace

const AgentCallKind* find_agent_call(int type) {
  const auto found = std::ranges::find(kinds, type, &AgentCallKind::type);
  return found == kinds.end() ? nullptr : &*found;
}

Result<> validate(const Call& call) {
  if (!call.has_type()) return invalid("Expecting 'type' to be present");
  const AgentCallKind* kind = find_agent_call(call.type());
  if (kind != nullptr && kind->member != nullptr && !(call.*kind->has_member)()) {
    return invalid(fmt::format("Expecting '{}' to be present", kind->member));
  }
  if (const mesos::v1::ContainerID* id = container_of(call)) {
    if (const auto valid = check_container_id(*id); !valid) {
      return invalid(fmt::format("'{}.container_id' is invalid: {}", kind->member, valid.error().message));
    }
  }
  return {};
}

void handle_agent_call(AgentReading& reading, http::Request request, http::Responder responder) {
  if (!reading.agent.recovered()) return responder.respond(refusal(503, "Agent has not finished recovery"));
  if (request.method != "POST") return responder.respond(only_post(request.method));
  const auto media = negotiate_media(request);
  if (!media) return responder.respond(media.error());
  auto call = decode(request, *media);
  if (!call) return responder.respond(std::move(call).error());
  if (const auto valid = validate(**call); !valid) {
    return responder.respond(refusal(400, "Failed to validate agent::Call: " + valid.error().message));
  }
  const AgentCallKind* kind = find_agent_call((*call)->type());
  if (kind == nullptr) return responder.respond(refusal(501, "501 Not Implemented."));
  if (auto refused = mismatch(*kind, **call, *media)) return responder.respond(*std::move(refused));
  if (kind->answer == nullptr) {
    return responder.respond(refusal(501, fmt::format("501 Not Implemented. This version does not have the call {}",
                                                      Call::Type_Name((*call)->type()))));
  }
  answer_call(reading, *kind, *std::move(call), media->answer, std::move(responder));
}

}  // namespace stoa::api
