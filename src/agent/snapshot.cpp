#include "agent/snapshot.h"

#include <utility>

#include "agent/core.h"

namespace stoa::agent {

Snapshot Agent::Core::snapshot() const {
  Snapshot result{.info = info_,
                  .total = operations_.shared_total(),
                  .recovered = life_ != Life::created && life_ != Life::recovering,
                  .registered = registration_.state() == Registration::State::registered};
  result.operations = operations_.all();
  if (drain_) {
    result.drain_config = drain_->config;
    result.drain_since = drain_->since;
  }
  result.garbage = garbage_.counts();
  auto run = runs_.begin();
  auto executor = executors_.begin();
  for (const auto& [id, framework] : frameworks_) {
    FrameworkRecord record{.info = framework.info};
    record.executors.reserve(framework.runs);
    for (; run != runs_.end() && run->first.framework == id; ++run)
      if (run->second.record) record.executors.push_back(run->second.record);
    for (; executor != executors_.end() && executor->first.framework == id; ++executor)
      record.executors.push_back(record_of(executor->second));
    record.completed_executors.assign(framework.completed.begin(), framework.completed.end());
    result.frameworks.push_back(std::move(record));
  }
  for (const auto& [id, framework] : completed_frameworks_)
    result.completed_frameworks.push_back(
        {.info = framework.info, .completed_executors = {framework.completed.begin(), framework.completed.end()}});
  result.counters = counters_;
  return result;
}

// O(tasks): made when asked for, since a change of one of a thousand tasks should not cost a thousand.
std::shared_ptr<const ExecutorRecord> Agent::Core::record_of(const ExecutorRun& executor) const {
  auto record = std::make_shared<ExecutorRecord>();
  record->info = executor.info;
  record->container = executor.container;
  record->directory = config_.work_dir + "/" + executor.directory;
  record->command = false;
  record->stage = executor.phase;
  record->pid = executor.pid;
  record->tasks.assign(executor.completed.begin(), executor.completed.end());
  for (const TaskId& task : executor.tasks) record->tasks.push_back(runs_.at({executor.key.framework, task}).shown);
  return record;
}

}  // namespace stoa::agent
