#include "sim/audit.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "agent/checkpoint.h"
#include "master/state.h"
#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"
#include "stoa/checkpoint.pb.h"

namespace stoa::sim {
namespace {

using mesos::v1::TaskState_Name;
using States = std::map<std::string, int>;  // Of tasks by id; ids are unique in the cluster.

bool is_terminal(int state) { return model::is_terminal(static_cast<mesos::v1::TaskState>(state)); }

std::string state_name(int state) {
  return state < 0 ? "nothing" : TaskState_Name(static_cast<mesos::v1::TaskState>(state));
}

// What runs on the machine, but for frameworks that are being removed: their tasks may end later than their claims.
template <typename Function>
void for_each_running(const AgentHost& agent, const std::set<FrameworkId>& torn_down, Function function) {
  for (const auto& [id, container] : agent.containers().all())
    if (container.state != Containers::Container::State::ended && !torn_down.contains(container.framework))
      function(container);
}

// In the books of the master, and not ended.
bool is_live(const master::State& state, const Containers::Container& container, const AgentId& agent) {
  const auto framework = state.frameworks.find(container.framework);
  if (framework == state.frameworks.end()) return false;
  const auto task = framework->second.tasks.find(container.task);
  return task != framework->second.tasks.end() && task->second.agent == agent && task->second.holds_resources;
}

// `state`: of the master, if there is one.
void audit_machine(Environment& environment, const AgentHost& agent, const master::State* state) {
  model::Resources held;
  for_each_running(agent, environment.torn_down,
                   [&](const Containers::Container& container) { held += container.resources; });
  if (!agent.total().contains(held))
    environment.laws.broken("an agent runs no more than it has", agent.name() + ": " + held.to_text());
  if (state == nullptr) return;
  const auto known = state->agents.find(agent.id());
  if (known == state->agents.end()) return;
  const model::Resources& offered = known->second.offered;
  if (!offered.empty() && !agent.total().contains(held + offered.without_allocation_role())) {
    environment.laws.broken("what runs is not offered",
                            fmt::format("{}: runs {}, offered {}, has {}", agent.name(), held.to_text(),
                                        offered.to_text(), agent.total().to_text()));
  }
  for_each_running(agent, environment.torn_down, [&](const Containers::Container& container) {
    if (is_live(*state, container, agent.id())) return;
    environment.laws.broken("what runs is in the books of the master",
                            fmt::format("{}: task {}", agent.name(), container.task.value));
  });
}

const master::State* state_of(const MasterHost& master) { return master.is_alive() ? &master.core().state() : nullptr; }

// What the agent's core believes to have.
States states_of(const agent::Snapshot& snapshot) {
  States states;
  for (const auto& framework : snapshot.frameworks)
    for (const auto& executor : framework.executors)
      for (const auto& task : executor->tasks) states[task->id.value] = task->task->state();
  return states;
}

std::string to_text(const States& states) {
  std::string text = "{";
  for (const auto& [id, state] : states) text += fmt::format(" {}={}", id, state_name(state));
  return text + " }";
}

void audit_store_at_rest(Laws& laws, const AgentHost& agent) {
  if (!agent.store().idle()) laws.broken("at rest nothing is being written", agent.name());
  for (const auto& [key, bytes] : agent.store().records()) {
    if (key.kind != agent::progress_kind) continue;
    checkpoint::Progress progress;
    if (!progress.ParseFromString(bytes) || progress.pending_size() > 0)
      laws.broken("at rest every update is acknowledged", fmt::format("{}: {}", agent.name(), key.id));
  }
}

// The tasks in the master's books, of each agent: not ended, or ended and not acknowledged.
std::map<AgentId, States> tasks_by_agent(const master::State& state) {
  std::map<AgentId, States> result;
  for (const auto& [id, framework] : state.frameworks)
    for (const auto& [task_id, task] : framework.tasks) result[task.agent][task_id.value] = task.message->state();
  return result;
}

void audit_agent_at_rest(Laws& laws, const AgentHost& agent, const master::State& state, const States& booked) {
  const auto known = state.agents.find(agent.id());
  if (!agent.is_alive() || !agent.core().snapshot().registered || known == state.agents.end() ||
      !known->second.connected()) {
    laws.broken("at rest every agent is registered", agent.name());
    return;
  }
  audit_store_at_rest(laws, agent);
  if (!(known->second.total == agent.total())) laws.broken("at rest totals agree", agent.name());
  const States believed = states_of(agent.core().snapshot());
  States running;
  for (const auto& [id, container] : agent.containers().all())
    if (container.state == Containers::Container::State::running)
      running[container.task.value] = mesos::v1::TASK_RUNNING;
  if (believed != running || booked != running) {
    laws.broken("at rest the books are what runs",
                fmt::format("{}: runs {}, the agent knows {}, the master {}", agent.name(), to_text(running),
                            to_text(believed), to_text(booked)));
  }
}

// Whether the scheduler was told that nothing of the task runs any more. An agent that lost its name before it was
// stored comes back under another one: nothing ran there, and nobody will ever know more than that it is unreachable.
bool is_over(const Scheduler::Task& task, const std::set<AgentId>& agents) {
  if (task.state == mesos::v1::TASK_UNKNOWN) return true;
  if (task.state == mesos::v1::TASK_UNREACHABLE) return !agents.contains(task.agent);
  return task.state >= 0 && is_terminal(task.state);
}

void audit_scheduler_at_rest(Laws& laws, const Scheduler& scheduler, const std::set<AgentId>& agents,
                             const master::State& state) {
  const auto framework = state.frameworks.find(scheduler.id());
  const bool is_known = framework != state.frameworks.end();
  if (scheduler.is_tearing_down()) {
    if (!scheduler.is_removed() || is_known) laws.broken("at rest what was torn down is gone", scheduler.name());
    return;
  }
  if (!scheduler.is_subscribed() || !is_known) laws.broken("at rest every scheduler is subscribed", scheduler.name());
  if (!is_known) return;
  for (const Scheduler::Task& task : scheduler.tasks()) {
    if (!task.launched) continue;
    const auto book = framework->second.tasks.find(task.id);
    const bool booked = book != framework->second.tasks.end() && book->second.agent == task.agent &&
                        !is_terminal(book->second.message->state());
    const bool over = is_over(task, agents);
    const auto what = [&] {
      return fmt::format("task {} on {}: the scheduler was told {}, the master has {}", task.id.value, task.agent.value,
                         state_name(task.state), booked ? "it" : "nothing");
    };
    if (over == booked) laws.broken("at rest no task is lost", what());
    if (booked && task.state != mesos::v1::TASK_RUNNING) laws.broken("at rest schedulers know the state", what());
    if (booked && task.killed) laws.broken("at rest what was killed has ended", what());
  }
}

}  // namespace

void audit_step(const Cluster& cluster) {
  Environment& environment = cluster.environment;
  if (environment.touched_machines.empty() && environment.touched_agents.empty()) return;
  const master::State* state = state_of(cluster.master);
  for (const AgentId& id : environment.touched_agents) {
    // One that has never heard of its id runs nothing.
    if (const auto machine = environment.machines.find(id); machine != environment.machines.end())
      environment.touched_machines.push_back(machine->second);
  }
  for (const std::size_t machine : environment.touched_machines)
    audit_machine(environment, *cluster.agents[machine], state);
  environment.touched_machines.clear();
  environment.touched_agents.clear();
}

void audit_always(const Cluster& cluster) {
  const master::State* state = state_of(cluster.master);
  for (const auto& agent : cluster.agents) audit_machine(cluster.environment, *agent, state);
  if (!cluster.master.is_alive()) return;
  if (const auto sound = cluster.master.core().audit(); !sound)
    cluster.environment.laws.broken("the books of the master are sound", sound.error().message);
}

void audit_quiet(const Cluster& cluster) {
  Laws& laws = cluster.environment.laws;
  if (!cluster.master.is_up()) return laws.broken("at rest there is a master", "");
  audit_always(cluster);
  if (!cluster.master.store_is_idle()) laws.broken("at rest nothing is being written", "master");
  const master::State& state = cluster.master.core().state();
  const std::map<AgentId, States> booked = tasks_by_agent(state);
  std::set<AgentId> agents;
  for (const auto& agent : cluster.agents) agents.insert(agent->id());
  for (const auto& agent : cluster.agents) {
    const auto tasks = booked.find(agent->id());
    audit_agent_at_rest(laws, *agent, state, tasks == booked.end() ? States{} : tasks->second);
  }
  for (const auto& scheduler : cluster.schedulers) audit_scheduler_at_rest(laws, *scheduler, agents, state);
}

}  // namespace stoa::sim
