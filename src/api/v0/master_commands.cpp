// The older endpoints that change something: forms, whatever their Content-Type says, each the same as one operator
// call (V0-080, V0-081).
#include <fmt/format.h>

#include "api/answers.h"
#include "api/operator/master_calls.h"
#include "api/v0/answer.h"
#include "api/v0/routes.h"
#include "codec/json.h"
#include "codec/json_scanner.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api::v0 {
namespace {

using mesos::v1::master::Call;
using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;
using Form = net::Query;

Result<std::string> field(const Form& form, const std::string& name) {
  const auto found = form.find(name);
  if (found == form.end()) return invalid(fmt::format("Missing '{}' query parameter in the request body", name));
  return found->second;
}

bool is_array(const std::string& text) {
  codec::JsonScanner scanner(text, codec::json_depth_max);
  return scanner.peek() == '[' && scanner.skip() && scanner.at_end();
}

// A JSON array of resources. It is read as the member of a message that has nothing else.
Result<> read_resources(const Form& form, const std::string& name, Messages& out) {
  LET(const std::string text, field(form, name));
  const auto why = [&name](std::string_view detail) {
    return invalid(fmt::format("Error in parsing '{}' query parameter in the request body: {}", name, detail));
  };
  if (!is_array(text)) return why("expecting a JSON array");
  Call::UnreserveResources read;
  if (const auto done = codec::read_json(R"({"agent_id":{"value":""},"resources":)" + text + "}", read); !done) {
    return why(done.error().message);
  }
  out.Swap(read.mutable_resources());
  return {};
}

Result<Call> teardown_of(const Form& form) {
  Call call;
  call.set_type(Call::TEARDOWN);
  LET(*call.mutable_teardown()->mutable_framework_id()->mutable_value(), field(form, "frameworkId"));
  return call;
}

Result<Call> reserve_of(const Form& form) {
  Call call;
  call.set_type(Call::RESERVE_RESOURCES);
  auto& reserve = *call.mutable_reserve_resources();
  LET(*reserve.mutable_agent_id()->mutable_value(), field(form, "slaveId"));
  TRY(read_resources(form, "resources", *reserve.mutable_resources()));
  if (form.contains("source")) TRY(read_resources(form, "source", *reserve.mutable_source()));
  return call;
}

Result<Call> unreserve_of(const Form& form) {
  Call call;
  call.set_type(Call::UNRESERVE_RESOURCES);
  auto& unreserve = *call.mutable_unreserve_resources();
  LET(*unreserve.mutable_agent_id()->mutable_value(), field(form, "slaveId"));
  TRY(read_resources(form, "resources", *unreserve.mutable_resources()));
  return call;
}

Result<Call> create_of(const Form& form) {
  Call call;
  call.set_type(Call::CREATE_VOLUMES);
  auto& create = *call.mutable_create_volumes();
  LET(*create.mutable_agent_id()->mutable_value(), field(form, "slaveId"));
  TRY(read_resources(form, "volumes", *create.mutable_volumes()));
  return call;
}

Result<Call> destroy_of(const Form& form) {
  Call call;
  call.set_type(Call::DESTROY_VOLUMES);
  auto& destroy = *call.mutable_destroy_volumes();
  LET(*destroy.mutable_agent_id()->mutable_value(), field(form, "slaveId"));
  TRY(read_resources(form, "volumes", *destroy.mutable_volumes()));
  return call;
}

// V0-082: the body is the schedule as JSON, whatever its Content-Type says.
Result<Call> schedule_of(const std::string& body) {
  Call call;
  call.set_type(Call::UPDATE_MAINTENANCE_SCHEDULE);
  auto& schedule = *call.mutable_update_maintenance_schedule()->mutable_schedule();
  if (const auto read = codec::read_json(body, schedule); !read) {
    return invalid("Failed to convert JSON into a maintenance schedule: " + read.error().message);
  }
  return call;
}

void replace_schedule(MasterReading& reading, const http::Request& request, http::Responder responder) {
  if (!reading.master.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
  const auto call = schedule_of(request.body);
  if (!call) return responder.respond(refusal(call.error()));
  carry_out(reading.master, update_maintenance_schedule(*call, request.principal), 200, std::move(responder));
}

std::string schedule_shown(const master::Snapshot& state, const net::Query&, const ReadingContext&) {
  return state.maintenance_schedule ? codec::to_json(*state.maintenance_schedule) : "{}";
}

std::string status_shown(const master::Snapshot& state, const net::Query&, const ReadingContext&) {
  return state.maintenance_status ? codec::to_json(*state.maintenance_status) : "{}";
}

struct Endpoint {
  const char* path;
  Result<Call> (*read)(const Form&);
  MakeCommand command;
  int success;
};

constexpr Endpoint endpoints[] = {
    {"/teardown", teardown_of, teardown, 200},
    {"/reserve", reserve_of, change_resources, 202},
    {"/unreserve", unreserve_of, change_resources, 202},
    {"/create-volumes", create_of, change_resources, 202},
    {"/destroy-volumes", destroy_of, change_resources, 202},
};

void handle(MasterReading& reading, const Endpoint& endpoint, const http::Request& request, http::Responder responder) {
  if (!reading.master.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
  if (request.method != "POST") return responder.respond(only_post(request.method));
  const auto form = net::parse_query(request.body);
  if (!form) return responder.respond(refusal(400, "Unable to decode query string: " + form.error().message));
  const auto call = endpoint.read(*form);
  if (!call) return responder.respond(refusal(call.error()));
  carry_out(reading.master, endpoint.command(*call, request.principal), endpoint.success, std::move(responder));
}

}  // namespace

void add_master_command_routes(http::Router& router, const MasterReadingSource& reading) {
  for (const Endpoint& endpoint : endpoints) {
    router.add(endpoint.path, http::Methods::any(),
               [reading, &endpoint](const http::Request& request, http::Responder responder) {
                 handle(reading(), endpoint, request, std::move(responder));
               });
  }
  router.add("/maintenance/schedule", {"GET", "POST"}, [reading](http::Request request, http::Responder responder) {
    if (request.method == "POST") return replace_schedule(reading(), request, std::move(responder));
    answer_document(reading(), std::move(request), std::move(responder), Document<master::Snapshot>(schedule_shown));
  });
  router.add("/maintenance/status", {"GET"}, [reading](http::Request request, http::Responder responder) {
    answer_document(reading(), std::move(request), std::move(responder), Document<master::Snapshot>(status_shown));
  });
}

}  // namespace stoa::api::v0
