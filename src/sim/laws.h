// Laws: what must hold in every run, whatever fails. This part watches single facts as they happen: what agents make
// durable, what they send, what schedulers see. `audit.cpp` compares whole states of the cluster.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

// A 16-byte uuid, as statuses carry it.
using Uuid = std::array<std::uint64_t, 2>;
Uuid uuid_of(std::string_view bytes);

// What the record of a task's updates says.
struct Progress {
  std::string key;  // FRAMEWORK/TASK.
  bool is_readable = true;
  bool is_killed = false;     // A kill was accepted.
  std::vector<Uuid> pending;  // Not acknowledged, oldest first.
  std::vector<int> states;    // Of these.
};
// No bytes: it was erased, and nothing is pending.
Progress progress_of(const std::string& key, const std::optional<std::string>& bytes);

// How a task's process ended.
struct TaskEnd {
  int state = 0;           // TASK_FINISHED or not.
  bool is_certain = true;  // Nobody else had a hand in it, and the agent can know.
};

class Laws {
 public:
  // Of the first violation; later ones are often its consequences.
  const std::optional<Violation>& violation() const { return violation_; }
  void broken(std::string law, std::string what);

  // The record of a task's updates, as an agent has asked to write it (`durable` false) and as it is written (true).
  void on_progress(const Progress& progress, bool durable);
  // The agent's process died: what it had not made durable never was.
  void on_agent_crash(const std::vector<std::string>& keys);
  void on_update_sent(const link::Update& update);

  void on_task_ended(const std::string& task, const TaskEnd& end) { tasks_[task].end = end; }
  // The wish to end it has reached the agent; or the agent may come to wish it by itself.
  void on_may_be_killed(const std::string& task) { tasks_[task].may_be_killed = true; }
  // A machine went down: nobody will know how what ran there ended.
  void on_end_forgotten(const std::string& task) { tasks_[task].end.is_certain = false; }
  // A custom executor is told that its update was taken.
  void on_executor_answered(const mesos::v1::TaskStatus& status);
  // All is over, and so are the updates of this task.
  void on_rest(const std::string& task);

  // A scheduler is told a status.
  void on_status(const std::string& framework, const mesos::v1::TaskStatus& status, bool partition_aware);
  // A scheduler means to launch a task.
  void on_launch(const std::string& task) { tasks_[task]; }

  std::size_t tasks() const { return tasks_.size(); }

 private:
  struct Task {
    std::vector<Uuid> uuids;               // Of statuses, in the order in which they became durable.
    std::size_t acknowledged = 0;          // So many of these are acknowledged, durably.
    std::size_t acknowledged_in_life = 0;  // Or at least in the present life of the agent.
    std::size_t seen = 0;                  // So many of these were seen by the scheduler.
    std::vector<int> states;               // Of these.
    TaskEnd end{.state = -1, .is_certain = false};
    bool may_be_killed = false;
    bool is_killed = false;  // Durably.
    int ended = -1;          // Terminal state that became durable.
    int terminal = -1;       // Final state that the scheduler was told.
  };
  void on_durable(Task& task, const Progress& progress);
  void on_final(Task& task, const mesos::v1::TaskStatus& status, bool partition_aware);

  std::optional<Violation> violation_;
  std::unordered_map<std::string, Task> tasks_;
};

}  // namespace stoa::sim
