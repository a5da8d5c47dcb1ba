// KnownTasks: the tasks that a framework has started and not seen end, and which of them to ask the master about.
//
// A launch may be lost with a master, an update with a stream. So after every subscription each known task is in
// question until any update of it comes, and those in question are asked for again and again: a master that has just
// come up stays silent about agents that have not come back yet (SCH-234). Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/forward.h"

namespace stoa::sdk {

class KnownTasks {
 public:
  struct Task {
    std::string id;
    std::string agent_id;
  };

  // Notes what an ACCEPT launches; nothing for other calls.
  void launched(const mesos::v1::scheduler::Call& call);
  // Answers the question, and forgets the task if nothing more can come of it.
  void updated(const mesos::v1::TaskStatus& status);
  // Forgets what a refused ACCEPT would have launched.
  void refused(const mesos::v1::scheduler::Call& call);

  void question_all();
  // Only what this ACCEPT launches.
  void question(const mesos::v1::scheduler::Call& call);
  // In the order of ids. O(tasks known).
  std::vector<Task> in_question() const;
  std::size_t size() const { return tasks_.size(); }

 private:
  struct State {
    std::string agent_id;
    bool in_question = false;
  };
  std::map<std::string, State> tasks_;
};

}  // namespace stoa::sdk
