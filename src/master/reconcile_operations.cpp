// RECONCILE_OPERATIONS: what is known of operations. None with feedback is carried out by this version, so none is
// known, and the answer depends on the agent alone (SCH-196).
#include "master/calls.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using SchedulerEvent = mesos::v1::scheduler::Event;

struct Answer {
  mesos::v1::OperationState state;
  const char* message;
};

Answer answer_unknown(const State& state, const AgentId& agent) {
  if (state.recovered_agents.contains(agent)) {
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

}  // namespace

void on_reconcile_operations(Context& context, Framework& framework, const CallMessage& call) {
  for (const auto& asked : call->reconcile_operations().operations()) {
    const Answer answer = answer_unknown(context.state, AgentId(asked.agent_id().value()));
    auto event = std::make_shared<SchedulerEvent>();
    event->set_type(SchedulerEvent::UPDATE_OPERATION_STATUS);
    auto& status = *event->mutable_update_operation_status()->mutable_status();
    *status.mutable_operation_id() = asked.operation_id();
    status.set_state(answer.state);
    status.set_message(answer.message);
    if (asked.has_agent_id()) *status.mutable_agent_id() = asked.agent_id();
    if (asked.has_resource_provider_id()) *status.mutable_resource_provider_id() = asked.resource_provider_id();
    send(context, framework, std::move(event));
  }
}

}  // namespace stoa::master
