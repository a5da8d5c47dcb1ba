// Laws: what must hold in every run, whatever fails. This part watches single facts as they happen: what agents make
// durable, what they send, what schedulers see. `audit.cpp` compares whole states of the cluster.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "proto/forward.h"

namespace stoa::link {
class Update;
}

namespace stoa::sim {

struct Violation {
  std::string law;
  std::string what;
};

class Laws {
 public:
  // Of the first violation; later ones are often its consequences.
  const std::optional<Violation>& violation() const { return violation_; }
  void broken(std::string law, std::string what);

  // The record of a task's updates, as an agent has asked to write it (`durable` false) and as it is written (true).
  // No bytes: it was erased.
  void on_progress(const std::string& key, const std::optional<std::string>& bytes, bool durable);
  // The agent's process died: what it had not made durable never was.
  void on_agent_crash(const std::vector<std::string>& keys);
  void on_update_sent(const link::Update& update);

  // A scheduler is told a status.
  void on_status(const std::string& framework, const mesos::v1::TaskStatus& status, bool partition_aware);
  // A scheduler means to launch a task.
  void on_launch(const std::string& task) { tasks_[task]; }

  std::size_t tasks() const { return tasks_.size(); }

 private:
  struct Task {
    std::vector<std::string> uuids;        // Of statuses, in the order in which they became durable.
    std::size_t acknowledged = 0;          // So many of these are acknowledged, durably.
    std::size_t acknowledged_in_life = 0;  // Or at least in the present life of the agent.
    std::size_t seen = 0;                  // So many of these were seen by the scheduler.
    int terminal = -1;                     // Final state that the scheduler was told.
  };
  void on_final(Task& task, const mesos::v1::TaskStatus& status, bool partition_aware);

  std::optional<Violation> violation_;
  std::unordered_map<std::string, Task> tasks_;
};

}  // namespace stoa::sim
