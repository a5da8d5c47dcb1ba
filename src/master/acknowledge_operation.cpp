// ACKNOWLEDGE_OPERATION_STATUS: a scheduler has seen how an operation went. The agent is told; after that of a terminal
// status the operation is forgotten, and its id may be used again (SCH-191, SCH-193).
#include <algorithm>

#include "master/calls.h"
#include "master/operation_book.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::scheduler::Call;

// The status that the call acknowledges. None if the agent, the operation or the status is not known.
const mesos::v1::OperationStatus* find_status(const State& state, const Framework& framework,
                                              const Call::AcknowledgeOperationStatus& call) {
  const Operation* operation = find_operation(state, framework, OperationId(call.operation_id().value()));
  if (operation == nullptr || operation->message->agent_id().value() != call.agent_id().value()) return nullptr;
  for (const auto& status : operation->message->statuses()) {
    if (status.has_uuid() && status.uuid().value() == call.uuid()) return &status;
  }
  return nullptr;
}

}  // namespace

void on_acknowledge_operation_status(Context& context, Framework& framework, const CallMessage& call) {
  Metrics& metrics = context.state.metrics;
  metrics.count("master/messages_operation_status_update_acknowledgement");
  const auto& acknowledge = call->acknowledge_operation_status();
  const auto* status = find_status(context.state, framework, acknowledge);
  const auto agent = context.state.agents.find(AgentId(acknowledge.agent_id().value()));
  if (status == nullptr || agent == context.state.agents.end() || !agent->second.connected()) {
    // If it is only away, the agent will send the status again.
    metrics.count("master/invalid_operation_status_update_acknowledgements");
    return;
  }
  metrics.count("master/valid_operation_status_update_acknowledgements");
  const OperationUuid uuid = framework.operations.at(OperationId(acknowledge.operation_id().value())).second;
  auto message = std::make_shared<link::ToAgent>();
  message->mutable_acknowledge_operation()->set_operation_uuid(uuid);
  message->mutable_acknowledge_operation()->set_status_uuid(acknowledge.uuid());
  send(context, agent->second, std::move(message));
  if (is_terminal_operation(status->state())) forget_operation(context, agent->second, uuid);
}

}  // namespace stoa::master
