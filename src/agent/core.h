// Agent::Core is the state of an agent and everything that changes it. Its functions are grouped by what they deal
// with: agent.cpp (one step), master.cpp (the link and what comes over it), launches.cpp (orders to launch), gate.cpp
// (what a task waits for before it begins), tasks.cpp (one task from there to its last acknowledgement), checks.cpp
// (how it does meanwhile), executors.cpp (executors that outlive their tasks), executor_calls.cpp (what they say),
// executor_end.cpp (their end), task_groups.cpp (the default executor), recovery.cpp (the last life's records),
// removal.cpp (frameworks and the agent itself leaving), drain.cpp, collection.cpp (old directories), snapshot.cpp
// (readers).
#pragma once

#include <deque>
#include <list>
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
#include "agent/executor_events.h"
#include "agent/executor_run.h"
#include "agent/garbage.h"
#include "agent/journal.h"
#include "agent/launch_order.h"
#include "agent/operations.h"
#include "agent/registration.h"
#include "agent/sandbox_paths.h"
#include "agent/task_checks.h"
#include "agent/update_streams.h"
#include "base/random.h"
#include "base/timer_queue.h"

namespace stoa::link {
class Acknowledge;
class AcknowledgeOperation;
class Drain;
class Kill;
class ReconcileTasks;
class Refused;
class Registered;
class SchedulerMessage;
class UpdateFramework;
}  // namespace stoa::link

namespace stoa::agent {

class Agent::Core {
 public:
  Core(Config config, std::uint64_t seed);

  void step(const Event& event, const Now& now, Effects& effects);
  std::optional<TimePoint> next_wakeup() const;
  Snapshot snapshot() const;
  const std::string& registration_refusal() const { return refusal_; }

 private:
  using StatusPointer = std::shared_ptr<const mesos::v1::TaskStatus>;

  enum class Life {
    created,       // Knows nothing yet.
    recovering,    // Waits for the runtime to say which containers are there.
    reconnecting,  // Waits for executors to subscribe again (EXE-110).
    active,
    leaving,  // Ends its tasks and itself; accepts nothing.
    ended,    // Exit was asked for.
  };

  // Where a task is whose executor outlives it.
  struct Place {
    ExecutorId executor;
    std::uint64_t batch = 0;  // Number of its launch order among those for the executor; 0: it was never accepted.
    std::size_t batch_size = 1;
    bool is_group = false;
  };

  // One task, from its order until its terminal update is acknowledged; or, without `info`, an update about a task that
  // this agent never had.
  struct TaskRun {
    TaskKey key;
    std::optional<Place> place;                              // None: a command task has an executor of its own.
    ContainerId container;                                   // Its own. Empty: refused, or run by a custom executor.
    std::string directory;                                   // The sandbox, relative to work_dir.
    std::shared_ptr<const mesos::v1::TaskInfo> info;         // Without secrets.
    std::shared_ptr<const mesos::v1::TaskInfo> undelivered;  // With secrets, until the launch.
    std::shared_ptr<const mesos::v1::ExecutorInfo> executor_info;
    std::shared_ptr<const mesos::v1::Task> task;
    std::shared_ptr<const TaskRecord> shown;       // For readers, as is the next.
    std::shared_ptr<const ExecutorRecord> record;  // Of a command task.
    StatusPointer latest;
    CommandExecutor executor{{}};
    std::optional<TaskChecks> checks;  // If it has any.
    int pid = 0;
    std::optional<WallSeconds> started;
    std::optional<CommandExecutor::SavedKill> restored_kill;  // Accepted in the last life.
    std::uint64_t after_operation = 0;                        // It may begin once this one's outcome is durable.
    bool delivered = false;                                   // The executor has it: statuses name the container.
    bool launched = false;                                    // A container was asked for.
    bool closing = false;                                     // The terminal acknowledgement is being written.

    // Of a task of a custom executor, or of a stranger.
    bool ending = false;               // Its terminal status waits for the container's new size.
    bool in_doubt = false;             // Sent on a stream that broke or was replaced before anything was heard of it.
    ExecutorEvent kill;                // The newest that was asked for.
    std::deque<std::string> received;  // Uuids of its newest updates.

    static constexpr std::size_t received_max = 1000;
    static constexpr std::size_t received_stored_max = 100;  // The newest; they are written with every update.
    bool has_received(const std::string& uuid) const;
    void note_received(const std::string& uuid);
  };

  struct Framework {
    std::shared_ptr<const mesos::v1::FrameworkInfo> info;
    std::size_t runs = 0;       // Tasks and executors.
    std::size_t strangers = 0;  // Those of the tasks without info.
    std::deque<std::shared_ptr<const ExecutorRecord>> completed;
  };

  // An order that waits for a `closing` task of the same name to be forgotten.
  struct Parked {
    std::shared_ptr<const link::ToAgent> message;
    std::vector<TaskKey> tasks;
    std::optional<ExecutorKey> executor;
    std::set<TaskKey> killed = {};
  };

  // A container whose task nobody asks for any more.
  struct Dying {
    bool launching = false;                    // Not known to have a process yet: destroyed as soon as it has.
    std::optional<ExecutorKey> executor = {};  // Whose container it is, if that is one that outlives its tasks;
    std::optional<StreamNumber> stream = {};   // with its events.
    std::optional<SandboxName> name = {};
    model::Resources volumes = {};  // In use.
  };

  // agent.cpp
  void on(const Recovered& event);
  void on(const ContainersRecovered& event);
  void on(const LeaderChanged& event);
  void on(const LinkUp& event);
  void on(const LinkDown& event);
  void on(const FromMaster& event);
  void on(const Persisted& event);
  void on(const SandboxReady& event);
  void on(const ContainerLaunched& event);
  void on(const ContainerExited& event);
  void on(const ProbeEnded& event);  // checks.cpp
  void on(const VolumesChanged& event);
  void on(const GarbageFound& event);
  void on(const DiskMeasured& event);
  void on(const TreeRemoved& event);
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
  Result<> check_executor(const mesos::v1::executor::Call& call, const std::optional<ExecutorClaims>& claims) const;
  Result<> check_room(const mesos::v1::executor::Call& call) const;
  void dismiss(StreamNumber stream);
  void subscribe(ExecutorRun& executor, const ExecutorSubscribe& event);
  void check_deliveries(ExecutorRun& executor, const mesos::v1::executor::Call& call);
  void on_subscription_stored(const SubscriptionStored& stored);
  void announce(ExecutorRun& executor);
  void close_stream(ExecutorRun& executor);
  bool is_in_doubt(const ExecutorRun& executor) const;
  void send_heartbeat(ExecutorRun& executor);
  void take_update(ExecutorRun& executor, const mesos::v1::TaskStatus& given);
  void note_arrival(ExecutorRun& executor, TaskRun& run);
  StatusPointer completed_status(const ExecutorRun& sender, const TaskRun& run, const mesos::v1::TaskStatus& given);
  void forward_from(const ExecutorKey& sender, TaskRun& run, const StatusPointer& status);
  void forward_held(ExecutorRun& executor, const ExecutorRun::Resizing& held);
  void on_update_stored(const UpdateStored& stored);
  void forward_message(const ExecutorRun& executor, const std::string& data);
  void deliver_message(const link::SchedulerMessage& message);

  // executors.cpp
  void on(const ContainerResized& event);
  ExecutorRun& add_executor(const ExecutorKey& key, std::shared_ptr<const mesos::v1::ExecutorInfo> info,
                            ContainerId container);
  ExecutorRun& start_executor(const ExecutorKey& key, const mesos::v1::ExecutorInfo& given);
  void accept_on_executor(const LaunchOrder& order);
  void store_executor(const ExecutorRun& executor);
  void on_executor_stored(const ExecutorStored& stored);
  void on_batch_stored(const BatchStored& stored);
  void on_executor_sandbox(ExecutorRun& executor, const SandboxReady& event);
  void launch_executor(ExecutorRun& executor);
  void on_executor_launched(ExecutorRun& executor, const Result<int>& pid);
  std::optional<std::string> user_of(const ExecutorRun& executor) const;
  std::vector<std::shared_ptr<const mesos::v1::TaskInfo>> unfinished(const ExecutorRun& executor) const;
  void deliver(ExecutorRun& executor);
  void resize(ExecutorRun& executor, ExecutorRun::Resizing then);
  void send_queue(ExecutorRun& executor);
  void kill(TaskRun& run, const mesos::v1::KillPolicy* policy);
  void kill_undelivered(ExecutorRun& executor, TaskRun& killed);
  std::vector<TaskRun*> batch_of(const ExecutorRun& executor, std::uint64_t number);
  ExecutorRun* find_executor(const ExecutorKey& key);
  ExecutorRun* find_executor(const ContainerId& container);
  const ExecutorRun* executor_of(const TaskRun& run) const;
  ExecutorRun* executor_of(const TaskRun& run);

  // executor_end.cpp
  Duration shutdown_grace(const ExecutorRun& executor) const;
  void shut_down(ExecutorRun& executor);
  void end_executor(ExecutorRun& executor, ExecutorRun::Verdict verdict);
  void end_if_idle(ExecutorRun& executor);
  void on_life_timer(ExecutorRun& executor);
  void executor_ended(ExecutorRun& executor, const ContainerExited& exit);
  static Report end_of(const ExecutorRun& executor, const ContainerExited& exit);
  void tell_executor_exited(const ExecutorKey& key, int wait_status);
  void complete(ExecutorKey key);
  void forget(const ExecutorRun& executor);

  // task_groups.cpp
  void prepare_groups(ExecutorRun& executor);
  void prepare_sandbox(const TaskRun& run);
  void on_member_sandbox(ExecutorRun& executor, TaskRun& run, const Result<>& result);
  void fail_group(ExecutorRun& executor, std::uint64_t number, const std::map<TaskId, std::string>& failed);
  void end_group(const ExecutorRun& executor, const TaskRun& ended);
  void shut_down_groups(ExecutorRun& executor);

  // launches.cpp
  void obey_launch(const link::ToAgent& message);
  bool must_wait(const Parked& order, std::list<Parked>::const_iterator end) const;
  void release_parked();
  void carry_out(const LaunchOrder& order);
  std::optional<Refusal> why_not_command(const LaunchOrder& order) const;
  std::optional<Refusal> why_not_executor(const LaunchOrder& order) const;
  void refuse(const LaunchOrder& order, const Refusal& refusal);

  // master.cpp
  void follow(Registration::Wish wish);
  void send(std::shared_ptr<const link::ToMaster> message);
  void send(UpdateStreams::Sends& sends);
  void send(Operations::Sends& sends);
  void pause_updates();
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
  void kill(const link::Kill& message);
  void shut_down_executor(const FrameworkId& framework, const ExecutorId& executor);
  Framework& add_framework(const mesos::v1::FrameworkInfo& info);
  TaskRun& add_run(const TaskKey& key, std::shared_ptr<const mesos::v1::TaskInfo> info, ContainerId container,
                   std::optional<Place> place = std::nullopt);
  void accept(const TaskKey& key, const mesos::v1::TaskInfo& info);
  // An update from the agent about a task that is not, and will not be, here. Its framework is known.
  void drop(const TaskKey& key, std::shared_ptr<const mesos::v1::TaskInfo> info, mesos::v1::TaskStatus_Reason reason,
            std::string message, std::optional<Place> place = std::nullopt);
  void describe(TaskRun& run, const Framework& framework);
  void store_task(const TaskRun& run);
  void apply(TaskRun& run, const ExecutorActions& actions);
  void report(TaskRun& run, const Report& report);
  void forward(TaskRun& run, const StatusPointer& status);
  void launch(TaskRun& run);
  void refresh(TaskRun& run);
  void complete(const TaskKey& key);
  void remember(Framework& framework, std::shared_ptr<const ExecutorRecord> record);
  void release_framework(const FrameworkId& id);  // One of its tasks or executors is gone.
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
  // gate.cpp
  void begin(TaskRun& run);
  void begin_waiting();
  void release_volumes(const TaskRun& run);
  model::Resources volumes_in_use(const TaskRun* except) const;
  std::vector<VolumeMount> volumes_of(const TaskRun& run) const;
  std::vector<VolumeMount> volumes_of(const ExecutorRun& executor) const;
  // What depends on this write waits for operations that came before, or for the removal of what it would run into.
  bool must_hold(const Stored& stored, const std::string& directory);
  void apply_operation(const link::ApplyOperation& message);
  void on_operation_stored(const OperationStored& stored);
  void acknowledge_operation(const link::AcknowledgeOperation& message);
  void reconcile_operations(const link::ReconcileOperations& message);

  // drain.cpp
  void drain(const link::Drain& message);
  void kill_all_for_drain();
  void end_drain_if_done();
  void mark_drained(const mesos::v1::FrameworkInfo& framework, mesos::v1::TaskStatus& status) const;
  bool has_work() const;

  // collection.cpp
  void start_collection();
  void collect(const SandboxName& name);
  // Whether an executor, or any of the framework's, has anything here.
  bool uses(const FrameworkId& framework, const std::optional<ExecutorId>& executor) const;
  std::set<std::string> directories_in_use() const;
  void advance_collection();
  SandboxName sandbox_name(const TaskRun& run) const {
    return {id_, run.key.framework, run.place ? run.place->executor : ExecutorId(run.key.task.value), run.container};
  }

  // recovery.cpp
  void restore(Checkpoint checkpoint, bool rebooted);
  void restore_executors(const Checkpoint& checkpoint);
  void restore_run(const TaskKey& key, const StoredTask* task, const StoredProgress* progress);
  void recover_run(TaskRun& run, const std::map<ContainerId, RecoveredContainer>& present);
  void recover_executor(ExecutorRun& executor, const std::map<ContainerId, RecoveredContainer>& present);
  void finish_reconnecting(bool is_over);
  void start_anew(const std::vector<StoredRecord>& records, const Checkpoint& checkpoint);
  bool recover_resources(const Checkpoint& checkpoint, bool new_identity);  // False: the agent exits.
  CommandExecutor::Options executor_options(const mesos::v1::FrameworkInfo& framework,
                                            const mesos::v1::TaskInfo& task) const;

  // removal.cpp
  void remove_framework(const FrameworkId& id);
  void retire_framework(const FrameworkId& id);  // Without tasks: into the history.
  void leave(std::string message);
  void end_container(const TaskRun& run);
  void end_container(const ExecutorRun& executor);
  const Dying* find_dying(const ExecutorKey& executor) const;
  void on_dying_exit(const ContainerId& id);
  void exit_if_left();

  // snapshot.cpp
  std::shared_ptr<const ExecutorRecord> record_of(const ExecutorRun& executor) const;

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
  Operations operations_;
  Garbage garbage_;
  std::optional<StoredDrain> drain_;
  std::vector<Stored> held_;                                    // For executors, likewise.
  std::set<TaskKey> waiting_runs_;                              // Durable, and held by what gate.cpp holds them for.
  std::set<TaskKey> changed_;                                   // Tasks whose progress is to be written.
  std::vector<std::shared_ptr<const link::ToAgent>> deferred_;  // Came before our id was durable.

  // Of executors that ended since this link's first Register, which named them.
  std::vector<std::pair<ExecutorKey, int>> exits_untold_;

  std::map<FrameworkId, Framework> frameworks_;
  std::deque<std::pair<FrameworkId, Framework>> completed_frameworks_;
  std::map<TaskKey, TaskRun> runs_;
  std::list<Parked> parked_;
  std::unordered_map<ContainerId, TaskKey> containers_;
  std::map<ExecutorKey, ExecutorRun> executors_;
  std::unordered_map<ContainerId, ExecutorKey> executor_containers_;
  std::unordered_map<StreamNumber, ExecutorKey> streams_of_executors_;
  std::map<ContainerId, Dying> dying_;
  TimerQueue<TaskKey> executor_timers_;
  TimerQueue<ExecutorKey> life_timers_;       // What they mean depends on the executor's phase.
  TimerQueue<ExecutorKey> heartbeat_timers_;  // Of those with a stream.
  TimerQueue<ContainerId> dying_timers_;
  std::optional<TimePoint> reconnecting_until_;
  std::string refusal_;  // Of the master, for now.
  Counters counters_;

  // Of the step under way.
  Now now_;
  Effects* effects_ = nullptr;
};

}  // namespace stoa::agent
