// Containers: the processes of one machine. They live on when the agent's process dies, and die with the machine. What
// a task does stands in its command: how long it runs, how it ends, and whether it heeds SIGTERM.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/effects.h"
#include "agent/events.h"
#include "base/random.h"
#include "model/resources.h"
#include "sim/plan.h"
#include "sim/queue.h"

namespace stoa::sim {

// What a task's process does.
struct Behaviour {
  Duration runs{};
  int wait_status = 0;
  bool heeds_sigterm = true;
};
std::string to_command(const Behaviour& behaviour);
Behaviour behaviour_of(const std::string& command);

class Containers {
 public:
  struct Container {
    enum class State { starting, running, ended };
    State state = State::starting;
    FrameworkId framework;
    TaskId task;          // Empty: of an executor, in which its tasks run.
    ExecutorId executor;  // Of that, else empty.
    ContainerId parent;   // Of a task in a custom executor, which has no container of its own: that of the executor.
    Behaviour behaviour;
    model::Resources resources;  // Without allocation role.
    int pid = 0;
    int wait_status = agent::wait_status_unknown;
    bool signalled = false;
    bool destroyed = false;
  };
  // Takes the events of the runtime to the agent that runs now, if any.
  using Report = std::function<void(const agent::Event&)>;
  struct Owner {
    Report report;
    std::function<void()> touch;  // Told with each change of what runs.
    // The process of an executor has begun, or ended.
    std::function<void(const ContainerId&, const Container&)> executor_started;
    std::function<void(const ContainerId&)> executor_ended;
    std::function<void(const Container&)> task_ended;
  };

  // All must outlive this.
  Containers(const Plan& plan, Queue& queue, Random& random, Owner owner)
      : plan_(plan), queue_(queue), random_(random), owner_(std::move(owner)) {}

  void prepare(const agent::PrepareSandbox& effect);
  void launch(const agent::Launch& effect);
  void signal(const ContainerId& id, int signal);
  void destroy(const ContainerId& id);
  void remove(const ContainerId& id);
  void recover(const std::vector<ContainerId>& known);
  // Most probes find a task in the state they found it in before.
  void probe(const agent::Probe& effect);
  void cancel(const agent::ProbeName& name) { probes_.erase(name); }

  // The process of an executor ends of itself.
  void exit(const ContainerId& id, int wait_status) { end(id, wait_status); }
  // It begins and ends a task.
  void start_task(const ContainerId& executor, const mesos::v1::TaskInfo& info);
  void end_task(const ContainerId& executor, const TaskId& task);

  // From now on no process ends by itself, so that the cluster can come to rest.
  void freeze() { frozen_ = true; }
  void agent_crashed();
  void machine_crashed();

  const std::map<ContainerId, Container>& all() const { return containers_; }

 private:
  friend struct Saboteur;  // Tests of the laws break things behind their owners' backs.
  void on_started(const ContainerId& id);
  void end(const ContainerId& id, int wait_status);
  Container* find(const ContainerId& id);
  void tell(Duration wait, agent::Event event);

  const Plan& plan_;
  Queue& queue_;
  Random& random_;
  Owner owner_;
  std::map<ContainerId, Container> containers_;
  std::set<agent::ProbeName> probes_;  // Under way.
  bool frozen_ = false;
  unsigned agent_life_ = 0;
  int next_pid_ = 100;
};

}  // namespace stoa::sim
