// Agent::Core is the state of an agent and everything that changes it. Its functions are grouped by what they deal
// with: agent.cpp (one step), master.cpp (the link and what comes over it), tasks.cpp (one task from Run to its last
// acknowledgement), checks.cpp (how it does meanwhile), recovery.cpp (the last life's records), removal.cpp (frameworks
// and the agent itself leaving), snapshot.cpp (readers).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/agent.h"
#include "agent/checkpoint.h"
#include "agent/command_executor.h"
#include "agent/journal.h"
#include "agent/registration.h"
#include "agent/task_checks.h"
#include "agent/update_streams.h"
#include "base/random.h"
#include "base/timer_queue.h"

namespace stoa::link {
class Acknowledge;
class Kill;
class ReconcileTasks;
class Refused;
class Registered;
class Run;
class UpdateFramework;
}  // namespace stoa::link

namespace stoa::agent {

class Agent::Core {
 public:
  Core(Config config, std::uint64_t seed);

  void step(const Event& event, const Now& now, Effects& effects);
  std::optional<TimePoint> next_wakeup() const;
  Snapshot snapshot() const;

 private:
  using StatusPointer = std::shared_ptr<const mesos::v1::TaskStatus>;

  enum class Life {
    created,     // Knows nothing yet.
    recovering,  // Waits for the runtime to say which containers are there.
    active,
    leaving,  // Ends its tasks and itself; accepts nothing.
    ended,    // Exit was asked for.
  };

  // One task, from its Run until its terminal update is acknowledged; or, without `info`, an update about a task that
  // this agent never had.
  struct TaskRun {
    TaskKey key;
    ContainerId container;                                   // Empty: refused, never to be launched.
    std::string directory;                                   // The sandbox, relative to work_dir.
    std::shared_ptr<const mesos::v1::TaskInfo> info;         // Without secrets.
    std::shared_ptr<const mesos::v1::TaskInfo> undelivered;  // With secrets, until the launch.
    std::shared_ptr<const mesos::v1::ExecutorInfo> executor_info;
    std::shared_ptr<const mesos::v1::Task> task;
    std::shared_ptr<const ExecutorRecord> record;  // Of the two above, for readers.
    StatusPointer latest;
    CommandExecutor executor{{}};
    std::optional<TaskChecks> checks;  // If it has any.
    int pid = 0;
    std::optional<WallSeconds> started;
    std::optional<CommandExecutor::SavedKill> restored_kill;  // Accepted in the last life.
    bool delivered = false;                                   // The executor has it: statuses name the container.
    bool launched = false;                                    // A container was asked for.
    bool closing = false;                                     // The terminal acknowledgement is being written.
  };

  struct Framework {
    std::shared_ptr<const mesos::v1::FrameworkInfo> info;
    std::size_t runs = 0;
    std::deque<std::shared_ptr<const ExecutorRecord>> completed;
  };

  // A task that waits for a `closing` one of the same name to be forgotten.
  struct NextRun {
    std::shared_ptr<const link::Run> message;
    bool killed = false;
  };

  // A container whose task nobody asks for any more.
  struct Dying {
    bool launching = false;  // Not known to have a process yet: destroyed as soon as it has.
  };

  // agent.cpp
  void on(const Recovered& event);
  void on(const ContainersRecovered& event);
  void on(const LinkUp& event);
  void on(const LinkDown& event);
  void on(const FromMaster& event);
  void on(const Persisted& event);
  void on(const SandboxReady& event);
  void on(const ContainerLaunched& event);
  void on(const ContainerExited& event);
  void on(const ProbeEnded& event);  // checks.cpp
  void on(const Leave& event);
  void on(const Tick& event);
  void on_stored(const Stored& stored);
  void flush();
  void emit(Effect effect) { effects_->push_back(std::move(effect)); }
  void log(log::Level level, std::string message);
  void exit(int code, std::string message);

  // executor_calls.cpp
  void on(const ExecutorSubscribe& event);
  void on(const ExecutorCall& event);
  void on(const ExecutorStreamClosed& event);
  void on(const ContainerResized& event);
  Result<> check_executor(const mesos::v1::executor::Call& call) const;

  // master.cpp
  void follow(Registration::Wish wish);
  void send(std::shared_ptr<const link::ToMaster> message);
  void send(UpdateStreams::Sends& sends);
  void send_register();
  void obey(const link::ToAgent& message);
  void on_registered(const link::Registered& message);
  void on_agent_stored();
  void on_refused(const link::Refused& message);
  void acknowledge(const link::Acknowledge& message);
  void reconcile(const link::ReconcileTasks& message);
  void update_framework(const link::UpdateFramework& message);
  void store_agent();

  // tasks.cpp
  void run(const link::Run& message);
  void kill(const link::Kill& message);
  void shut_down_executor(const FrameworkId& framework, const ExecutorId& executor);
  Framework& add_framework(const mesos::v1::FrameworkInfo& info);
  TaskRun& add_run(const TaskKey& key, std::shared_ptr<const mesos::v1::TaskInfo> info, ContainerId container);
  void accept(const TaskKey& key, const mesos::v1::TaskInfo& info);
  // An update from the agent about a task that is not, and will not be, here. Its framework is known.
  void drop(const TaskKey& key, std::shared_ptr<const mesos::v1::TaskInfo> info, mesos::v1::TaskStatus_Reason reason,
            std::string message);
  void apply(TaskRun& run, const ExecutorActions& actions);
  void report(TaskRun& run, const Report& report);
  void launch(TaskRun& run);
  void refresh(TaskRun& run);
  void complete(const TaskKey& key);
  void on_task_stored(const TaskStored& stored);
  void on_kill_stored(const KillStored& stored);
  void on_acknowledgement_stored(const AcknowledgementStored& stored);
  bool has_ended(const TaskRun& run) const;
  TaskRun* find_run(const TaskKey& key);
  TaskRun* find_run(const ContainerId& container);
  StoredProgress progress_of(const TaskRun& run) const;

  // checks.cpp
  void follow_checks(TaskRun& run);  // After anything that happened to the task.
  void stop_checks(TaskRun& run);
  void obey_checks(TaskRun& run, const CheckActions& actions);
  void begin_probe(TaskRun& run, const BeginProbe& begin);
  void tell_check(TaskRun& run, mesos::v1::TaskStatus_Reason reason, std::string message);

  // recovery.cpp
  void restore(Checkpoint checkpoint, bool rebooted);
  void restore_run(const TaskKey& key, const StoredTask* task, const StoredProgress* progress);
  void erase_all(const std::vector<StoredRecord>& records);
  CommandExecutor::Options executor_options(const mesos::v1::FrameworkInfo& framework,
                                            const mesos::v1::TaskInfo& task) const;

  // removal.cpp
  void remove_framework(const FrameworkId& id);
  void retire_framework(const FrameworkId& id);  // Without tasks: into the history.
  void leave(std::string message);
  void end_container(const TaskRun& run);
  void on_dying_exit(const ContainerId& id);
  void exit_if_left();

  Config config_;
  Random random_;
  Life life_ = Life::created;
  std::string leave_message_;
  bool all_erased_ = false;

  AgentId id_;  // Empty before the first registration.
  bool id_is_stored_ = false;
  std::shared_ptr<const mesos::v1::AgentInfo> info_;
  std::string boot_id_;
  std::uint64_t epoch_ = 0;

  Registration registration_;
  Journal journal_;
  UpdateStreams streams_;
  std::set<TaskKey> changed_;                                   // Tasks whose progress is to be written.
  std::vector<std::shared_ptr<const link::ToAgent>> deferred_;  // Came before our id was durable.

  std::map<FrameworkId, Framework> frameworks_;
  std::deque<std::pair<FrameworkId, Framework>> completed_frameworks_;
  std::map<TaskKey, TaskRun> runs_;
  std::map<TaskKey, NextRun> next_runs_;
  std::unordered_map<ContainerId, TaskKey> containers_;
  std::map<ContainerId, Dying> dying_;
  TimerQueue<TaskKey> executor_timers_;
  TimerQueue<ContainerId> dying_timers_;

  // Of the step under way.
  Now now_;
  Effects* effects_ = nullptr;
};

}  // namespace stoa::agent
