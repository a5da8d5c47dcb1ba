// The endpoints about sharing: /weights and /quota as older tools use them (V0-067, V0-068, V0-083), /role_priorities
// and what preemption did and would do (ALC-200, ALC-223).
#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>

#include "api/answers.h"
#include "api/operator/master_calls.h"
#include "api/v0/answer.h"
#include "api/v0/routes.h"
#include "api/v0/values.h"
#include "codec/json.h"
#include "codec/json_scanner.h"
#include "mesos/v1/master/master.pb.h"
#include "net/url.h"

namespace stoa::api::v0 {
namespace {

using mesos::v1::master::Call;

bool begins_with(const std::string& text, char bracket) {
  codec::JsonScanner scanner(text, codec::json_depth_max);
  return scanner.peek() == bracket && scanner.skip() && scanner.at_end();
}

// The body as the one member of a call, which must be an array or an object.
template <typename Message>
Result<> read_member(const std::string& body, char bracket, const std::string& before, const std::string& after,
                     Message& out) {
  if (!begins_with(body, bracket)) {
    return invalid(fmt::format("Failed to parse the request body as JSON: expecting {}",
                               bracket == '[' ? "an array" : "an object"));
  }
  const auto read = codec::read_json(before + body + after, out);
  if (!read) return invalid("Failed to parse the request body as JSON: " + read.error().message);
  return {};
}

std::string weights_shown(const master::Snapshot& state, const net::Query&, const ReadingContext&) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_array();
  for (const auto& [role, weight] : state.sharing->weights) {
    out.begin_object().key("weight").number(weight).key("role").string(role).end_object();
  }
  out.end_array();
  return text;
}

std::string quota_shown(const master::Snapshot& state, const net::Query&, const ReadingContext&) {
  if (state.sharing->quotas.empty()) return "{}";
  mesos::v1::quota::QuotaStatus status;
  put_quotas(state, status);
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object().key("infos").begin_array();
  for (const auto& info : status.infos()) {
    out.begin_object().key("role").string(info.role()).key("guarantee");
    write_full(out, resources_of(info.guarantee()));
    out.end_object();
  }
  out.end_array().key("configs").begin_array();
  for (const auto& config : status.configs()) out.message(config);
  out.end_array().end_object();
  return text;
}

std::string priorities_shown(const master::Snapshot& state, const net::Query&, const ReadingContext&) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_array();
  for (const auto& [role, priority] : state.sharing->priorities) {
    out.begin_object().key("role").string(role).key("priority").integer(priority).end_object();
  }
  out.end_array();
  return text;
}

std::string preemptions_shown(const master::Snapshot& state, const net::Query&, const ReadingContext&) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object().key("preemptions").begin_array();
  for (const auto& record : state.preemptions ? *state.preemptions : master::PreemptionLog()) {
    out.begin_object().key("time").number(record.at).key("role").string(record.role);
    out.key("framework_id").string(record.framework.value).key("resources").string(record.bundle);
    out.key("agent_id").string(record.agent.value).key("victims").begin_array();
    for (const auto& [framework, task] : record.victims) {
      out.begin_object().key("framework_id").string(framework.value).key("task_id").string(task.value).end_object();
    }
    out.end_array().end_object();
  }
  out.end_array().end_object();
  return text;
}

Result<Call> weights_of(const http::Request& request) {
  Call call;
  call.set_type(Call::UPDATE_WEIGHTS);
  TRY(read_member(request.body, '[', R"({"weight_infos":)", "}", *call.mutable_update_weights()));
  return call;
}

Result<Call> quota_of(const http::Request& request) {
  Call call;
  call.set_type(Call::SET_QUOTA);
  TRY(read_member(request.body, '{', R"({"quota_request":)", "}", *call.mutable_set_quota()));
  return call;
}

// The role is what follows, its slashes as they are or encoded.
Result<Call> quota_to_remove(const http::Request& request) {
  Call call;
  call.set_type(Call::REMOVE_QUOTA);
  constexpr std::string_view head = "/quota/";
  if (!request.path.starts_with(head)) return invalid("Expecting DELETE /quota/ROLE");
  LET(const std::string role, net::percent_decode(std::string_view(request.path).substr(head.size())));
  call.mutable_remove_quota()->set_role(role);
  return call;
}

// There is no message for this.
Result<master::OperatorCommand> priorities_of(const http::Request& request) {
  master::UpdatePriorities update;
  const auto wrong = [] { return invalid(R"(Expecting a JSON array of {"role": TEXT, "priority": INTEGER or null})"); };
  if (!begins_with(request.body, '[')) return wrong();
  google::protobuf::ListValue list;
  if (!google::protobuf::util::JsonStringToMessage(request.body, &list).ok()) return wrong();
  for (const auto& entry : list.values()) {
    const auto& fields = entry.struct_value().fields();
    const auto role = fields.find("role");
    const auto priority = fields.find("priority");
    if (role == fields.end() || !role->second.has_string_value() || priority == fields.end()) return wrong();
    const auto& value = priority->second;
    if (value.has_null_value()) {
      update.priorities[role->second.string_value()] = std::nullopt;
      continue;
    }
    const double number = value.number_value();
    if (!value.has_number_value() || number != std::trunc(number) || std::abs(number) > 1e9) return wrong();
    update.priorities[role->second.string_value()] = static_cast<std::int64_t>(number);
  }
  return update;
}

void change(MasterReading& reading, const http::Request& request, const Result<Call>& call, MakeCommand command,
            http::Responder responder) {
  if (!call) return responder.respond(refusal(call.error()));
  carry_out(reading.master, command(*call, request.principal), 200, std::move(responder));
}

using Read = std::string (*)(const master::Snapshot&, const net::Query&, const ReadingContext&);

}  // namespace

void add_master_sharing_routes(http::Router& router, const MasterReadingSource& reading) {
  const auto add = [&](const std::string& path, http::Methods methods, Read read, auto write) {
    router.add(path, std::move(methods), [reading, read, write](http::Request request, http::Responder responder) {
      if (request.method == "GET") {
        return answer_document(reading(), std::move(request), std::move(responder), Document<master::Snapshot>(read));
      }
      MasterReading& to = reading();
      if (!to.master.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
      write(to, request, std::move(responder));
    });
  };
  add("/weights", {"GET", "PUT"}, weights_shown,
      [](MasterReading& to, const http::Request& request, http::Responder responder) {
        change(to, request, weights_of(request), update_weights, std::move(responder));
      });
  add("/quota", {"GET", "POST", "DELETE"}, quota_shown,
      [](MasterReading& to, const http::Request& request, http::Responder responder) {
        if (request.method == "POST") return change(to, request, quota_of(request), set_quota, std::move(responder));
        change(to, request, quota_to_remove(request), remove_quota, std::move(responder));
      });
  add("/role_priorities", {"GET", "PUT"}, priorities_shown,
      [](MasterReading& to, const http::Request& request, http::Responder responder) {
        carry_out(to.master, priorities_of(request), 200, std::move(responder));
      });
  router.add("/preemptions", {"GET"}, [reading](http::Request request, http::Responder responder) {
    answer_document(reading(), std::move(request), std::move(responder), Document<master::Snapshot>(preemptions_shown));
  });
}

}  // namespace stoa::api::v0
