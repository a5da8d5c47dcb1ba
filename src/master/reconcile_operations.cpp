// RECONCILE_OPERATIONS: what is known of a framework's operations (SCH-195, SCH-196).
#include <algorithm>

#include "master/calls.h"
#include "master/operation_book.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::OperationStatus;
using Asked = mesos::v1::scheduler::Call::ReconcileOperations::Operation;

struct Answer {
  mesos::v1::OperationState state;
  const char* message;
};

Answer answer_unknown(const State& state, const AgentId& agent) {
  if (state.recovered_agents.contains(agent) || state.registering_agents.contains(agent)) {
    return {mesos::v1::OPERATION_RECOVERING, "Reconciliation: Agent is recovering"};
  }
  if (state.unreachable_agents.contains(agent)) {
    return {mesos::v1::OPERATION_UNREACHABLE, "Reconciliation: Agent is unreachable"};
  }
  if (state.gone_agents.contains(agent)) {
    return {mesos::v1::OPERATION_GONE_BY_OPERATOR, "Reconciliation: Agent is gone"};
  }
  return {mesos::v1::OPERATION_UNKNOWN, "Reconciliation: Operation is unknown"};
}

// The latest status, which must not be acknowledged (SCH-195).
void tell_known(Context& context, const Framework& framework, const Operation& operation) {
  OperationStatus status = operation.message->latest_status();
  status.clear_uuid();
  *status.mutable_operation_id() = operation.message->info().id();
  *status.mutable_agent_id() = operation.message->agent_id();
  tell_operation_status(context, framework, std::move(status));
}

void tell_unknown(Context& context, const Framework& framework, const Asked& asked) {
  const Answer answer = answer_unknown(context.state, AgentId(asked.agent_id().value()));
  OperationStatus status;
  *status.mutable_operation_id() = asked.operation_id();
  status.set_state(answer.state);
  status.set_message(answer.message);
  if (asked.has_agent_id()) *status.mutable_agent_id() = asked.agent_id();
  if (asked.has_resource_provider_id()) *status.mutable_resource_provider_id() = asked.resource_provider_id();
  tell_operation_status(context, framework, std::move(status));
}

}  // namespace

void on_reconcile_operations(Context& context, Framework& framework, const CallMessage& call) {
  context.state.metrics.count("master/messages_reconcile_operations");
  for (const Asked& asked : call->reconcile_operations().operations()) {
    const Operation* known = find_operation(context.state, framework, OperationId(asked.operation_id().value()));
    if (known != nullptr) {
      tell_known(context, framework, *known);
    } else {
      tell_unknown(context, framework, asked);
    }
  }
  if (!call->reconcile_operations().operations().empty()) return;
  std::vector<const Operation*> known;
  for (const auto& [id, where] : framework.operations) {
    known.push_back(find_operation(context.state, framework, id));
  }
  std::ranges::sort(known, {}, &Operation::sequence);
  for (const Operation* operation : known) tell_known(context, framework, *operation);
}

}  // namespace stoa::master
