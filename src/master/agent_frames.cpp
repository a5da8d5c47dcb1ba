// What a registered agent says: answers to pings, statuses of tasks, executors that ended, messages, farewell.
#include "master/agents.h"
#include "master/deactivation.h"
#include "master/executors.h"
#include "master/offers.h"
#include "master/operation_book.h"
#include "master/preempt.h"
#include "master/send.h"
#include "master/statuses.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::scheduler::Event;

// A status goes to its framework whether or not the task is in the books (SCH-218).
void on_update(Context& context, Agent& agent, const link::Update& update) {
  State& state = context.state;
  state.metrics.count("master/messages_status_update");
  const FrameworkId owner(update.framework_id().value());
  const auto known = state.frameworks.find(owner);
  if (known == state.frameworks.end()) {
    state.metrics.count("master/invalid_status_updates");
    if (!state.completed_ids.contains(owner)) return;  // It may come back.
    // An agent that was away when its framework was removed, and has updates left of tasks that it never got, names
    // none of them when it registers. It is told here, else it would repeat them for ever.
    auto message = std::make_shared<link::ToAgent>();
    message->mutable_shutdown_framework()->mutable_framework_id()->set_value(owner.value);
    return send(context, agent, std::move(message));
  }
  Framework& framework = known->second;
  state.metrics.count("master/valid_status_updates");
  mesos::v1::TaskStatus status = update.status();
  status.set_state(static_cast<mesos::v1::TaskState>(told_state(framework.capabilities, status.state())));
  const TaskId id(status.task_id().value());
  if (const auto task = framework.tasks.find(id); task != framework.tasks.end() && task->second.agent == agent.id) {
    const int latest =
        told_state(framework.capabilities, update.has_latest_state() ? update.latest_state() : update.status().state());
    // It is being delivered even while its framework is away: the agent repeats it until it is acknowledged. Were it
    // not noted, a framework that comes back and asks could be told the final state before those that lead to it.
    note_preemption(task->second, status);
    note_status(context, framework, task->second, status, latest, true);
  }
  count_status(state.metrics, status);
  send_update(context, framework, status);
}

void on_executor_exited(Context& context, Agent& agent, const link::ExecutorExited& exited) {
  context.state.metrics.count("master/messages_exited_executor");
  const FrameworkId framework_id(exited.framework_id().value());
  const ExecutorId id(exited.executor_id().value());
  if (find_executor(agent, framework_id, id.value) == nullptr) return;  // The agent's Register has said so already.
  release_executor(context, agent, framework_id, id);
  const auto framework = context.state.frameworks.find(framework_id);
  if (framework == context.state.frameworks.end()) return;
  tell_executor_failure(context, framework->second, agent.id, id, exited.status());
}

void on_executor_message(Context& context, const Agent& agent, const link::ExecutorMessage& message) {
  context.state.metrics.count("master/messages_executor_to_framework");
  const auto framework = context.state.frameworks.find(FrameworkId(message.framework_id().value()));
  if (framework == context.state.frameworks.end()) {
    context.state.metrics.count("master/invalid_executor_to_framework_messages");
    return;
  }
  context.state.metrics.count("master/valid_executor_to_framework_messages");
  auto event = std::make_shared<Event>();
  event->set_type(Event::MESSAGE);
  event->mutable_message()->mutable_agent_id()->set_value(agent.id.value);
  *event->mutable_message()->mutable_executor_id() = message.executor_id();
  event->mutable_message()->set_data(message.data());
  send(context, framework->second, std::move(event));
}

// An orderly farewell: durable first, then the agent's tasks end with it.
void on_unregister(Context& context, Agent& agent) {
  if (agent.marking) return;
  agent.marking = true;
  context.state.metrics.count("master/messages_unregister_slave");
  std::vector<RegistryChange> changes{{"agent", agent.id.value, ""}};
  if (auto forgotten = forget_deactivation(context.state, agent.id)) changes.push_back(*std::move(forgotten));
  persist(context, std::move(changes), RemoveAgent{agent.id});
}

}  // namespace

void on_agent_frame(Context& context, const FromAgent& event) {
  State& state = context.state;
  if (event.message->kind_case() == link::ToMaster::kRegister) {
    on_register(context, event.link, event.message);
    return;
  }
  const auto known = state.links.find(event.link);
  if (known == state.links.end()) {
    state.metrics.count("master/dropped_messages");
    return;
  }
  Agent& agent = state.agents.at(known->second);
  agent.pings_unanswered = 0;  // Any sign of life counts.
  switch (event.message->kind_case()) {
    case link::ToMaster::kUpdate:
      return on_update(context, agent, event.message->update());
    case link::ToMaster::kExecutorExited:
      return on_executor_exited(context, agent, event.message->executor_exited());
    case link::ToMaster::kExecutorMessage:
      return on_executor_message(context, agent, event.message->executor_message());
    case link::ToMaster::kUnregister:
      return on_unregister(context, agent);
    case link::ToMaster::kUpdateOperation:
      return on_update_operation(context, agent, *event.message);
    case link::ToMaster::kUpdateResources:
      return on_update_resources(context, agent, *event.message);
    case link::ToMaster::kPong:
    case link::ToMaster::kRegister:
    case link::ToMaster::KIND_NOT_SET:
      return;
  }
}

}  // namespace stoa::master
