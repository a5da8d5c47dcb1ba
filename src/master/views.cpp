#include "master/views.h"

#include <algorithm>

namespace stoa::master {

std::shared_ptr<const FrameworkView> view_of(const State& state, const Framework& framework) {
  if (framework.view.get()) return framework.view.get();
  auto view = std::make_shared<FrameworkView>();
  view->id = framework.id;
  view->info = framework.info;
  view->connected = framework.connected();
  view->active = framework.connected();
  view->recovered = framework.recovered;
  view->registered = framework.registered;
  view->reregistered = framework.reregistered;
  view->unregistered = framework.unregistered;
  view->roles.assign(framework.roles.begin(), framework.roles.end());
  view->suppressed.assign(framework.suppressed.begin(), framework.suppressed.end());
  view->offer_constraints = framework.offer_constraints;
  std::vector<const Task*> tasks;
  tasks.reserve(framework.tasks.size());
  for (const auto& [id, task] : framework.tasks) tasks.push_back(&task);
  std::ranges::sort(tasks, {}, &Task::sequence);
  view->tasks.reserve(tasks.size());
  for (const Task* task : tasks) view->tasks.push_back(task->message);
  for (const TaskId& id : framework.unreachable_order) {
    if (const auto found = framework.unreachable.find(id); found != framework.unreachable.end()) {
      view->unreachable_tasks.push_back(found->second);
    }
  }
  view->completed_tasks.assign(framework.completed.begin(), framework.completed.end());
  for (const OfferId& id : framework.offers) view->offers.push_back(state.offers.at(id).view);
  std::vector<std::pair<std::uint64_t, ExecutorView>> executors;
  for (const auto& [agent, id] : framework.executors) {
    const Executor& executor = state.agents.at(agent).executors.at({framework.id, id});
    executors.push_back({executor.sequence, {executor.info, agent}});
  }
  std::ranges::sort(executors, {}, [](const auto& entry) { return entry.first; });
  for (auto& [sequence, executor] : executors) view->executors.push_back(std::move(executor));
  framework.view.put(std::move(view));
  return framework.view.get();
}

std::shared_ptr<const AgentView> view_of(const State& state, const Agent& agent) {
  if (agent.view.get()) return agent.view.get();
  auto view = std::make_shared<AgentView>();
  view->id = agent.id;
  view->info = agent.info;
  view->connected = agent.connected();
  view->active = agent.connected();
  if (const auto found = state.deactivated.find(agent.id); found != state.deactivated.end()) {
    view->active = false;
    view->deactivated = true;
    view->drain = found->second.drain;
    view->drain_since = found->second.since;
  }
  view->capabilities.assign(agent.capabilities.begin(), agent.capabilities.end());
  view->addresses = agent.addresses;
  view->version = agent.version;
  view->registered = agent.registered;
  view->reregistered = agent.reregistered;
  view->total = agent.total;
  view->allocated = agent.allocated;
  view->offered = agent.offered;
  std::vector<const Operation*> operations;
  for (const auto& [uuid, operation] : agent.operations) operations.push_back(&operation);
  std::ranges::sort(operations, {}, &Operation::sequence);
  for (const Operation* operation : operations) view->operations.push_back(operation->message);
  agent.view.put(std::move(view));
  return agent.view.get();
}

}  // namespace stoa::master
