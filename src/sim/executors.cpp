#include "sim/executors.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::sim {

using mesos::v1::TaskInfo;
using mesos::v1::TaskStatus;
using mesos::v1::executor::Event;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ExecutorCall = mesos::v1::executor::Call;

Executors::~Executors() = default;

void Executors::started(const ContainerId& id, const Containers::Container& container) {
  environment_.counts.add(Happening::executor_started);
  Process& process = processes_[id];
  process.framework = container.framework;
  process.executor = container.executor;
  connect_after(id, draw_upto(milliseconds(200), environment_.random));
  if (environment_.random.chance(0.1))
    environment_.queue.after(draw_wait(environment_.plan.task_mean, environment_.random), [this, id] {
      if (!frozen_) containers_.exit(id, 11);
    });
}

void Executors::ended(const ContainerId& id) {
  const auto found = processes_.find(id);
  if (found == processes_.end()) return;
  environment_.counts.add(Happening::executor_ended);
  disconnect(id, found->second, true);
  processes_.erase(found);
}

void Executors::agent_started() {
  agent_listens_ = true;
  for (const auto& [id, process] : processes_) connect_after(id, draw_upto(seconds(1), environment_.random));
}

void Executors::agent_crashed() {
  agent_listens_ = false;
  ++agent_life_;
  for (auto& [id, process] : processes_) disconnect(id, process, false);
  streams_.clear();
  replies_.clear();
}

void Executors::connect_after(const ContainerId& id, Duration wait) {
  after(id, wait, [this, id](Process& process) {
    if (agent_listens_ && !process.stream) connect(id, process);
  });
}

void Executors::connect(const ContainerId& id, Process& process) {
  ++process.connection;
  process.stream = StreamNumber{++last_number_};
  streams_[*process.stream] = id;
  environment_.queue.after(draw_upto(milliseconds(5), environment_.random),
                           [this, id, connection = process.connection, life = agent_life_] {
                             Process* known = find(id);
                             if (known == nullptr || known->connection != connection || life != agent_life_) return;
                             auto call = std::make_shared<ExecutorCall>(call_of(*known));
                             call->set_type(ExecutorCall::SUBSCRIBE);
                             call->mutable_subscribe();
                             for (const auto& [task, info] : known->unacknowledged_tasks)
                               *call->mutable_subscribe()->add_unacknowledged_tasks() = *info;
                             for (const auto& status : known->unacknowledged_updates)
                               *call->mutable_subscribe()->add_unacknowledged_updates()->mutable_status() = *status;
                             tell_(agent::ExecutorSubscribe{*known->stream, std::move(call), {}});
                           });
}

void Executors::disconnect(const ContainerId& id, Process& process, bool tell) {
  if (!process.stream) return;
  ++process.connection;
  const StreamNumber stream = *std::exchange(process.stream, std::nullopt);
  const bool was_open = std::exchange(process.open, false);
  streams_.erase(stream);
  if (!tell) return;
  environment_.counts.add(Happening::executor_stream_lost);
  if (was_open) tell_closed(stream);
  connect_after(id, milliseconds(10) + draw_upto(seconds(1), environment_.random));
}

void Executors::tell_closed(StreamNumber stream) {
  environment_.queue.after(draw_upto(milliseconds(300), environment_.random), [this, stream, life = agent_life_] {
    if (life == agent_life_) tell_(agent::ExecutorStreamClosed{stream});
  });
}

void Executors::perform(const agent::OpenExecutorStream& effect) {
  const auto found = streams_.find(effect.stream);
  if (found == streams_.end()) {
    // It ended, or lost its connection, while the agent made up its mind.
    if (effect.result) tell_closed(effect.stream);
    return;
  }
  const ContainerId id = found->second;
  Process* process = find(id);
  if (process == nullptr || process->stream != effect.stream) return;
  if (effect.result) {
    process->open = true;
    return;
  }
  disconnect(id, *process, false);
  connect_after(id, milliseconds(500));
}

void Executors::perform(const agent::SendExecutor& effect) {
  const auto found = streams_.find(effect.stream);
  if (found == streams_.end()) return;
  const ContainerId id = found->second;
  Process* process = find(id);
  if (process == nullptr || process->stream != effect.stream) return;
  if (!frozen_ && environment_.random.chance(0.01)) return disconnect(id, *process, true);
  process->heard =
      std::max(process->heard, environment_.queue.now().steady + draw_upto(milliseconds(5), environment_.random));
  environment_.queue.at(process->heard, [this, id, connection = process->connection, event = effect.event] {
    const Process* known = find(id);
    if (known != nullptr && known->connection == connection) on_event(id, event);
  });
}

void Executors::perform(const agent::CloseExecutorStream& effect) {
  const auto found = streams_.find(effect.stream);
  if (found == streams_.end()) return;
  const ContainerId id = found->second;
  Process* process = find(id);
  if (process == nullptr || process->stream != effect.stream) return;
  environment_.queue.at(process->heard, [this, id, connection = process->connection] {
    Process* known = find(id);
    if (known == nullptr || known->connection != connection) return;
    disconnect(id, *known, false);
    connect_after(id, milliseconds(500));
  });
}

void Executors::perform(const agent::ReplyExecutor& effect) {
  const auto node = replies_.extract(effect.reply);
  if (node.empty() || effect.result) return;
  // Said again with the next subscription.
  if (Process* process = find(node.mapped())) disconnect(node.mapped(), *process, true);
}

void Executors::on_event(const ContainerId& id, const EventMessage& event) {
  Process& process = *find(id);
  switch (event->type()) {
    case Event::LAUNCH:
      return take_task(id, process, event->launch().task());
    case Event::KILL:
      return after(id, draw_upto(seconds(1), environment_.random),
                   [this, id, task = TaskId(event->kill().task_id().value())](Process&) {
                     end_task(id, task, mesos::v1::TASK_KILLED);
                   });
    case Event::ACKNOWLEDGED:
      return on_acknowledged(process, TaskId(event->acknowledged().task_id().value()), event->acknowledged().uuid());
    case Event::SHUTDOWN:
      return shut_down(id, process);
    default:
      return;
  }
}

void Executors::take_task(const ContainerId& id, Process& process, const TaskInfo& info) {
  const TaskId task(info.task_id().value());
  if (!process.tasks.emplace(task, true).second)
    return environment_.laws.broken("an executor is given a task once", task.value);
  if (process.ending) return;
  process.unacknowledged_tasks[task] = std::make_shared<const TaskInfo>(info);
  containers_.start_task(id, info);
  if (environment_.random.chance(0.5)) say(id, process, task, mesos::v1::TASK_STARTING);
  say(id, process, task, mesos::v1::TASK_RUNNING);
  const Behaviour behaviour = behaviour_of(info.data());
  const int end = behaviour.wait_status == 0 ? mesos::v1::TASK_FINISHED : mesos::v1::TASK_FAILED;
  after(id, behaviour.runs, [this, id, task, end](Process&) {
    if (!frozen_) end_task(id, task, end);
  });
}

void Executors::end_task(const ContainerId& id, const TaskId& task, int state) {
  Process& process = *find(id);
  const auto found = process.tasks.find(task);
  if (found == process.tasks.end() || !std::exchange(found->second, false)) return;
  containers_.end_task(id, task);
  environment_.laws.on_task_ended(task.value, {.state = state, .is_certain = false});
  say(id, process, task, state);
  after(id, draw_upto(seconds(30), environment_.random), [this, id](Process&) { rest(id); });
}

// One that has nothing to do may leave.
void Executors::rest(const ContainerId& id) {
  Process& process = *find(id);
  const bool busy = std::ranges::any_of(process.tasks, [](const auto& task) { return task.second; });
  if (busy || frozen_ || !process.unacknowledged_updates.empty() || !environment_.random.chance(0.3)) return;
  containers_.exit(id, 0);
}

void Executors::on_acknowledged(Process& process, const TaskId& task, const std::string& uuid) {
  process.unacknowledged_tasks.erase(task);
  const auto found =
      std::ranges::find_if(process.unacknowledged_updates, [&](const auto& status) { return status->uuid() == uuid; });
  if (found == process.unacknowledged_updates.end()) return;
  environment_.laws.on_executor_answered(**found);
  process.unacknowledged_updates.erase(found);
}

void Executors::shut_down(const ContainerId& id, Process& process) {
  if (std::exchange(process.ending, true)) return;
  std::vector<TaskId> running;
  for (const auto& [task, runs] : process.tasks)
    if (runs) running.push_back(task);
  for (const TaskId& task : running) end_task(id, task, mesos::v1::TASK_KILLED);
  environment_.queue.after(draw_upto(seconds(1), environment_.random), [this, id] { containers_.exit(id, 0); });
}

void Executors::say(const ContainerId& id, Process& process, const TaskId& task, int state) {
  auto status = std::make_shared<TaskStatus>();
  status->mutable_task_id()->set_value(task.value);
  status->set_state(static_cast<mesos::v1::TaskState>(state));
  status->set_source(TaskStatus::SOURCE_EXECUTOR);
  status->mutable_executor_id()->set_value(process.executor.value);
  status->set_uuid(environment_.random.uuid_bytes());
  process.unacknowledged_updates.push_back(status);
  if (process.open) send(id, process, status);
}

void Executors::send(const ContainerId& id, Process& process, const std::shared_ptr<const TaskStatus>& status) {
  process.said =
      std::max(process.said, environment_.queue.now().steady + draw_upto(milliseconds(5), environment_.random));
  auto call = std::make_shared<ExecutorCall>(call_of(process));
  call->set_type(ExecutorCall::UPDATE);
  *call->mutable_update()->mutable_status() = *status;
  environment_.queue.at(process.said, [this, id, life = agent_life_, call = std::move(call)] {
    if (life != agent_life_) return;
    const ReplyNumber reply{++last_number_};
    replies_[reply] = id;
    tell_(agent::ExecutorCall{reply, call, {}});
  });
}

ExecutorCall Executors::call_of(const Process& process) const {
  ExecutorCall call;
  call.mutable_framework_id()->set_value(process.framework.value);
  call.mutable_executor_id()->set_value(process.executor.value);
  return call;
}

Executors::Process* Executors::find(const ContainerId& id) {
  const auto found = processes_.find(id);
  return found == processes_.end() ? nullptr : &found->second;
}

}  // namespace stoa::sim
