#include "sdk/unacknowledged.h"

#include <mesos/v1/executor/executor.pb.h>

#include <algorithm>

namespace stoa::sdk {

Unacknowledged::Unacknowledged() = default;
Unacknowledged::~Unacknowledged() = default;

void Unacknowledged::launched(const mesos::v1::TaskInfo& task) { tasks_.push_back(task); }

void Unacknowledged::updated(const mesos::v1::TaskStatus& status) { updates_.push_back(status); }

bool Unacknowledged::acknowledged(const std::string& task_id, const std::string& uuid) {
  const auto update = std::ranges::find_if(updates_, [&](const mesos::v1::TaskStatus& status) {
    return status.uuid() == uuid && status.task_id().value() == task_id;
  });
  if (update == updates_.end()) return false;
  updates_.erase(update);
  std::erase_if(tasks_, [&](const mesos::v1::TaskInfo& task) { return task.task_id().value() == task_id; });
  return true;
}

void Unacknowledged::tell(mesos::v1::executor::Call& subscribe) const {
  for (const mesos::v1::TaskInfo& task : tasks_) *subscribe.mutable_subscribe()->add_unacknowledged_tasks() = task;
  for (const mesos::v1::TaskStatus& status : updates_) {
    *subscribe.mutable_subscribe()->add_unacknowledged_updates()->mutable_status() = status;
  }
}

}  // namespace stoa::sdk
