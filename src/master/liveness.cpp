// Whether agents live: pings, broken links, and what happens to those that stay silent (HA-101 to HA-110).
#include "master/agents.h"
#include "master/executors.h"
#include "master/frameworks.h"
#include "master/inverse_offers.h"
#include "master/offers.h"
#include "master/operation_book.h"
#include "master/send.h"
#include "master/statuses.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::TaskStatus;

// Tasks of frameworks that keep nothing across a loss of the agent are lost with the link (SCH-239).
void lose_unkept_tasks(Context& context, Agent& agent) {
  const auto tasks = agent.tasks;
  for (const auto& [framework_id, task_id] : tasks) {
    Framework& framework = context.state.frameworks.at(framework_id);
    if (framework.info->checkpoint()) continue;
    lose_task(context, framework, task_id, mesos::v1::TASK_GONE, TaskStatus::REASON_AGENT_DISCONNECTED,
              fmt::format("Agent {} disconnected", agent.info->hostname()));
  }
  release_executors(context, agent, [](const Framework& framework) { return !framework.info->checkpoint(); });
}

}  // namespace

void forget_agent(Context& context, Agent& agent) {
  State& state = context.state;
  withdraw_offers(context, agent);
  withdraw_inverse_offers(context, agent);
  for (auto& [framework_id, framework] : state.frameworks) framework.inverse_refusals.erase(agent.id);
  state.maintenance.status.reset();
  release_executors(context, agent, [](const Framework&) { return true; });
  state.allocator.remove_agent(agent.id);
  state.timers.cancel({TimerKey::Kind::agent_ping, agent.id.value});
  state.timers.cancel({TimerKey::Kind::agent_return, agent.id.value});
  if (agent.link) {
    state.links.erase(*agent.link);
    context.effects.push_back(CloseLink{*agent.link});
  }
  const AgentId id = agent.id;
  state.agents.erase(id);
  tell_agent_failure(context, id);
}

void on_link_closed(Context& context, const LinkClosed& event) {
  State& state = context.state;
  state.registering.erase(event.link);  // What was being written is finished without it.
  const auto known = state.links.find(event.link);
  if (known == state.links.end()) return;
  Agent& agent = state.agents.at(known->second);
  state.links.erase(known);
  agent.link.reset();
  agent.view.reset();
  log_warning(context, "agent {} at {} disconnected", agent.id.value, agent.info->hostname());
  withdraw_offers(context, agent);
  withdraw_inverse_offers(context, agent);
  state.allocator.deactivate_agent(agent.id);
  lose_unkept_tasks(context, agent);
  state.timers.set({TimerKey::Kind::agent_return, agent.id.value},
                   context.now.steady + state.config.agent_reregister_timeout);
}

void ping(Context& context, Agent& agent) {
  const Config& config = context.state.config;
  if (agent.pings_unanswered >= config.max_agent_ping_timeouts) {
    begin_unreachable(context, agent);
    return;
  }
  ++agent.pings_unanswered;  // Until the answer to this one comes.
  static const auto message = [] {
    link::ToAgent made;
    made.mutable_ping()->set_connected(true);
    return std::make_shared<const link::ToAgent>(made);
  }();
  send(context, agent, message);
  context.state.timers.set({TimerKey::Kind::agent_ping, agent.id.value},
                           context.now.steady + config.agent_ping_timeout);
}

void begin_unreachable(Context& context, Agent& agent) {
  if (agent.marking) return;
  if (context.state.registering_agents.contains(agent.id)) {
    // In the middle of registering it lives; should that come to nothing, this is decided anew.
    context.state.timers.set({TimerKey::Kind::agent_ping, agent.id.value},
                             context.now.steady + context.state.config.agent_ping_timeout);
    return;
  }
  agent.marking = true;
  context.state.metrics.count("master/slave_unreachable_scheduled");
  log_warning(context, "agent {} at {} is silent: marking it unreachable", agent.id.value, agent.info->hostname());
  persist(context, {agent_record(context, agent.id, registry::Agent::UNREACHABLE, agent.info.get())},
          MarkUnreachable{agent.id});
}

void finish_unreachable(Context& context, const AgentId& id) {
  State& state = context.state;
  const auto known = state.agents.find(id);
  if (known == state.agents.end()) return;
  Agent& agent = known->second;
  state.metrics.count("master/slave_unreachable_completed");
  state.metrics.count("master/slave_removals");
  state.metrics.count("master/slave_removals/reason_unhealthy");
  state.unreachable_agents[id] = context.now.wall;
  lose_operations(context, agent, mesos::v1::OPERATION_UNREACHABLE, "Agent is unreachable");
  const auto tasks = agent.tasks;
  for (const auto& [framework_id, task_id] : tasks) {
    make_unreachable(context, state.frameworks.at(framework_id), task_id, context.now.wall);
  }
  forget_agent(context, agent);
}

void begin_forgetting(Context& context, const AgentId& id) {
  const auto known = context.state.recovered_agents.find(id);
  if (known == context.state.recovered_agents.end() || context.state.registering_agents.contains(id)) return;
  known->second.marking = true;
  context.state.metrics.count("master/recovery_slave_removals");
  persist(context, {agent_record(context, id, registry::Agent::UNREACHABLE, known->second.info.get())},
          ForgetRecoveredAgent{id});
}

void finish_forgetting(Context& context, const AgentId& id) {
  if (context.state.recovered_agents.erase(id) == 0) return;
  log_warning(context, "agent {} did not come back in time and is unreachable", id.value);
  context.state.unreachable_agents[id] = context.now.wall;
  tell_agent_failure(context, id);
}

void finish_unregistration(Context& context, const AgentId& id) {
  const auto known = context.state.agents.find(id);
  if (known == context.state.agents.end()) return;
  context.state.metrics.count("master/slave_removals");
  context.state.metrics.count("master/slave_removals/reason_unregistered");
  const std::string message = fmt::format("Agent {} removed: the agent unregistered", known->second.info->hostname());
  // Whether they were carried out nobody can say any more.
  lose_operations(context, known->second, mesos::v1::OPERATION_UNKNOWN, message);
  const auto tasks = known->second.tasks;
  for (const auto& [framework_id, task_id] : tasks) {
    lose_task(context, context.state.frameworks.at(framework_id), task_id, mesos::v1::TASK_GONE,
              TaskStatus::REASON_AGENT_REMOVED, message);
  }
  forget_agent(context, known->second);
}

void tell_agents_of(Context& context, const Framework& framework) {
  auto message = std::make_shared<link::ToAgent>();
  *message->mutable_update_framework()->mutable_framework_info() = *framework.info;
  for (const Agent* agent : agents_of(context.state, framework)) send(context, *agent, message);
}

void tell_agent_failure(Context& context, const AgentId& id) {
  auto event = std::make_shared<mesos::v1::scheduler::Event>();
  event->set_type(mesos::v1::scheduler::Event::FAILURE);
  event->mutable_failure()->mutable_agent_id()->set_value(id.value);
  for (const auto& [framework_id, framework] : context.state.frameworks) send(context, framework, event);
}

}  // namespace stoa::master
