// KILL: passed to the agent each time it is called, remembered while the agent is away (SCH-198 to SCH-204).
#include "master/calls.h"
#include "master/kill_message.h"
#include "master/send.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {

void on_kill(Context& context, Framework& framework, const CallMessage& call) {
  context.state.metrics.count("master/messages_kill_task");
  const auto& kill = call->kill();
  const TaskId id(kill.task_id().value());
  const auto known = framework.tasks.find(id);
  if (known == framework.tasks.end()) {
    std::optional<AgentId> agent;
    if (kill.has_agent_id()) agent = AgentId(kill.agent_id().value());
    reconcile_one(context, framework, id, agent);
    return;
  }
  Task& task = known->second;
  if (kill.has_agent_id() && kill.agent_id().value() != task.agent.value) {
    log_warning(context, "dropping KILL of task {} of framework {}: it is on agent {}, not {}", id.value,
                framework.id.value, task.agent.value, kill.agent_id().value());
    return;
  }
  if (is_terminal(task.message->state())) return;
  Agent& agent = context.state.agents.at(task.agent);
  if (!agent.connected()) {
    task.kill = call;
    return;
  }
  task.killing = true;
  send(context, agent, kill_message(framework.id, *call));
}

}  // namespace stoa::master
