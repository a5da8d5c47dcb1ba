// Operator calls that change something and need nothing but an id; and how every such call is answered.
#include "api/answers.h"
#include "api/operator/master_calls.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api {

using mesos::v1::master::Call;

Result<master::OperatorCommand> teardown(const Call& call, const std::optional<std::string>&) {
  return master::Teardown{{}, FrameworkId(call.teardown().framework_id().value())};
}

Result<master::OperatorCommand> mark_agent_gone(const Call& call, const std::optional<std::string>&) {
  return master::MarkGone{{}, AgentId(call.mark_agent_gone().agent_id().value())};
}

void carry_out(MasterPort& master, Result<master::OperatorCommand> command, int success, http::Responder responder) {
  if (!command) return responder.respond(refusal(command.error()));
  auto answer = std::make_shared<http::Responder>(std::move(responder));
  master.command(*std::move(command), [answer, success](const Result<>& outcome) {
    answer->respond(outcome ? http::empty(success) : refusal(outcome.error()));
  });
}

}  // namespace stoa::api
