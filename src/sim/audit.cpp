#include "sim/audit.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "agent/checkpoint.h"
#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"
#include "stoa/checkpoint.pb.h"

namespace stoa::sim {
namespace {

using mesos::v1::TaskState_Name;
using Frameworks = std::set<FrameworkId>;
using States = std::map<std::string, int>;  // Of tasks by id; ids are unique in the cluster.

struct Books {
  std::map<AgentId, const master::AgentView*> agents;
  Frameworks frameworks;
  std::map<AgentId, States> tasks;  // Not terminal, or terminal and not acknowledged.
};

Books books_of(const master::Snapshot& snapshot) {
  Books books;
  for (const auto& agent : snapshot.agents) books.agents[agent->id] = agent.get();
  for (const auto& framework : snapshot.frameworks) {
    books.frameworks.insert(framework->id);
    for (const auto& task : framework->tasks)
      books.tasks[AgentId(task->agent_id().value())][task->task_id().value()] = task->state();
  }
  return books;
}

std::string state_name(int state) {
  return state < 0 ? "nothing" : TaskState_Name(static_cast<mesos::v1::TaskState>(state));
}

bool is_live(const States& states, const std::string& id) {
  const auto found = states.find(id);
  return found != states.end() && !model::is_terminal(static_cast<mesos::v1::TaskState>(found->second));
}

// What runs on the machine, but for frameworks that are being removed: their tasks may end later than their claims.
model::Resources held_by(const AgentHost& agent, const Frameworks& removed) {
  model::Resources held;
  for (const auto& [id, container] : agent.containers().all())
    if (container.state != Containers::Container::State::ended && !removed.contains(container.framework))
      held += container.resources;
  return held;
}

void audit_machine(Laws& laws, const AgentHost& agent, const Frameworks& removed, const Books& books) {
  const auto known = books.agents.find(agent.id());
  if (known == books.agents.end()) return;
  const model::Resources held = held_by(agent, removed);
  if (!agent.total().contains(held + known->second->offered.without_allocation_role())) {
    laws.broken("what runs is not offered", fmt::format("{}: runs {}, offered {}, has {}", agent.name(), held.to_text(),
                                                        known->second->offered.to_text(), agent.total().to_text()));
  }
  const auto states = books.tasks.find(agent.id());
  for (const auto& [id, container] : agent.containers().all()) {
    if (container.state == Containers::Container::State::ended || removed.contains(container.framework)) continue;
    if (states == books.tasks.end() || !is_live(states->second, container.task.value))
      laws.broken("what runs is in the books of the master",
                  fmt::format("{}: task {}", agent.name(), container.task.value));
  }
}

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

void audit_agent_at_rest(Laws& laws, const AgentHost& agent, Books& books) {
  if (!agent.is_alive() || !agent.core().snapshot().registered || !books.agents.contains(agent.id()) ||
      !books.agents.at(agent.id())->connected) {
    laws.broken("at rest every agent is registered", agent.name());
    return;
  }
  audit_store_at_rest(laws, agent);
  const master::AgentView& view = *books.agents.at(agent.id());
  if (!(view.total == agent.total())) laws.broken("at rest totals agree", agent.name());
  const States believed = states_of(agent.core().snapshot());
  const States& booked = books.tasks[agent.id()];
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
  return task.state >= 0 && model::is_terminal(static_cast<mesos::v1::TaskState>(task.state));
}

void audit_scheduler_at_rest(Laws& laws, const Scheduler& scheduler, const std::set<AgentId>& agents, Books& books) {
  if (scheduler.is_tearing_down()) {
    const bool is_known = books.frameworks.contains(scheduler.id());
    if (!scheduler.is_removed() || is_known) laws.broken("at rest what was torn down is gone", scheduler.name());
    return;
  }
  if (!scheduler.is_subscribed()) laws.broken("at rest every scheduler is subscribed", scheduler.name());
  for (const auto& [id, task] : scheduler.tasks()) {
    if (!task.launched) continue;
    const bool booked = is_live(books.tasks[task.agent], id.value);
    const bool over = is_over(task, agents);
    const std::string what = fmt::format("task {} on {}: the scheduler was told {}, the master has {}", id.value,
                                         task.agent.value, state_name(task.state), booked ? "it" : "nothing");
    if (over == booked) laws.broken("at rest no task is lost", what);
    if (booked && task.state != mesos::v1::TASK_RUNNING) laws.broken("at rest schedulers know the state", what);
    if (booked && task.killed) laws.broken("at rest what was killed has ended", what);
  }
}

}  // namespace

void audit_always(const Cluster& cluster) {
  Laws& laws = cluster.environment.laws;
  Frameworks removed;
  for (const auto& scheduler : cluster.schedulers)
    if (scheduler->is_tearing_down()) removed.insert(scheduler->id());
  for (const auto& agent : cluster.agents) {
    if (const auto held = held_by(*agent, removed); !agent->total().contains(held))
      laws.broken("an agent runs no more than it has", agent->name() + ": " + held.to_text());
  }
  if (!cluster.master.is_alive()) return;
  if (const auto sound = cluster.master.core().audit(); !sound)
    laws.broken("the books of the master are sound", sound.error().message);
  const master::Snapshot snapshot = cluster.master.core().snapshot();
  const Books books = books_of(snapshot);
  for (const auto& agent : cluster.agents) audit_machine(laws, *agent, removed, books);
}

void audit_quiet(const Cluster& cluster) {
  Laws& laws = cluster.environment.laws;
  if (!cluster.master.is_up()) return laws.broken("at rest there is a master", "");
  audit_always(cluster);
  if (!cluster.master.store_is_idle()) laws.broken("at rest nothing is being written", "master");
  const master::Snapshot snapshot = cluster.master.core().snapshot();
  Books books = books_of(snapshot);
  std::set<AgentId> agents;
  for (const auto& agent : cluster.agents) agents.insert(agent->id());
  for (const auto& agent : cluster.agents) audit_agent_at_rest(laws, *agent, books);
  for (const auto& scheduler : cluster.schedulers) audit_scheduler_at_rest(laws, *scheduler, agents, books);
}

}  // namespace stoa::sim
