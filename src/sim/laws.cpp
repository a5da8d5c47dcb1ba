#include "sim/laws.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"
#include "stoa/checkpoint.pb.h"
#include "stoa/link.pb.h"

namespace stoa::sim {
namespace {

using mesos::v1::TaskState_Name;
using mesos::v1::TaskStatus;

// Keys of records are FRAMEWORK/TASK; tasks of all frameworks have different names here.
std::string task_of(const std::string& key) { return key.substr(key.find('/') + 1); }

// Whether a task may be seen again after its scheduler was told this: only where it was told that nobody knows.
bool may_return(const TaskStatus& status, bool partition_aware) {
  if (status.source() != TaskStatus::SOURCE_MASTER) return false;
  return status.state() == mesos::v1::TASK_UNREACHABLE || (!partition_aware && status.state() == mesos::v1::TASK_LOST);
}

// Whether a state says that there is no such task, in words that depend on who was asked when.
bool is_absence(int state) {
  switch (state) {
    case mesos::v1::TASK_LOST:
    case mesos::v1::TASK_ERROR:
    case mesos::v1::TASK_DROPPED:
    case mesos::v1::TASK_GONE:
    case mesos::v1::TASK_GONE_BY_OPERATOR:
    case mesos::v1::TASK_UNKNOWN:
    case mesos::v1::TASK_UNREACHABLE:
      return true;
    default:
      return false;
  }
}

}  // namespace

Uuid uuid_of(std::string_view bytes) {
  Uuid uuid{};
  std::memcpy(uuid.data(), bytes.data(), std::min(bytes.size(), sizeof uuid));
  return uuid;
}

Progress progress_of(const std::string& key, const std::optional<std::string>& bytes) {
  Progress progress{.key = key};
  if (!bytes) return progress;
  checkpoint::Progress record;
  progress.is_readable = record.ParseFromString(*bytes);
  progress.is_killed = record.has_kill_grace();
  for (const TaskStatus& status : record.pending()) {
    progress.pending.push_back(uuid_of(status.uuid()));
    progress.states.push_back(status.state());
  }
  return progress;
}

void Laws::broken(std::string law, std::string what) {
  if (!violation_) violation_ = Violation{std::move(law), std::move(what)};
}

void Laws::on_progress(const Progress& progress, bool durable) {
  if (!progress.is_readable) return broken("records can be read", progress.key);
  Task& task = tasks_[task_of(progress.key)];
  if (durable) on_durable(task, progress);
  std::size_t acknowledged = task.uuids.size();
  if (!progress.pending.empty()) {
    const auto first = std::ranges::find(task.uuids, progress.pending.front());
    acknowledged = static_cast<std::size_t>(first - task.uuids.begin());
  }
  if (acknowledged < task.acknowledged_in_life) broken("an acknowledged update is never pending again", progress.key);
  task.acknowledged_in_life = std::max(task.acknowledged_in_life, acknowledged);
  if (durable) task.acknowledged = std::max(task.acknowledged, acknowledged);
}

void Laws::on_durable(Task& task, const Progress& progress) {
  task.is_killed = task.is_killed || progress.is_killed;
  for (std::size_t i = 0; i < progress.pending.size(); ++i) {
    if (std::ranges::find(task.uuids, progress.pending[i]) != task.uuids.end()) continue;
    task.uuids.push_back(progress.pending[i]);
    task.states.push_back(progress.states[i]);
    const auto state = static_cast<mesos::v1::TaskState>(progress.states[i]);
    if (task.ended != -1) {
      broken("nothing comes after a terminal status",
             fmt::format("task {}: {} after {}", progress.key, TaskState_Name(state),
                         TaskState_Name(static_cast<mesos::v1::TaskState>(task.ended))));
    }
    if (!model::is_terminal(state)) continue;
    task.ended = state;
    const bool finished = state == mesos::v1::TASK_FINISHED;
    // One that finished by itself while the wish to kill it was being written is killed: the wish came first.
    const bool otherwise = state == mesos::v1::TASK_FAILED || (state == mesos::v1::TASK_KILLED && !task.may_be_killed);
    if (finished ? task.end.state != state || task.is_killed
                 : otherwise && task.end.is_certain && task.end.state == mesos::v1::TASK_FINISHED)
      broken("a task ends as its process did", fmt::format("task {}: {}", progress.key, TaskState_Name(state)));
  }
}

void Laws::on_executor_answered(const TaskStatus& status) {
  const Task& task = tasks_[status.task_id().value()];
  const auto found = std::ranges::find(task.uuids, uuid_of(status.uuid()));
  const bool is_true = found != task.uuids.end() && task.states[static_cast<std::size_t>(found - task.uuids.begin())] ==
                                                        static_cast<int>(status.state());
  if (!is_true)
    broken("an executor is answered when its update is durable",
           fmt::format("task {} {}", status.task_id().value(), TaskState_Name(status.state())));
}

void Laws::on_rest(const std::string& name) {
  const Task& task = tasks_[name];
  if (task.seen == task.uuids.size()) return;
  broken("every durable status reaches its framework",
         fmt::format("task {}: {} of {}", name, task.seen, task.uuids.size()));
}

void Laws::on_agent_crash(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    Task& task = tasks_[task_of(key)];
    task.acknowledged_in_life = task.acknowledged;
  }
}

void Laws::on_update_sent(const link::Update& update) {
  const TaskStatus& status = update.status();
  const Task& task = tasks_[status.task_id().value()];
  const auto found = std::ranges::find(task.uuids, uuid_of(status.uuid()));
  const auto what = [&] { return fmt::format("task {} {}", status.task_id().value(), TaskState_Name(status.state())); };
  if (found == task.uuids.end()) return broken("an update is durable before it is sent", what());
  if (static_cast<std::size_t>(found - task.uuids.begin()) < task.acknowledged_in_life)
    broken("an acknowledged update is not sent again", what());
}

void Laws::on_status(const std::string& framework, const TaskStatus& status, bool partition_aware) {
  Task& task = tasks_[status.task_id().value()];
  const auto what = [&] {
    return fmt::format("framework {} task {} {}", framework, status.task_id().value(), TaskState_Name(status.state()));
  };
  if (status.has_uuid()) {
    const auto found = std::ranges::find(task.uuids, uuid_of(status.uuid()));
    if (found == task.uuids.end()) return broken("schedulers see durable statuses only", what());
    const auto index = static_cast<std::size_t>(found - task.uuids.begin());
    if (index > task.seen) return broken("no status is left out", what());
    if (index + 1 < task.seen) return broken("statuses of a task come in order", what());
    task.seen = index + 1;
  }
  on_final(task, status, partition_aware);
}

void Laws::on_final(Task& task, const TaskStatus& status, bool partition_aware) {
  const bool repeated = task.terminal == status.state() || (is_absence(task.terminal) && is_absence(status.state()) &&
                                                            status.reason() == TaskStatus::REASON_RECONCILIATION);
  if (task.terminal != -1 && !repeated) {
    broken("a task has one final state",
           fmt::format("task {}: {} after {} ({}, {})", status.task_id().value(), TaskState_Name(status.state()),
                       TaskState_Name(static_cast<mesos::v1::TaskState>(task.terminal)),
                       TaskStatus::Reason_Name(status.reason()), status.message()));
  }
  if (model::is_terminal(status.state()) && !may_return(status, partition_aware)) task.terminal = status.state();
}

}  // namespace stoa::sim
