// What executors say: subscriptions, updates, messages (executor.md sections 2, 4, 6 and 7).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/container_status.h"
#include "agent/core.h"
#include "agent/executor_events.h"
#include "agent/executor_status.h"
#include "mesos/v1/executor/executor.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

constexpr Duration heartbeat_interval = std::chrono::minutes(30);  // EXE-050
constexpr Duration doubt_max = std::chrono::seconds(10);           // See send_heartbeat().
constexpr std::size_t updates_pending_max = 10'000;                // Of one task.
constexpr std::size_t strangers_max = 10'000;                      // Of one framework: tasks that are not this agent's.

ExecutorKey key_of(const v1::executor::Call& call) {
  return {FrameworkId(call.framework_id().value()), ExecutorId(call.executor_id().value())};
}

}  // namespace

// Why this caller cannot be heard, in the order of EXE-020.
Result<> Agent::Core::check_executor(const v1::executor::Call& call,
                                     const std::optional<ExecutorClaims>& claims) const {
  const bool is_subscribe = call.type() == v1::executor::Call::SUBSCRIBE;
  if (life_ == Life::created || life_ == Life::recovering || (life_ == Life::reconnecting && !is_subscribe))
    return fail(Code::unavailable, "Agent has not finished recovery");
  const ExecutorKey key = key_of(call);
  if (!frameworks_.contains(key.framework)) return invalid("Framework cannot be found");
  const auto found = executors_.find(key);
  if (found == executors_.end() || !found->second.launched) return invalid("Executor cannot be found");
  const ExecutorRun& executor = found->second;
  if (claims && (claims->framework != key.framework || claims->executor != key.executor ||
                 claims->container != executor.container))
    return fail(Code::permission_denied, "The token was made for another executor");
  if (!executor.is_custom()) return fail(Code::permission_denied, "The executor is built into the agent");
  if (is_subscribe) return {};
  if (executor.phase == ExecutorRun::Phase::registering)
    return fail(Code::permission_denied, "Executor is not subscribed");
  if (call.type() == v1::executor::Call::UNKNOWN) return fail(Code::unimplemented, "Unknown type of call");
  return {};
}

void Agent::Core::on(const ExecutorSubscribe& event) {
  if (find_dying(key_of(*event.call)) != nullptr) return dismiss(event.stream);
  const auto heard = check_executor(*event.call, event.claims);
  if (!heard.has_value()) return emit(OpenExecutorStream{event.stream, heard});
  ExecutorRun& executor = executors_.at(key_of(*event.call));
  if (!executor.is_alive()) return dismiss(event.stream);
  subscribe(executor, event);
  finish_reconnecting(false);
}

// It has to end, and is told nothing else (EXE-042).
void Agent::Core::dismiss(StreamNumber stream) {
  emit(OpenExecutorStream{stream, {}});
  emit(SendExecutor{stream, shutdown_event()});
  emit(CloseExecutorStream{stream});
}

void Agent::Core::subscribe(ExecutorRun& executor, const ExecutorSubscribe& event) {
  close_stream(executor);
  executor.stream = event.stream;
  executor.phase = ExecutorRun::Phase::running;
  streams_of_executors_.emplace(event.stream, executor.key);
  life_timers_.cancel(executor.key);
  emit(OpenExecutorStream{event.stream, {}});
  if (!executor.has_subscribed) {
    executor.has_subscribed = true;
    store_executor(executor);
  }
  if (!executor.subscription_stored) journal_.then(SubscriptionStored{executor.key, executor.container, event.stream});
  for (const auto& update : event.call->subscribe().unacknowledged_updates()) {
    if (const auto valid = check_executor_status(*event.call, update.status()); valid.has_value()) {
      take_update(executor, update.status());
    } else {
      log(log::Level::warning,
          fmt::format("executor {}: skipped an unacknowledged update: {}", executor.key.text(), valid.error().message));
    }
  }
  check_deliveries(executor, *event.call);
  heartbeat_timers_.set(executor.key, now_.steady + (is_in_doubt(executor) ? doubt_max : heartbeat_interval));
  end_if_idle(executor);
  if (executor.subscription_stored) announce(executor);
}

// Finds the tasks that were sent and never arrived: those of an earlier life of the agent are dropped (EXE-045), those
// whose stream broke are sent again (EXE-052). One that was sent on a stream that is only now replaced may be under
// way: the executor's next subscription will tell.
void Agent::Core::check_deliveries(ExecutorRun& executor, const v1::executor::Call& call) {
  std::set<std::string_view> arrived;
  for (const auto& task : call.subscribe().unacknowledged_tasks()) arrived.insert(task.task_id().value());
  std::map<std::uint64_t, std::vector<TaskId>> lost;
  for (const TaskId& task : executor.tasks) {
    TaskRun& run = runs_.at({executor.key.framework, task});
    if (!run.delivered || run.latest || run.ending) continue;
    if (arrived.contains(task.value)) {
      run.in_doubt = false;
    } else if (!run.undelivered) {
      report(run, {.state = v1::TASK_DROPPED,
                   .reason = v1::TaskStatus::REASON_AGENT_RESTARTED,
                   .from_agent = true,
                   .message = "Task launched during agent restart"});
    } else if (run.in_doubt) {
      lost[run.place->batch].push_back(task);
    } else {
      run.in_doubt = true;
    }
  }
  for (auto& [number, tasks] : lost) {
    const Place place = *runs_.at({executor.key.framework, tasks.front()}).place;
    const bool arrived_all = tasks.size() != place.batch_size;  // The others arrived, so all did (EXE-061).
    for (const TaskId& task : tasks) {
      TaskRun& run = runs_.at({executor.key.framework, task});
      run.in_doubt = false;
      if (arrived_all) continue;
      run.delivered = false;
      refresh(run);
    }
    if (arrived_all) continue;
    executor.requeue({.number = number, .is_group = place.is_group, .tasks = std::move(tasks)});
  }
}

void Agent::Core::on_subscription_stored(const SubscriptionStored& stored) {
  ExecutorRun* executor = find_executor(stored.key);
  if (executor == nullptr || executor->container != stored.container) return;
  executor->subscription_stored = true;
  if (executor->stream == stored.stream) announce(*executor);
}

void Agent::Core::announce(ExecutorRun& executor) {
  if (executor.phase != ExecutorRun::Phase::running || executor.announced) return;
  executor.announced = true;
  emit(SendExecutor{*executor.stream, subscribed_event({.executor = *executor.info,
                                                        .framework = *frameworks_.at(executor.key.framework).info,
                                                        .agent = *info_,
                                                        .container = executor.container})});
  for (const TaskId& task : executor.tasks) {
    const TaskRun& run = runs_.at({executor.key.framework, task});
    if (run.kill && !has_ended(run)) emit(SendExecutor{*executor.stream, run.kill});
  }
  deliver(executor);
}

void Agent::Core::on(const ExecutorStreamClosed& event) {
  const auto found = streams_of_executors_.find(event.stream);
  if (found == streams_of_executors_.end()) return;
  ExecutorRun& executor = executors_.at(found->second);
  for (const TaskId& task : executor.tasks) {
    TaskRun& run = runs_.at({executor.key.framework, task});
    if (run.delivered && !run.latest) run.in_doubt = true;
  }
  close_stream(executor);
}

void Agent::Core::close_stream(ExecutorRun& executor) {
  if (!executor.stream) return;
  emit(CloseExecutorStream{*executor.stream});
  streams_of_executors_.erase(*executor.stream);
  heartbeat_timers_.cancel(executor.key);
  executor.stream.reset();
  executor.announced = false;
  for (ExecutorRun::Batch& batch : executor.queue) batch.announced = false;
}

bool Agent::Core::is_in_doubt(const ExecutorRun& executor) const {
  return std::ranges::any_of(executor.tasks, [&](const TaskId& task) {
    const TaskRun& run = runs_.at({executor.key.framework, task});
    return run.delivered && run.in_doubt && !run.latest && !run.ending;
  });
}

// A task that went down a stream which was replaced may have been lost with it, and an executor that does not know of
// it says nothing. When that lasts, its stream is closed: in its next subscription it says what it has.
void Agent::Core::send_heartbeat(ExecutorRun& executor) {
  if (is_in_doubt(executor)) return close_stream(executor);
  if (executor.announced) emit(SendExecutor{*executor.stream, heartbeat_event()});
  heartbeat_timers_.set(executor.key, now_.steady + heartbeat_interval);
}

void Agent::Core::on(const ExecutorCall& event) {
  const v1::executor::Call& call = *event.call;
  // Nobody is left who would hear of it (EXE-082).
  if (find_dying(key_of(call)) != nullptr) return emit(ReplyExecutor{event.reply, {}});
  auto heard = check_executor(call, event.claims);
  if (heard.has_value() && call.type() == v1::executor::Call::UPDATE) heard = check_room(call);
  emit(ReplyExecutor{event.reply, heard});
  if (!heard.has_value()) return;
  ExecutorRun& executor = executors_.at(key_of(call));
  if (call.type() == v1::executor::Call::UPDATE) return take_update(executor, call.update().status());
  forward_message(executor, call.message().data());
}

// An executor that talks faster than its scheduler listens has to wait.
Result<> Agent::Core::check_room(const v1::executor::Call& call) const {
  const FrameworkId framework(call.framework_id().value());
  const TaskKey key{framework, TaskId(call.update().status().task_id().value())};
  if (streams_.pending(key) >= updates_pending_max)
    return fail(Code::unavailable, "Too many updates of the task wait for the scheduler's acknowledgement");
  if (!runs_.contains(key) && frameworks_.at(framework).strangers >= strangers_max)
    return fail(Code::unavailable, "Too many updates of unknown tasks wait for the scheduler's acknowledgement");
  return {};
}

void Agent::Core::take_update(ExecutorRun& executor, const v1::TaskStatus& given) {
  const TaskKey key{executor.key.framework, TaskId(given.task_id().value())};
  const auto ignore = [&](const char* why) {
    ++counters_.invalid_status_updates;
    log(log::Level::warning,
        fmt::format("executor {}: ignored an update of task {}: {}", executor.key.text(), key.task.value, why));
  };
  if (given.has_agent_id() && given.agent_id().value() != id_.value) return ignore("it is about another agent");
  TaskRun* run = find_run(key);
  if (run != nullptr && !run->container.empty()) return ignore("the agent runs that task itself");
  if (run == nullptr && !executor.ended.contains(key.task))
    run = &add_run(key, nullptr, ContainerId(), Place{executor.key.executor});
  if (run != nullptr && run->ending && run->has_received(given.uuid())) return;  // Acknowledged when it is forwarded.
  if (run == nullptr || has_ended(*run) || run->has_received(given.uuid()))
    return journal_.then(UpdateStored{executor.key, key.task, given.uuid()});
  ++counters_.valid_status_updates;
  run->note_received(given.uuid());
  const auto status = completed_status(executor, *run, given);
  ExecutorRun* owner = executor_of(*run);
  if (owner != nullptr) note_arrival(*owner, *run);
  if (owner == nullptr || !owner->launched || owner->phase == ExecutorRun::Phase::terminated ||
      !is_terminal(status->state()))
    return forward_from(executor.key, *run, status);
  // The container gives back what the task had before the master may offer it again (EXE-076).
  run->ending = true;
  resize(*owner, {.terminal = status, .from = executor.key});
}

// The task has reached its executor.
void Agent::Core::note_arrival(ExecutorRun& executor, TaskRun& run) {
  if (ExecutorRun::Batch* batch = executor.find_batch(run.key.task); batch != nullptr) {
    std::erase(batch->tasks, run.key.task);  // Without having been sent: it will not be.
    if (batch->tasks.empty()) executor.remove_batch(batch->number);
  }
  run.delivered = true;
  run.in_doubt = false;
  run.undelivered.reset();
  if (executor.had_task) return;
  executor.had_task = true;
  store_executor(executor);
}

Agent::Core::StatusPointer Agent::Core::completed_status(const ExecutorRun& sender, const TaskRun& run,
                                                         const v1::TaskStatus& given) {
  auto status = std::make_shared<v1::TaskStatus>(given);
  status->mutable_agent_id()->set_value(id_.value);
  status->mutable_executor_id()->set_value(sender.key.executor.value);
  if (!status->has_timestamp()) status->set_timestamp(now_.wall);
  mark_drained(*frameworks_.at(run.key.framework).info, *status);
  if (!run.info) return status;  // Not of this agent: nothing is known of its container (EXE-078).
  const ExecutorRun* owner = executor_of(run);
  const ExecutorRun& container = owner != nullptr ? *owner : sender;
  put_container_status({.id = container.container, .pid = container.pid}, config_, *status);
  return status;
}

void Agent::Core::forward_from(const ExecutorKey& sender, TaskRun& run, const StatusPointer& status) {
  forward(run, status);
  journal_.then(UpdateStored{sender, run.key.task, status->uuid()});
}

void Agent::Core::forward_held(ExecutorRun& executor, const ExecutorRun::Resizing& held) {
  TaskRun* run = find_run(TaskKey{executor.key.framework, TaskId(held.terminal->task_id().value())});
  if (run == nullptr || !run->ending) return;
  run->ending = false;
  forward_from(held.from, *run, held.terminal);
}

void Agent::Core::on_update_stored(const UpdateStored& stored) {
  const ExecutorRun* executor = find_executor(stored.key);
  if (executor == nullptr || !executor->announced) return;
  emit(SendExecutor{*executor->stream, acknowledged_event(stored.task, stored.uuid)});
}

void Agent::Core::forward_message(const ExecutorRun& executor, const std::string& data) {
  if (registration_.state() != Registration::State::registered) {
    ++counters_.invalid_framework_messages;
    return;
  }
  ++counters_.valid_framework_messages;
  auto message = std::make_shared<link::ToMaster>();
  link::ExecutorMessage& body = *message->mutable_executor_message();
  body.mutable_framework_id()->set_value(executor.key.framework.value);
  body.mutable_executor_id()->set_value(executor.key.executor.value);
  body.set_data(data);
  send(std::move(message));
}

// At most once, to those who listen (EXE-064, EXE-086).
void Agent::Core::deliver_message(const link::SchedulerMessage& message) {
  const ExecutorRun* executor = find_executor(
      ExecutorKey{FrameworkId(message.framework_id().value()), ExecutorId(message.executor_id().value())});
  if (executor == nullptr || executor->phase != ExecutorRun::Phase::running || !executor->announced) {
    ++counters_.invalid_framework_messages;
    return;
  }
  ++counters_.valid_framework_messages;
  emit(SendExecutor{*executor->stream, message_event(message.data())});
}

}  // namespace stoa::agent
