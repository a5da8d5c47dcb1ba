// The operator calls of the agent as a table: type to what it needs and what answers it.
#pragma once

#include "api/reading_context.h"
#include "api/routes.h"
#include "api/statistics.h"
#include "codec/media_type.h"
#include "http/message.h"
#include "http/responder.h"
#include "proto/forward.h"

namespace stoa::api {

// One accepted call: validated, its answer's encoding negotiated, and the state at this instant.
struct AgentRequest {
  const mesos::v1::agent::Call& call;
  codec::MediaType encoding;
  const ReadingContext& context;
  const agent::Snapshot& state;
  const ports::UsageSample& usage;  // Empty unless the call `measures`.
};

struct AgentCallKind {
  int type;
  const char* member = nullptr;  // That must be present; null if none must.
  bool (mesos::v1::agent::Call::*has_member)() const = nullptr;
  http::Response (*answer)(const AgentRequest&) = nullptr;  // Null: the call is known, and 501 here.
  bool streams_answer = false;                              // May answer with records (AGT-192).
  bool measures = false;                                    // Shows what containers use.
  bool streams_request = false;                             // Comes as records only (AGT-191).
};

// Nothing for a type that is not known.
const AgentCallKind* find_agent_call(int type);

// Fails with invalid_argument: "Expecting 'X' to be present".
Result<> validate(const mesos::v1::agent::Call& call);

// One for each call; each fills its own member of the answer.
http::Response answer_agent_process(const AgentRequest& request);  // GET_HEALTH, GET_VERSION, GET_FLAGS, ...
http::Response set_agent_logging(const AgentRequest& request);     // SET_LOGGING_LEVEL
http::Response answer_agent_files(const AgentRequest& request);    // LIST_FILES, READ_FILE
http::Response answer_agent_containers(const AgentRequest& request);
http::Response answer_agent_state(const AgentRequest& request);  // GET_STATE, GET_TASKS, GET_EXECUTORS, ...

// POST /api/v1 (AGT-190). All headers of media types are checked before the body is read (HTTP-046).
void handle_agent_call(AgentReading& reading, http::Request request, http::Responder responder);

}  // namespace stoa::api
