#include "sim/audit.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "agent/checkpoint.h"
#include "agent/volumes.h"
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
  if (!container.executor.empty()) return framework->second.executors.contains({agent, container.executor});
  const auto task = framework->second.tasks.find(container.task);
  return task != framework->second.tasks.end() && task->second.agent == agent && task->second.holds_resources;
}

// A volume that a task has is nobody else's, unless it is shared.
bool is_volume_offered(const model::Resources& held, const model::Resources& offered) {
  std::set<agent::VolumeDirectory> used;
  for (const auto& [resource, count] : held.persistent_volumes().non_shared())
    used.insert(agent::volume_directory(resource, ""));
  if (used.empty()) return false;
  for (const auto& [resource, count] : offered.persistent_volumes())
    if (used.contains(agent::volume_directory(resource, ""))) return true;
  return false;
}

// `state`: of the master, if there is one.
void audit_machine(Environment& environment, const AgentHost& agent, const master::State* state) {
  model::Resources held;
  for_each_running(agent, environment.torn_down,
                   [&](const Containers::Container& container) { held += container.resources; });
  if (const auto broken = agent.ledger().check(agent.disk().directories()))
    environment.laws.broken(broken->law, agent.name() + ": " + broken->what);
  if (!agent.ledger().total().contains(held))
    environment.laws.broken("an agent runs no more than it has", agent.name() + ": " + held.to_text());
  if (state == nullptr) return;
  const auto known = state->agents.find(agent.id());
  if (known == state->agents.end()) return;
  const model::Resources& offered = known->second.offered;
  const auto is_too_much = [&] {
    return !agent.total().contains((held + offered.without_allocation_role()).stripped_of_conversions());
  };
  if (!offered.empty() && (is_too_much() || is_volume_offered(held, offered))) {
    environment.laws.broken("what runs is not offered",
                            fmt::format("{}: runs {}, offered {}, has {}", agent.name(), held.to_text(),
                                        offered.to_text(), agent.total().to_text()));
  }
  for_each_running(agent, environment.torn_down, [&](const Containers::Container& container) {
    if (is_live(*state, container, agent.id())) return;
    environment.laws.broken("what runs is in the books of the master",
                            fmt::format("{}: task {}", agent.name(), container.task.value + container.executor.value));
  });
}

const master::State* state_of(const MasterHost& master) { return master.is_alive() ? &master.core().state() : nullptr; }

// What the agent's core believes to have.
States states_of(const agent::Snapshot& snapshot) {
  States states;
  for (const auto& framework : snapshot.frameworks)
    for (const auto& executor : framework.executors)
      for (const auto& task : executor->tasks)
        if (task->stage != agent::TaskStage::completed) states[task->id.value] = task->task->state();
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
    if (key.kind == agent::operation_kind)
      laws.broken("at rest every outcome is acknowledged", fmt::format("{}: {}", agent.name(), key.id));
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

// Executors that outlive their tasks, on the agent and in the books; custom ones are processes.
void audit_executors_at_rest(Laws& laws, const AgentHost& agent, const master::Agent& book) {
  std::set<std::string> booked;
  for (const auto& [key, executor] : book.executors) booked.insert(key.second.value);
  std::set<std::string> known;
  std::set<std::string> custom;
  for (const auto& framework : agent.core().snapshot().frameworks)
    for (const auto& executor : framework.executors) {
      if (executor->command || executor->stage == agent::ExecutorStage::terminated) continue;
      known.insert(executor->info->executor_id().value());
      if (executor->info->type() == mesos::v1::ExecutorInfo::CUSTOM)
        custom.insert(executor->info->executor_id().value());
    }
  std::set<std::string> running;
  for (const auto& [id, container] : agent.containers().all())
    if (container.state != Containers::Container::State::ended && !container.executor.empty())
      running.insert(container.executor.value);
  if (known != booked || custom != running) {
    laws.broken("at rest the books are the executors that run",
                fmt::format("{}: {} run, the agent knows {} ({} custom), the master {}", agent.name(), running.size(),
                            known.size(), custom.size(), booked.size()));
  }
}

// What the scheduler knows to be done is done, and it knows of all that it asked for.
void audit_holdings_at_rest(const Cluster& cluster, const Scheduler& scheduler, const std::set<AgentId>& agents) {
  Laws& laws = cluster.environment.laws;
  const Holdings& holdings = scheduler.holdings();
  if (!holdings.asks_feedback()) return;
  for (const auto& operation : holdings.operations()) {
    const bool is_lost = operation.state == mesos::v1::OPERATION_UNREACHABLE && !agents.contains(operation.agent);
    if (!operation.is_over() && !is_lost)
      laws.broken("no operation is without an answer",
                  fmt::format("{} on {}: {}", operation.id, operation.agent.value, operation.state));
  }
  std::size_t others = 0;
  for (const auto& other : cluster.schedulers) others += other->holdings().role() == holdings.role() ? 1 : 0;
  if (others > 1) return;
  for (std::size_t i = 0; i < cluster.agents.size(); ++i) {
    const AgentHost& agent = *cluster.agents[i];
    const auto expected = holdings.expected(agent.total(), [&](const AgentId& id) {
      const auto machine = cluster.environment.machines.find(id);
      return machine != cluster.environment.machines.end() && machine->second == i;
    });
    const model::Resources has = agent.ledger().total().reserved_to(holdings.role());
    if (!expected || *expected != has) {
      laws.broken("no reservation is lost", fmt::format("{}: {} was told {}, it has {}", agent.name(), scheduler.name(),
                                                        expected ? expected->to_text() : "nonsense", has.to_text()));
    }
  }
}

void audit_agent_at_rest(Laws& laws, const AgentHost& agent, const master::State& state, const States& booked) {
  const auto known = state.agents.find(agent.id());
  if (!agent.is_alive() || !agent.core().snapshot().registered || known == state.agents.end() ||
      !known->second.connected()) {
    laws.broken("at rest every agent is registered", agent.name());
    return;
  }
  audit_store_at_rest(laws, agent);
  const model::Resources& total = agent.ledger().total();
  if (known->second.total != total || *agent.core().snapshot().total != total ||
      total.stripped_of_conversions() != agent.total()) {
    laws.broken("at rest totals agree",
                fmt::format("{}: its operations make {}, the agent has {}, the master {}", agent.name(),
                            total.to_text(), agent.core().snapshot().total->to_text(), known->second.total.to_text()));
  }
  if (!known->second.operations.empty()) laws.broken("at rest no operation is under way", agent.name());
  audit_executors_at_rest(laws, agent, known->second);
  const States believed = states_of(agent.core().snapshot());
  States running;
  for (const auto& [id, container] : agent.containers().all())
    if (container.state == Containers::Container::State::running && !container.task.empty())
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
    laws.on_rest(task.id.value);
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
  for (const auto& scheduler : cluster.schedulers) {
    audit_scheduler_at_rest(laws, *scheduler, agents, state);
    if (!scheduler->is_tearing_down()) audit_holdings_at_rest(cluster, *scheduler, agents);
  }
}

}  // namespace stoa::sim
