// World: a perfect store, runtime and master around one agent core, for tests. Whatever the core asks for waits in a
// queue until the test lets it happen, one by one or all at once, so that every order of events can be played, and the
// core can be thrown away at any moment and made anew from the store.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/states.h"
#include "agent/task_key.h"
#include "proto/forward.h"

namespace stoa::link {
class Update;
class UpdateOperation;
class Register;
class Run;
}  // namespace stoa::link

namespace stoa::agent {

mesos::v1::FrameworkInfo test_framework(const std::string& id, bool checkpoint = true);
mesos::v1::TaskInfo test_task(const std::string& id, const std::string& command = "true");
Config test_config();

class World {
 public:
  struct Container {
    enum class State { starting, running, exited };
    State state = State::starting;
    int pid = 0;
    int wait_status = wait_status_unknown;
    int terminations = 0;  // SIGTERMs received.
    bool destroyed = false;
  };

  explicit World(Config config = test_config(), std::uint64_t seed = 1);
  ~World();
  World(World&&) = default;
  World& operator=(World&&) = default;

  // A new life of the agent from what is in the store; what was under way is lost.
  void start();
  bool alive() const { return agent_ != nullptr && !exit; }

  // Lets everything happen that waits in a queue, until nothing does.
  void settle();
  // Starts, and goes through connection and registration.
  void start_and_register();
  // Moves both clocks, wakes the core when it wants to be woken, settles in between.
  void advance(Duration duration);

  // One thing each; false if there is nothing of the kind.
  bool do_persist(bool fail = false);
  bool do_sandbox(Result<> result = {}, bool fetching = false);
  bool do_launch(std::optional<Error> error = std::nullopt);
  bool do_connect(bool success = true);
  bool do_recover_containers();
  bool do_to_master();  // Delivers the agent's next message to the master.
  bool do_to_agent();   // Delivers the master's next message to the agent.
  bool do_exits();      // Tells the agent of one container that has ended.
  bool do_resize(Result<> result = {});
  // Answers the oldest probe that is under way.
  bool do_probe(const ProbeOutcome& outcome);
  bool do_volumes(std::optional<Error> error = std::nullopt);
  bool do_measure();
  bool do_removal(Result<> result = {});

  void tick();
  void step(const Event& event);
  void break_link();
  void process_ends(const ContainerId& id, int wait_status);

  // What the master says.
  void say(link::ToAgent message);
  void run(const mesos::v1::FrameworkInfo& framework, const mesos::v1::TaskInfo& task,
           bool expects_new_executor = true);
  void run_group(const mesos::v1::FrameworkInfo& framework, const mesos::v1::ExecutorInfo& executor,
                 const std::vector<mesos::v1::TaskInfo>& tasks, bool expects_new_executor = true);
  void kill(const TaskKey& key, std::optional<Duration> grace = std::nullopt);
  void acknowledge(const TaskKey& key, const std::string& uuid);
  void acknowledge(const link::Update& update);

  // What an executor says.
  StreamNumber subscribe(mesos::v1::executor::Call call);
  ReplyNumber call(mesos::v1::executor::Call call);
  void close_stream(StreamNumber stream);

  ContainerId container_of(const TaskKey& key) const;
  // States in the order in which the master first saw them.
  std::vector<int> states(const TaskKey& key) const;
  const mesos::v1::TaskStatus& last_status(const TaskKey& key) const;
  std::string stored(const std::string& kind, const std::string& id) const;
  std::size_t stored_count(const std::string& kind) const;
  template <typename Kind>
  std::vector<Kind> effects_of() const {
    std::vector<Kind> result;
    for (const auto& effect : effects)
      if (const auto* found = std::get_if<Kind>(&effect)) result.push_back(*found);
    return result;
  }
  const Agent& agent() const { return *agent_; }

  Config config;
  Now now{.steady = TimePoint(std::chrono::hours(1)), .wall = 1'700'000'000};
  std::string boot_id = "boot-1";
  std::string assigned_id = "S0";
  bool acknowledges = true;  // The master acknowledges each update at once.
  bool registers = true;     // The master answers Register.
  std::optional<Exit> exit;
  Effects effects;  // All since the start of this life.
  std::map<std::pair<std::string, std::string>, std::string> store;
  std::string latest_agent;
  std::map<ContainerId, Container> containers;
  std::map<TaskKey, ContainerId> newest_container;
  std::vector<std::shared_ptr<const link::Update>> updates;  // Each as often as it came.
  std::vector<std::shared_ptr<const link::Register>> registrations;
  // One stream of events, from the answer to its SUBSCRIBE on.
  struct Stream {
    Result<> result;
    std::vector<std::shared_ptr<const mesos::v1::executor::Event>> events;
    bool closed = false;  // By the agent.
  };
  std::map<StreamNumber, Stream> streams;
  std::map<ReplyNumber, Result<>> replies;
  std::map<ExecutorKey, ContainerId> newest_executor;
  std::vector<std::shared_ptr<const link::ToMaster>> from_executors;   // ExecutorExited and ExecutorMessage.
  std::vector<std::shared_ptr<const link::UpdateOperation>> outcomes;  // Of operations, each as often as it came.
  std::vector<std::shared_ptr<const link::ToMaster>> reports;          // UpdateResources.
  std::set<VolumeDirectory> disk;                                      // Directories of volumes.
  std::optional<double> disk_used = 0.0;                               // What measurements tell.
  std::size_t pongs = 0;
  std::set<TaskKey> owned;                            // Tasks that the master believes on the agent.
  std::map<TaskKey, std::vector<std::string>> order;  // Uuids of each task as they first became durable.
  std::vector<std::string> broken;                    // Laws found broken.

  std::deque<Persist> persists;
  std::deque<PrepareSandbox> sandboxes;
  std::deque<Launch> launches;
  std::deque<ChangeVolumes> changes;
  std::deque<RemoveTree> removals;
  std::size_t measurements = 0;  // Asked for, not answered.
  std::deque<LinkNumber> connects;
  std::deque<RecoverContainers> recoveries;
  std::deque<std::shared_ptr<const link::ToMaster>> to_master;
  std::deque<std::shared_ptr<const link::ToAgent>> to_agent;
  std::deque<ContainerExited> exits;
  std::deque<Probe> probes;
  std::deque<Resize> resizes;
  std::optional<LinkNumber> link;

  // Applies a write as the store does. Public for tests of crashes between a write and its answer.
  void commit(const Persist& persist);
  // Likewise for directories of volumes.
  void change_disk(const ChangeVolumes& change);

 private:
  void on(const Effect& effect);
  void on(const Probe& probe);
  void on(const Launch& launch);
  bool on_executor_effect(const Effect& effect);
  void own(const mesos::v1::FrameworkInfo& framework, const mesos::v1::TaskInfo& task);
  void on_update(const link::Update& update);
  void on_outcome(const link::UpdateOperation& update);
  void on_register(const link::Register& message);

  std::unique_ptr<Agent> agent_;
  std::uint64_t seed_;
  int next_pid_ = 100;
  unsigned long long next_number_ = 1;
  std::map<std::string, std::string> frameworks_;  // Serialized, as the master knows them.
  std::map<TaskKey, std::vector<std::shared_ptr<const mesos::v1::TaskStatus>>> seen_;
  std::map<TaskKey, std::size_t> run_begins_;  // Where the statuses of the task's last run begin in `seen_`.
  std::set<std::string> acknowledged_;
};

}  // namespace stoa::agent
