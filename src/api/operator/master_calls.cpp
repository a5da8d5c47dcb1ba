#include "api/operator/master_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/answers.h"
#include "api/decode.h"
#include "codec/arena.h"
#include "codec/protobuf.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::master::Call;

constexpr std::array kinds{
    MasterCallKind{.type = Call::GET_HEALTH, .at_once = get_health},
    MasterCallKind{.type = Call::GET_VERSION, .at_once = get_version},
    MasterCallKind{.type = Call::GET_FLAGS, .at_once = get_flags},
    MasterCallKind{.type = Call::GET_LOGGING_LEVEL, .at_once = get_logging_level},
    MasterCallKind{.type = Call::GET_METRICS,
                   .member = "get_metrics",
                   .has_member = &Call::has_get_metrics,
                   .from_state = get_metrics},
    MasterCallKind{
        .type = Call::LIST_FILES, .member = "list_files", .has_member = &Call::has_list_files, .at_once = list_files},
    MasterCallKind{
        .type = Call::READ_FILE, .member = "read_file", .has_member = &Call::has_read_file, .at_once = read_file},
    MasterCallKind{.type = Call::GET_MASTER, .from_state = get_master},
    MasterCallKind{.type = Call::GET_STATE, .from_state = get_state},
    MasterCallKind{.type = Call::GET_AGENTS, .from_state = get_agents},
    MasterCallKind{.type = Call::GET_FRAMEWORKS, .from_state = get_frameworks},
    MasterCallKind{.type = Call::GET_TASKS, .from_state = get_tasks},
    MasterCallKind{.type = Call::GET_EXECUTORS, .from_state = get_executors},
    MasterCallKind{.type = Call::GET_OPERATIONS, .from_state = get_operations},
    MasterCallKind{.type = Call::GET_ROLES, .from_state = get_roles},
    // Known, and not in this version.
    MasterCallKind{.type = Call::SUBSCRIBE},
    MasterCallKind{.type = Call::GET_WEIGHTS, .from_state = get_weights},
    MasterCallKind{.type = Call::GET_QUOTA, .from_state = get_quota},
    MasterCallKind{.type = Call::GET_MAINTENANCE_STATUS, .from_state = get_maintenance_status},
    MasterCallKind{.type = Call::GET_MAINTENANCE_SCHEDULE, .from_state = get_maintenance_schedule},
    MasterCallKind{.type = Call::SET_LOGGING_LEVEL,
                   .member = "set_logging_level",
                   .has_member = &Call::has_set_logging_level,
                   .at_once = set_logging_level},
    MasterCallKind{.type = Call::UPDATE_WEIGHTS,
                   .member = "update_weights",
                   .has_member = &Call::has_update_weights,
                   .command = update_weights},
    MasterCallKind{.type = Call::RESERVE_RESOURCES,
                   .member = "reserve_resources",
                   .has_member = &Call::has_reserve_resources,
                   .command = change_resources,
                   .success = 202},
    MasterCallKind{.type = Call::UNRESERVE_RESOURCES,
                   .member = "unreserve_resources",
                   .has_member = &Call::has_unreserve_resources,
                   .command = change_resources,
                   .success = 202},
    MasterCallKind{.type = Call::CREATE_VOLUMES,
                   .member = "create_volumes",
                   .has_member = &Call::has_create_volumes,
                   .command = change_resources,
                   .success = 202},
    MasterCallKind{.type = Call::DESTROY_VOLUMES,
                   .member = "destroy_volumes",
                   .has_member = &Call::has_destroy_volumes,
                   .command = change_resources,
                   .success = 202},
    MasterCallKind{.type = Call::GROW_VOLUME,
                   .member = "grow_volume",
                   .has_member = &Call::has_grow_volume,
                   .command = change_resources,
                   .success = 202},
    MasterCallKind{.type = Call::SHRINK_VOLUME,
                   .member = "shrink_volume",
                   .has_member = &Call::has_shrink_volume,
                   .command = change_resources,
                   .success = 202},
    MasterCallKind{.type = Call::UPDATE_MAINTENANCE_SCHEDULE,
                   .member = "update_maintenance_schedule",
                   .has_member = &Call::has_update_maintenance_schedule,
                   .command = update_maintenance_schedule},
    MasterCallKind{.type = Call::START_MAINTENANCE,
                   .member = "start_maintenance",
                   .has_member = &Call::has_start_maintenance,
                   .command = start_maintenance},
    MasterCallKind{.type = Call::STOP_MAINTENANCE,
                   .member = "stop_maintenance",
                   .has_member = &Call::has_stop_maintenance,
                   .command = stop_maintenance},
    MasterCallKind{.type = Call::DRAIN_AGENT,
                   .member = "drain_agent",
                   .has_member = &Call::has_drain_agent,
                   .command = drain_agent},
    MasterCallKind{.type = Call::DEACTIVATE_AGENT,
                   .member = "deactivate_agent",
                   .has_member = &Call::has_deactivate_agent,
                   .command = deactivate_agent},
    MasterCallKind{.type = Call::REACTIVATE_AGENT,
                   .member = "reactivate_agent",
                   .has_member = &Call::has_reactivate_agent,
                   .command = reactivate_agent},
    MasterCallKind{.type = Call::MARK_AGENT_GONE,
                   .member = "mark_agent_gone",
                   .has_member = &Call::has_mark_agent_gone,
                   .command = mark_agent_gone},
    MasterCallKind{.type = Call::UPDATE_QUOTA,
                   .member = "update_quota",
                   .has_member = &Call::has_update_quota,
                   .command = update_quota},
    MasterCallKind{
        .type = Call::SET_QUOTA, .member = "set_quota", .has_member = &Call::has_set_quota, .command = set_quota},
    MasterCallKind{.type = Call::REMOVE_QUOTA,
                   .member = "remove_quota",
                   .has_member = &Call::has_remove_quota,
                   .command = remove_quota},
    MasterCallKind{
        .type = Call::TEARDOWN, .member = "teardown", .has_member = &Call::has_teardown, .command = teardown},
};

http::Response not_here(const Call& call) {
  return refusal(
      501, fmt::format("501 Not Implemented. This version does not have the call {}", Call::Type_Name(call.type())));
}

// Calls of equal bytes have equal answers; the encoding is part of it.
void answer_from_state(MasterReading& reading, const MasterCallKind& kind, std::shared_ptr<const Call> call,
                       codec::MediaType encoding, http::Responder responder) {
  std::string key = "/api/v1";
  key.append(1, '\0').append(codec::media_type_name(encoding)).append(codec::to_protobuf(*call));
  const auto render = [&master = reading.master, context = reading.context, shared = reading.renderings->shared(),
                       answer = kind.from_state, call = std::move(call), encoding](const Renderings::Done& done) {
    master.snapshot([=](std::shared_ptr<const master::Snapshot> state) {
      context->loop->post([=, state = std::move(state)] {
        done(answer({.call = *call, .encoding = encoding, .context = *context, .shared_reads = shared}, *state));
      });
    });
  };
  reading.renderings->answer(std::move(key), render, std::move(responder));
}

}  // namespace

const MasterCallKind* find_master_call(int type) {
  const auto found = std::ranges::find(kinds, type, &MasterCallKind::type);
  return found == kinds.end() ? nullptr : &*found;
}

Result<> validate(const Call& call) {
  if (!call.has_type()) return invalid("Expecting 'type' to be present");
  const MasterCallKind* kind = find_master_call(call.type());
  if (kind != nullptr && kind->member != nullptr && !(call.*kind->has_member)()) {
    return invalid(fmt::format("Expecting '{}' to be present", kind->member));
  }
  return {};
}

void handle_master_call(MasterReading& reading, http::Request request, http::Responder responder) {
  if (!reading.master.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
  if (request.method != "POST") return responder.respond(only_post(request.method));
  auto call = codec::make_in_arena<Call>();
  if (auto decoded = decode_call(request, *call); !decoded) return responder.respond(std::move(decoded).error());
  if (const auto valid = validate(*call); !valid) {
    return responder.respond(refusal(400, "Failed to validate master::Call: " + valid.error().message));
  }
  const auto encoding = negotiate(request);
  if (!encoding) return responder.respond(encoding.error());
  const MasterCallKind* kind = find_master_call(call->type());
  if (kind == nullptr) return responder.respond(refusal(501, "501 Not Implemented."));
  if (kind->from_state != nullptr) {
    return answer_from_state(reading, *kind, std::move(call), *encoding, std::move(responder));
  }
  if (kind->command != nullptr) {
    return carry_out(reading.master, kind->command(*call, request.principal), kind->success, std::move(responder));
  }
  if (kind->at_once == nullptr) return responder.respond(not_here(*call));
  responder.respond(kind->at_once({.call = *call, .encoding = *encoding, .context = *reading.context}));
}

}  // namespace stoa::api
