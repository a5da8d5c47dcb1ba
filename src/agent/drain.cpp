// Draining: every task is killed, none is taken, and when nothing is left and nothing is owed to anybody, it is over
// (AGT-180..183, AGT-094). That the agent gets no offers afterwards is the master's business.
#include <algorithm>
#include <utility>

#include "agent/core.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

void Agent::Core::drain(const link::Drain& message) {
  if (!has_work()) {
    log(log::Level::info, "nothing to drain: the agent has no tasks, executors or operations");
    return;
  }
  const WallSeconds since = drain_ ? drain_->since : now_.wall;
  drain_ = StoredDrain{.config = std::make_shared<const v1::DrainConfig>(message.config()), .since = since};
  journal_.put(drain_kind, agent_record_id, encode(*drain_));
  journal_.then(DrainStored{});
}

void Agent::Core::kill_all_for_drain() {
  if (!drain_ || life_ != Life::active) return;
  log(log::Level::info, "draining: killing all tasks");
  std::vector<TaskKey> keys;
  for (const auto& [key, run] : runs_)
    if (!has_ended(run)) keys.push_back(key);
  for (const auto& key : keys) {
    TaskRun* run = find_run(key);
    if (run == nullptr || !run->info || has_ended(*run)) continue;
    if (!drain_->config->has_max_grace_period()) {
      kill(*run, nullptr);
      continue;
    }
    v1::KillPolicy policy;
    policy.mutable_grace_period()->set_nanoseconds(
        std::min(executor_options(*frameworks_.at(key.framework).info, *run->info).kill_grace,
                 Duration(drain_->config->max_grace_period().nanoseconds()))
            .count());
    kill(*run, &policy);
  }
  std::vector<ExecutorKey> idle;
  for (const auto& [key, executor] : executors_)
    if (executor.is_custom() && executor.live == 0) idle.push_back(key);
  for (const auto& key : idle)
    if (ExecutorRun* executor = find_executor(key); executor != nullptr) shut_down(*executor);
}

bool Agent::Core::has_work() const {
  return !runs_.empty() || !executors_.empty() || !dying_.empty() || !operations_.idle();
}

void Agent::Core::end_drain_if_done() {
  if (!drain_ || life_ != Life::active || has_work()) return;
  log(log::Level::info, "the agent is drained");
  drain_.reset();
  journal_.erase(drain_kind, agent_record_id);
}

// What a task that a drain has ended is told to have become (EXE-080).
void Agent::Core::mark_drained(const v1::FrameworkInfo& framework, v1::TaskStatus& status) const {
  if (!drain_ || (status.state() != v1::TASK_KILLING && status.state() != v1::TASK_KILLED)) return;
  status.set_reason(v1::TaskStatus::REASON_AGENT_DRAINING);
  if (!status.has_message()) status.set_message("The agent is draining");
  if (status.state() == v1::TASK_KILLED && drain_->config->mark_gone() &&
      state_for(framework, v1::TASK_GONE_BY_OPERATOR) == v1::TASK_GONE_BY_OPERATOR)
    status.set_state(v1::TASK_GONE_BY_OPERATOR);
}

}  // namespace stoa::agent
