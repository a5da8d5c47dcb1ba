// Launch orders: from the master's Run or RunGroup to an accepted or a dropped task.
//
// Orders for one executor keep their order (AGT-050). One that names a task whose last acknowledgement is still being
// written waits for that, and whatever comes behind it for the same executor waits too.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/core.h"
#include "agent/environment.h"
#include "agent/launch_order.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

void Agent::Core::obey_launch(const link::ToAgent& message) {
  const auto order = launch_order(message);
  if (!order) {
    log(log::Level::warning, "ignored an order to launch an empty group");
    return;
  }
  Parked parked{.tasks = order->keys()};
  if (order->executor != nullptr) parked.executor = ExecutorKey{order->framework_id(), order->executor_id()};
  if (!must_wait(parked, parked_.end())) return carry_out(*order);
  parked.message = std::make_shared<const link::ToAgent>(message);
  parked_.push_back(std::move(parked));
}

// Whether a task of this order is being forgotten, or an order before `end` shares a task or the executor with it.
bool Agent::Core::must_wait(const Parked& order, std::list<Parked>::const_iterator end) const {
  for (const TaskKey& key : order.tasks) {
    const auto run = runs_.find(key);
    if (run != runs_.end() && run->second.closing) return true;
  }
  return std::any_of(parked_.begin(), end, [&](const Parked& earlier) {
    if (order.executor && earlier.executor == order.executor) return true;
    return std::ranges::find_first_of(earlier.tasks, order.tasks) != earlier.tasks.end();
  });
}

void Agent::Core::release_parked() {
  for (auto next = parked_.begin(); next != parked_.end();) {
    if (must_wait(*next, next)) {
      ++next;
      continue;
    }
    const Parked order = std::move(*next);
    next = parked_.erase(next);
    carry_out(*launch_order(*order.message));
    for (const auto& key : order.killed)
      if (TaskRun* run = find_run(key); run != nullptr && !has_ended(*run)) kill(*run, nullptr);
  }
}

void Agent::Core::carry_out(const LaunchOrder& order) {
  for (const TaskKey& key : order.keys()) {
    if (!runs_.contains(key)) continue;
    log(log::Level::warning, fmt::format("ignored a second order to run task {}", key.text()));
    return;
  }
  add_framework(*order.framework);
  std::optional<Refusal> refusal;
  if (drain_) refusal = {v1::TaskStatus::REASON_AGENT_DRAINING, "Task was received while agent was already draining"};
  if (!refusal) refusal = unacceptable(order);
  if (!refusal) refusal = order.executor == nullptr ? why_not_command(order) : why_not_executor(order);
  if (refusal) return refuse(order, *refusal);
  if (order.executor != nullptr) return accept_on_executor(order);
  accept(order.keys().front(), *order.tasks.front());
}

std::optional<Refusal> Agent::Core::why_not_command(const LaunchOrder& order) const {
  const TaskKey key = order.keys().front();
  if (executors_.contains({key.framework, ExecutorId(key.task.value)}))
    return Refusal{v1::TaskStatus::REASON_TASK_INVALID, "Cannot reuse an already existing executor"};
  if (order.expects_new_executor) return std::nullopt;
  return Refusal{v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                 "The launch expected an executor that runs already, but a command task brings its own"};
}

std::optional<Refusal> Agent::Core::why_not_executor(const LaunchOrder& order) const {
  const ExecutorKey key{order.framework_id(), order.executor_id()};
  // The built-in executor of a command task has the task's id.
  const auto command = runs_.find({key.framework, TaskId(key.executor.value)});
  if (command != runs_.end() && !command->second.container.empty() && !command->second.place)
    return Refusal{v1::TaskStatus::REASON_TASK_INVALID, "Cannot reuse an already existing executor"};
  const auto known = executors_.find(key);
  const auto refuse = [](std::string why) {
    return Refusal{v1::TaskStatus::REASON_EXECUTOR_TERMINATED, std::move(why)};
  };
  if (known == executors_.end()) {
    if (order.expects_new_executor) return std::nullopt;
    return refuse(fmt::format("The launch expected executor '{}' to run, but it does not", key.executor.value));
  }
  const ExecutorRun& executor = known->second;
  if (!executor.is_alive())
    return refuse(fmt::format("Executor '{}' is {}", key.executor.value,
                              executor.phase == ExecutorRun::Phase::terminating ? "terminating" : "terminated"));
  if (!order.expects_new_executor) return std::nullopt;
  return refuse(fmt::format("The launch expected a new executor, but executor '{}' runs already", key.executor.value));
}

void Agent::Core::refuse(const LaunchOrder& order, const Refusal& refusal) {
  std::optional<Place> place;
  if (order.executor != nullptr) place = Place{order.executor_id()};
  for (const auto* task : order.tasks)
    drop({order.framework_id(), TaskId(task->task_id().value())},
         std::make_shared<const v1::TaskInfo>(without_secrets(*task)), refusal.reason, refusal.message, place);
  if (!place || !order.expects_new_executor) return;
  // The master has begun to count an executor that there will not be.
  const ExecutorKey key{order.framework_id(), place->executor};
  const auto known = executors_.find(key);
  if (known == executors_.end() || known->second.phase == ExecutorRun::Phase::terminated)
    tell_executor_exited(key, wait_status_unknown);
}

}  // namespace stoa::agent
