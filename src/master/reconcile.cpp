// RECONCILE: what is true of a framework's tasks, as far as it is known. Silence is an answer: a wrong one would make
// schedulers start duplicates while agents are still on their way back (SCH-229 to SCH-237).
#include <algorithm>

#include "master/calls.h"
#include "master/send.h"
#include "master/statuses.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::TaskStatus;

// The state of the last update forwarded, else the current one (SCH-231).
void tell_known(Context& context, const Framework& framework, const TaskId& id, const mesos::v1::Task& task) {
  StatusFacts facts{id, task.has_status_update_state() ? task.status_update_state() : task.state(),
                    TaskStatus::REASON_RECONCILIATION, "Reconciliation: Latest task state"};
  facts.agent = AgentId(task.agent_id().value());
  TaskStatus status = make_status(context, framework, facts);
  if (task.has_executor_id()) *status.mutable_executor_id() = task.executor_id();
  if (!task.statuses().empty()) {
    const TaskStatus& last = *task.statuses().rbegin();
    if (last.has_healthy()) status.set_healthy(last.healthy());
    if (last.has_check_status()) *status.mutable_check_status() = last.check_status();
    if (last.has_unreachable_time()) *status.mutable_unreachable_time() = last.unreachable_time();
    if (last.has_container_status()) *status.mutable_container_status() = last.container_status();
  }
  count_status(context.state.metrics, status);
  send_update(context, framework, status);
}

struct Answer {
  int state;
  const char* message;
};

// The answer for a task that is not known, by the rows of SCH-232. None: not known yet, no answer.
std::optional<Answer> answer_unknown(const State& state, const std::optional<AgentId>& agent) {
  if (!agent) {
    if (!state.recovered_agents.empty()) return std::nullopt;
    return Answer{mesos::v1::TASK_UNKNOWN, "Reconciliation: Task is unknown"};
  }
  if (state.recovered_agents.contains(*agent) || state.registering_agents.contains(*agent)) return std::nullopt;
  if (state.agents.contains(*agent)) {
    return Answer{mesos::v1::TASK_GONE, "Reconciliation: Task is unknown to the agent"};
  }
  if (state.unreachable_agents.contains(*agent)) {
    return Answer{mesos::v1::TASK_UNREACHABLE, "Reconciliation: Task is unreachable"};
  }
  if (state.gone_agents.contains(*agent)) {
    return Answer{mesos::v1::TASK_GONE_BY_OPERATOR, "Reconciliation: Task is gone"};
  }
  return Answer{mesos::v1::TASK_UNKNOWN, "Reconciliation: Task is unknown"};
}

}  // namespace

void reconcile_one(Context& context, const Framework& framework, const TaskId& id,
                   const std::optional<AgentId>& agent) {
  State& state = context.state;
  if (const auto known = framework.tasks.find(id); known != framework.tasks.end()) {
    tell_known(context, framework, id, *known->second.message);
    return;
  }
  std::optional<AgentId> asked = agent;
  if (!asked) {
    // A remembered unreachable task has an agent, named or not (SCH-235).
    const auto lost = framework.unreachable.find(id);
    if (lost != framework.unreachable.end()) asked = AgentId(lost->second->agent_id().value());
  }
  const std::optional<Answer> answer = answer_unknown(state, asked);
  if (!answer) return;
  StatusFacts facts{id, answer->state, TaskStatus::REASON_RECONCILIATION, answer->message};
  facts.agent = asked;
  if (answer->state == mesos::v1::TASK_UNREACHABLE) facts.unreachable_time = state.unreachable_agents.at(*asked);
  tell_status(context, framework, facts);
}

void on_reconcile(Context& context, Framework& framework, const CallMessage& call) {
  context.state.metrics.count("master/messages_reconcile_tasks");
  if (!call->reconcile().tasks().empty()) {
    for (const auto& task : call->reconcile().tasks()) {
      std::optional<AgentId> agent;
      if (task.has_agent_id()) agent = AgentId(task.agent_id().value());
      reconcile_one(context, framework, TaskId(task.task_id().value()), agent);
    }
    return;
  }
  std::vector<std::pair<std::uint64_t, TaskId>> known;
  for (const auto& [id, task] : framework.tasks) known.emplace_back(task.sequence, id);
  std::ranges::sort(known);
  for (const auto& [sequence, id] : known) tell_known(context, framework, id, *framework.tasks.at(id).message);
}

}  // namespace stoa::master
