// The operator calls of the master as a table: type to what it needs and what answers it. A new call is one file and
// one line.
#pragma once

#include <span>

#include "api/reading_context.h"
#include "api/routes.h"
#include "codec/media_type.h"
#include "http/message.h"
#include "http/responder.h"
#include "proto/forward.h"

namespace mesos::v1::quota {
class QuotaStatus;
}  // namespace mesos::v1::quota

namespace stoa::api {

// One accepted call: validated, its answer's encoding negotiated.
struct MasterRequest {
  const mesos::v1::master::Call& call;
  codec::MediaType encoding;
  const ReadingContext& context;
  std::uint64_t shared_reads = 0;
};

// What the core is to do. Fails with invalid_argument if the call makes no sense, whatever the state is.
using MakeCommand = Result<master::OperatorCommand> (*)(const mesos::v1::master::Call&,
                                                        const std::optional<std::string>& principal);

struct MasterCallKind {
  int type;
  const char* member = nullptr;  // That must be present; null if none must.
  bool (mesos::v1::master::Call::*has_member)() const = nullptr;
  // Exactly one of the three, or none: the call is known, and 501 here.
  http::Response (*at_once)(const MasterRequest&) = nullptr;
  http::Response (*from_state)(const MasterRequest&, const master::Snapshot&) = nullptr;
  MakeCommand command = nullptr;
  int success = 200;  // Of a command.
};

// Nothing for a type that is not known.
const MasterCallKind* find_master_call(int type);

// Fails with invalid_argument: "Expecting 'X' to be present" (OPR-011).
Result<> validate(const mesos::v1::master::Call& call);

// Of the process (process_calls.cpp).
http::Response get_health(const MasterRequest& request);
http::Response get_version(const MasterRequest& request);
http::Response get_flags(const MasterRequest& request);
http::Response get_logging_level(const MasterRequest& request);
http::Response set_logging_level(const MasterRequest& request);
http::Response list_files(const MasterRequest& request);
http::Response read_file(const MasterRequest& request);
// Of the cluster (state_calls.cpp).
http::Response get_metrics(const MasterRequest& request, const master::Snapshot& state);
http::Response get_master(const MasterRequest& request, const master::Snapshot& state);
http::Response get_state(const MasterRequest& request, const master::Snapshot& state);
http::Response get_agents(const MasterRequest& request, const master::Snapshot& state);
http::Response get_frameworks(const MasterRequest& request, const master::Snapshot& state);
http::Response get_tasks(const MasterRequest& request, const master::Snapshot& state);
http::Response get_executors(const MasterRequest& request, const master::Snapshot& state);
http::Response get_operations(const MasterRequest& request, const master::Snapshot& state);
http::Response get_maintenance_status(const MasterRequest& request, const master::Snapshot& state);
http::Response get_maintenance_schedule(const MasterRequest& request, const master::Snapshot& state);
http::Response get_roles(const MasterRequest& request, const master::Snapshot& state);

// Those that change something (commands.cpp, resource_commands.cpp).
Result<master::OperatorCommand> teardown(const mesos::v1::master::Call& call, const std::optional<std::string>&);
Result<master::OperatorCommand> mark_agent_gone(const mesos::v1::master::Call& call, const std::optional<std::string>&);
Result<master::OperatorCommand> change_resources(const mesos::v1::master::Call& call,
                                                 const std::optional<std::string>& principal);
Result<master::OperatorCommand> update_maintenance_schedule(const mesos::v1::master::Call& call,
                                                            const std::optional<std::string>&);
Result<master::OperatorCommand> start_maintenance(const mesos::v1::master::Call& call,
                                                  const std::optional<std::string>&);
Result<master::OperatorCommand> stop_maintenance(const mesos::v1::master::Call& call,
                                                 const std::optional<std::string>&);
// (agent_commands.cpp)
Result<master::OperatorCommand> drain_agent(const mesos::v1::master::Call& call, const std::optional<std::string>&);
Result<master::OperatorCommand> deactivate_agent(const mesos::v1::master::Call& call,
                                                 const std::optional<std::string>&);
Result<master::OperatorCommand> reactivate_agent(const mesos::v1::master::Call& call,
                                                 const std::optional<std::string>&);
// Those about sharing, and what they share with the older endpoints (sharing_calls.cpp).
http::Response get_weights(const MasterRequest& request, const master::Snapshot& state);
http::Response get_quota(const MasterRequest& request, const master::Snapshot& state);
void put_quotas(const master::Snapshot& state, mesos::v1::quota::QuotaStatus& status);
Result<master::OperatorCommand> update_weights(const mesos::v1::master::Call& call, const std::optional<std::string>&);
Result<master::OperatorCommand> update_quota(const mesos::v1::master::Call& call, const std::optional<std::string>&);
Result<master::OperatorCommand> set_quota(const mesos::v1::master::Call& call, const std::optional<std::string>&);
Result<master::OperatorCommand> remove_quota(const mesos::v1::master::Call& call, const std::optional<std::string>&);
// Hands a command to the core, and answers with its outcome: `success`, without a body.
void carry_out(MasterPort& master, Result<master::OperatorCommand> command, int success, http::Responder responder);

// POST /api/v1 (OPR-001, OPR-002).
void handle_master_call(MasterReading& reading, http::Request request, http::Responder responder);

}  // namespace stoa::api
