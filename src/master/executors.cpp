#include "master/executors.h"

#include <algorithm>

#include "base/check.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::ExecutorInfo;
using SchedulerEvent = mesos::v1::scheduler::Event;

// Does the agent run anything of the framework?
bool runs_any(const Agent& agent, const FrameworkId& framework) {
  const auto task = agent.tasks.lower_bound({framework, TaskId()});
  if (task != agent.tasks.end() && task->first == framework) return true;
  const auto executor = agent.executors.lower_bound({framework, ExecutorId()});
  return executor != agent.executors.end() && executor->first.first == framework;
}

}  // namespace

const Executor* find_executor(const Agent& agent, const FrameworkId& framework, const std::string& executor) {
  const auto found = agent.executors.find({framework, ExecutorId(executor)});
  return found == agent.executors.end() ? nullptr : &found->second;
}

void enter_executor(Context& context, Framework& framework, Agent& agent, const ExecutorInfo& info,
                    model::Resources resources) {
  const ExecutorId id(info.executor_id().value());
  Executor& executor = agent.executors[{framework.id, id}];
  executor.sequence = context.state.next_sequence++;
  executor.info = std::make_shared<const ExecutorInfo>(info);
  agent.allocated += resources;
  executor.resources = std::move(resources);
  framework.executors.insert({agent.id, id});
  agent.view.reset();
  framework.view.reset();
}

void adopt_executor(Context& context, Framework& framework, Agent& agent, const ExecutorInfo& info) {
  ExecutorInfo complete = info;
  complete.mutable_framework_id()->set_value(framework.id.value);
  model::inject_allocation_role(*complete.mutable_resources(),
                                framework.roles.empty() ? std::string("*") : *framework.roles.begin());
  auto resources = model::Resources::from_messages(complete.resources());
  if (!resources) {
    log_warning(context, "agent {} reports executor {} with bad resources: {}", agent.id.value,
                info.executor_id().value(), resources.error().message);
    return;
  }
  const auto charged = context.state.allocator.charge(framework.id, agent.id, *resources);
  CHECK(charged, charged.error().message);
  enter_executor(context, framework, agent, complete, *std::move(resources));
}

void release_executor(Context& context, Agent& agent, const FrameworkId& framework_id, const ExecutorId& id) {
  auto node = agent.executors.extract({framework_id, id});
  if (node.empty()) return;
  const model::Resources& held = node.mapped().resources;
  const auto given = context.state.allocator.recover_used(framework_id, agent.id, held, context.now.steady);
  CHECK(given, given.error().message);
  agent.allocated -= held;
  agent.view.reset();
  const auto framework = context.state.frameworks.find(framework_id);
  if (framework == context.state.frameworks.end()) return;
  framework->second.executors.erase({agent.id, id});
  framework->second.view.reset();
}

void release_executors(Context& context, Agent& agent, const std::function<bool(const Framework&)>& which) {
  std::vector<std::pair<FrameworkId, ExecutorId>> ended;
  for (const auto& [key, executor] : agent.executors) {
    if (which(context.state.frameworks.at(key.first))) ended.push_back(key);
  }
  for (const auto& [framework, executor] : ended) release_executor(context, agent, framework, executor);
}

void release_executors(Context& context, Framework& framework) {
  const auto executors = framework.executors;
  for (const auto& [agent, id] : executors) {
    release_executor(context, context.state.agents.at(agent), framework.id, id);
  }
}

void tell_executor_failure(Context& context, const Framework& framework, const AgentId& agent,
                           const ExecutorId& executor, int status) {
  auto event = std::make_shared<SchedulerEvent>();
  event->set_type(SchedulerEvent::FAILURE);
  event->mutable_failure()->mutable_agent_id()->set_value(agent.value);
  event->mutable_failure()->mutable_executor_id()->set_value(executor.value);
  event->mutable_failure()->set_status(status);
  send(context, framework, std::move(event));
}

std::vector<const Agent*> agents_of(const State& state, const Framework& framework) {
  std::vector<const Agent*> result;
  if (framework.tasks.size() + framework.executors.size() < state.agents.size()) {
    for (const auto& [id, task] : framework.tasks) result.push_back(&state.agents.at(task.agent));
    for (const auto& [agent, id] : framework.executors) result.push_back(&state.agents.at(agent));
    std::ranges::sort(result, {}, &Agent::id);
    const auto repeated = std::ranges::unique(result);
    result.erase(repeated.begin(), repeated.end());
    return result;
  }
  for (const auto& [id, agent] : state.agents) {
    if (runs_any(agent, framework.id)) result.push_back(&agent);
  }
  return result;
}

}  // namespace stoa::master
