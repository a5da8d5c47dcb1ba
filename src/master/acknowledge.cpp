// ACKNOWLEDGE: a scheduler has seen a status. The agent is told; a terminal status that is acknowledged ends the task's
// life in the books (SCH-220 to SCH-223).
#include "master/calls.h"
#include "master/send.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {

void on_acknowledge(Context& context, Framework& framework, const CallMessage& call) {
  Metrics& metrics = context.state.metrics;
  metrics.count("master/messages_status_update_acknowledgement");
  const auto& acknowledge = call->acknowledge();
  const auto agent = context.state.agents.find(AgentId(acknowledge.agent_id().value()));
  if (agent == context.state.agents.end() || !agent->second.connected()) {
    // The agent will send the status again when it is back.
    metrics.count("master/invalid_status_update_acknowledgements");
    return;
  }
  metrics.count("master/valid_status_update_acknowledgements");
  const TaskId id(acknowledge.task_id().value());
  if (const auto known = framework.tasks.find(id); known != framework.tasks.end()) {
    const mesos::v1::Task& task = *known->second.message;
    if (is_terminal(task.status_update_state()) && task.status_update_uuid() == acknowledge.uuid()) {
      complete_task(context, framework, id);
    }
  }
  auto message = std::make_shared<link::ToAgent>();
  auto& out = *message->mutable_acknowledge();
  out.mutable_framework_id()->set_value(framework.id.value);
  *out.mutable_task_id() = acknowledge.task_id();
  out.set_uuid(acknowledge.uuid());
  send(context, agent->second, std::move(message));
}

}  // namespace stoa::master
