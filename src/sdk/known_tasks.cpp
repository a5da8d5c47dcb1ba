#include "sdk/known_tasks.h"

#include <mesos/v1/scheduler/scheduler.pb.h>

#include "stoa/scheduler.h"

namespace stoa::sdk {
namespace {

template <typename Take>
void for_each_launch(const mesos::v1::scheduler::Call& call, const Take& take) {
  for (const mesos::v1::Offer::Operation& operation : call.accept().operations()) {
    for (const mesos::v1::TaskInfo& task : operation.launch().task_infos()) take(task);
    for (const mesos::v1::TaskInfo& task : operation.launch_group().task_group().tasks()) take(task);
  }
}

}  // namespace

void KnownTasks::launched(const mesos::v1::scheduler::Call& call) {
  for_each_launch(call, [this](const mesos::v1::TaskInfo& task) {
    tasks_.try_emplace(task.task_id().value(), State{task.agent_id().value()});
  });
}

void KnownTasks::updated(const mesos::v1::TaskStatus& status) {
  const std::string& id = status.task_id().value();
  if (scheduler::is_terminal(status.state()) || status.state() == mesos::v1::TASK_UNKNOWN) {
    tasks_.erase(id);
    return;
  }
  State& task = tasks_[id];
  task.in_question = false;
  if (status.has_agent_id()) task.agent_id = status.agent_id().value();
}

void KnownTasks::refused(const mesos::v1::scheduler::Call& call) {
  for_each_launch(call, [this](const mesos::v1::TaskInfo& task) { tasks_.erase(task.task_id().value()); });
}

void KnownTasks::question_all() {
  for (auto& [id, task] : tasks_) task.in_question = true;
}

void KnownTasks::question(const mesos::v1::scheduler::Call& call) {
  for_each_launch(call, [this](const mesos::v1::TaskInfo& task) {
    if (const auto known = tasks_.find(task.task_id().value()); known != tasks_.end()) known->second.in_question = true;
  });
}

std::vector<KnownTasks::Task> KnownTasks::in_question() const {
  std::vector<Task> out;
  for (const auto& [id, task] : tasks_) {
    if (task.in_question) out.push_back({id, task.agent_id});
  }
  return out;
}

}  // namespace stoa::sdk
