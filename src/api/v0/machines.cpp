// /machine/down and /machine/up: a JSON array of machines, whatever its Content-Type says (V0-082).
#include "api/answers.h"
#include "api/operator/master_calls.h"
#include "api/v0/routes.h"
#include "codec/json.h"
#include "codec/json_scanner.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api::v0 {
namespace {

using mesos::v1::master::Call;

Result<Call> call_of(const std::string& body, bool down) {
  codec::JsonScanner scanner(body, codec::json_depth_max);
  if (scanner.peek() != '[' || !scanner.skip() || !scanner.at_end()) {
    return invalid("Failed to convert JSON into machines: expecting an array");
  }
  Call call;
  // Both messages have one member, `machines`; the array is read as that.
  Call::StartMaintenance read;
  if (const auto done = codec::read_json(R"({"machines":)" + body + "}", read); !done) {
    return invalid("Failed to convert JSON into machines: " + done.error().message);
  }
  if (down) {
    call.set_type(Call::START_MAINTENANCE);
    call.mutable_start_maintenance()->Swap(&read);
  } else {
    call.set_type(Call::STOP_MAINTENANCE);
    call.mutable_stop_maintenance()->mutable_machines()->Swap(read.mutable_machines());
  }
  return call;
}

void handle(MasterReading& reading, const http::Request& request, bool down, http::Responder responder) {
  if (!reading.master.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
  if (request.method != "POST") return responder.respond(only_post(request.method));
  const auto call = call_of(request.body, down);
  if (!call) return responder.respond(refusal(call.error()));
  auto command = down ? start_maintenance(*call, request.principal) : stop_maintenance(*call, request.principal);
  carry_out(reading.master, std::move(command), 200, std::move(responder));
}

}  // namespace

void add_machine_routes(http::Router& router, const MasterReadingSource& reading) {
  for (const bool down : {true, false}) {
    router.add(down ? "/machine/down" : "/machine/up", http::Methods::any(),
               [reading, down](const http::Request& request, http::Responder responder) {
                 handle(reading(), request, down, std::move(responder));
               });
  }
}

}  // namespace stoa::api::v0
