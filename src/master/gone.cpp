#include "master/gone.h"

#include "master/agents.h"
#include "master/deactivation.h"
#include "master/operation_book.h"
#include "master/send.h"
#include "master/tasks.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::TaskStatus;

constexpr const char* why = "Agent has been marked gone";

// What the registry says of the agent, if it is none that goes through a change just now.
Result<std::shared_ptr<const mesos::v1::AgentInfo>> find_settled(State& state, const AgentId& id) {
  const Error changing{Code::unavailable, fmt::format("Agent '{}' is being registered, marked or removed", id.value)};
  if (state.registering_agents.contains(id)) return std::unexpected(changing);
  if (const auto known = state.agents.find(id); known != state.agents.end()) {
    if (known->second.marking) return std::unexpected(changing);
    return known->second.info;
  }
  if (const auto recovered = state.recovered_agents.find(id); recovered != state.recovered_agents.end()) {
    if (recovered->second.marking) return std::unexpected(changing);
    return recovered->second.info;
  }
  if (state.unreachable_agents.contains(id)) return std::shared_ptr<const mesos::v1::AgentInfo>();
  return fail(Code::not_found, fmt::format("Agent '{}' not found", id.value));
}

// An agent of which nothing runs any more as far as we know: nobody is to wait for its tasks.
void end_unreachable_tasks(Context& context, const AgentId& id) {
  for (auto& [framework_id, framework] : context.state.frameworks) {
    std::vector<TaskId> lost;
    for (const TaskId& task : framework.unreachable_order) {
      if (framework.unreachable.at(task)->agent_id().value() == id.value) lost.push_back(task);
    }
    for (const TaskId& task : lost) end_unreachable_task(context, framework, task, why);
  }
}

void end_registered(Context& context, Agent& agent) {
  lose_operations(context, agent, mesos::v1::OPERATION_GONE_BY_OPERATOR, why);
  const auto tasks = agent.tasks;
  for (const auto& [framework_id, task_id] : tasks) {
    Framework& framework = context.state.frameworks.at(framework_id);
    const auto reason = framework.capabilities.partition_aware ? TaskStatus::REASON_AGENT_REMOVED_BY_OPERATOR
                                                               : TaskStatus::REASON_AGENT_REMOVED;
    lose_task(context, framework, task_id, mesos::v1::TASK_GONE_BY_OPERATOR, reason, why);
  }
  auto message = std::make_shared<link::ToAgent>();
  message->mutable_shutdown()->set_message(why);
  send(context, agent, std::move(message));
  forget_agent(context, agent);
}

}  // namespace

void on_mark_gone(Context& context, const MarkGone& event) {
  State& state = context.state;
  const AgentId& id = event.agent;
  if (state.gone_agents.contains(id)) {
    context.effects.push_back(Reply{event.reply, {}});
    return;
  }
  const auto begun = begin_gone(context, id, event.reply);
  if (!begun) context.effects.push_back(Reply{event.reply, begun});
}

Result<> begin_gone(Context& context, const AgentId& id, std::optional<ReplyNumber> reply) {
  State& state = context.state;
  LET(const std::shared_ptr<const mesos::v1::AgentInfo> info, find_settled(state, id));
  if (const auto known = state.agents.find(id); known != state.agents.end()) known->second.marking = true;
  if (const auto known = state.recovered_agents.find(id); known != state.recovered_agents.end()) {
    known->second.marking = true;
  }
  state.registering_agents.insert(id);  // Whoever comes under this id meanwhile waits for the outcome (HA-113).
  std::vector<RegistryChange> changes{agent_record(context, id, registry::Agent::GONE, info.get())};
  if (auto forgotten = forget_deactivation(state, id)) changes.push_back(*std::move(forgotten));
  persist(context, std::move(changes), MarkAgentGone{id, reply});
  return {};
}

void finish_gone(Context& context, const MarkAgentGone& marked) {
  State& state = context.state;
  const AgentId& id = marked.agent;
  log_warning(context, "agent {} is gone for good", id.value);
  state.registering_agents.erase(id);
  state.gone_agents.insert(id);
  state.recovered_agents.erase(id);
  state.timers.cancel({TimerKey::Kind::recovered_agent, id.value});
  const bool was_unreachable = state.unreachable_agents.erase(id) > 0;
  if (was_unreachable) end_unreachable_tasks(context, id);
  if (const auto known = state.agents.find(id); known != state.agents.end()) {
    end_registered(context, known->second);
  } else if (!was_unreachable) {
    tell_agent_failure(context, id);
  }
  if (marked.reply) context.effects.push_back(Reply{*marked.reply, {}});
}

}  // namespace stoa::master
