// Unacknowledged: the tasks and updates of an executor that its agent may not have on disk yet, so that it can tell a
// restarted agent about them (EXE-044, EXE-045). Pure.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "proto/forward.h"

namespace stoa::sdk {

class Unacknowledged {
 public:
  Unacknowledged();
  ~Unacknowledged();

  // In question until an update of it is acknowledged.
  void launched(const mesos::v1::TaskInfo& task);
  // `status` has a uuid.
  void updated(const mesos::v1::TaskStatus& status);
  // False if no such update is waiting. O(updates and tasks waiting).
  bool acknowledged(const std::string& task_id, const std::string& uuid);
  // Adds all, in the order in which they came, to a SUBSCRIBE.
  void tell(mesos::v1::executor::Call& subscribe) const;
  std::size_t updates() const { return updates_.size(); }

 private:
  std::list<mesos::v1::TaskInfo> tasks_;
  std::list<mesos::v1::TaskStatus> updates_;
};

}  // namespace stoa::sdk
