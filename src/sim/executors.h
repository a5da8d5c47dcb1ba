// Executors: the processes of custom executors on one machine, as they see the agent. They subscribe, run what they are
// given, say how it goes until they are answered, lose their connection and come back, outlive the agent's process, and
// end when they are told to, of themselves, or with their container.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/effects.h"
#include "agent/events.h"
#include "proto/forward.h"
#include "sim/containers.h"
#include "sim/environment.h"

namespace stoa::sim {

class Executors {
 public:
  // Takes an event to the agent that runs now; false if there is none.
  using Tell = std::function<bool(const agent::Event&)>;

  // Both must outlive this.
  Executors(Environment& environment, Containers& containers, Tell tell)
      : environment_(environment), containers_(containers), tell_(std::move(tell)) {}
  ~Executors();

  void started(const ContainerId& id, const Containers::Container& container);
  void ended(const ContainerId& id);
  // An agent listens from now on; it listens no more.
  void agent_started();
  void agent_crashed();
  // From now on nothing ends of itself.
  void freeze() { frozen_ = true; }

  void perform(const agent::OpenExecutorStream& effect);
  void perform(const agent::SendExecutor& effect);
  void perform(const agent::CloseExecutorStream& effect);
  void perform(const agent::ReplyExecutor& effect);

 private:
  using EventMessage = std::shared_ptr<const mesos::v1::executor::Event>;
  using Call = mesos::v1::executor::Call;

  struct Process {
    FrameworkId framework;
    ExecutorId executor;
    unsigned connection = 0;             // Its number; what belongs to an earlier one is ignored.
    std::optional<StreamNumber> stream;  // Of the present connection, from the call on.
    bool open = false;
    bool ending = false;
    TimePoint said;   // When the last call arrives.
    TimePoint heard;  // When the last event arrives.
    std::map<TaskId, std::shared_ptr<const mesos::v1::TaskInfo>> unacknowledged_tasks;
    std::vector<std::shared_ptr<const mesos::v1::TaskStatus>> unacknowledged_updates;
    std::map<TaskId, bool> tasks;  // All that it was ever given; whether they run.
  };

  void connect_after(const ContainerId& id, Duration wait);
  void connect(const ContainerId& id, Process& process);
  void disconnect(const ContainerId& id, Process& process, bool tell);
  // The agent learns that nobody is at the other end.
  void tell_closed(StreamNumber stream);
  void on_event(const ContainerId& id, const EventMessage& event);
  void take_task(const ContainerId& id, Process& process, const mesos::v1::TaskInfo& task);
  void end_task(const ContainerId& id, const TaskId& task, int state);
  void on_acknowledged(Process& process, const TaskId& task, const std::string& uuid);
  void shut_down(const ContainerId& id, Process& process);
  void rest(const ContainerId& id);
  void say(const ContainerId& id, Process& process, const TaskId& task, int state);
  void send(const ContainerId& id, Process& process, const std::shared_ptr<const mesos::v1::TaskStatus>& status);
  Call call_of(const Process& process) const;
  Process* find(const ContainerId& id);
  // Runs `function(process)` after `wait` if the process is there then.
  template <typename Function>
  void after(const ContainerId& id, Duration wait, Function function) {
    environment_.queue.after(wait, [this, id, function = std::move(function)] {
      if (Process* process = find(id)) function(*process);
    });
  }

  Environment& environment_;
  Containers& containers_;
  Tell tell_;
  std::map<ContainerId, Process> processes_;
  std::unordered_map<StreamNumber, ContainerId> streams_;
  std::unordered_map<ReplyNumber, ContainerId> replies_;
  unsigned long long last_number_ = 0;
  unsigned agent_life_ = 0;
  bool agent_listens_ = false;
  bool frozen_ = false;
};

}  // namespace stoa::sim
