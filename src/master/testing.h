// Bench: one master core between fake schedulers and fake agents, under a clock that the test moves. Every write
// becomes durable at once unless the test holds writes back, and after every step the books are audited, so that each
// test also proves that they stay right.
//
// What a scheduler or agent was told is a list of short lines ("UPDATE t1 TASK_RUNNING"), so that the order of events
// is compared in one line; the messages themselves are there as well. An event on a stream that has ended fails the
// test.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "master/master.h"
#include "master/step_audit.h"
#include "model/resources.h"

namespace stoa::link {
class Register;
}  // namespace stoa::link

namespace stoa::master {

using Lines = std::vector<std::string>;

// A framework that is remembered for an hour, checkpoints, has the roles as MULTI_ROLE and is PARTITION_AWARE.
mesos::v1::FrameworkInfo test_framework(std::initializer_list<const char*> roles = {"eng"});
// One as old clients send it: one role and no capability.
mesos::v1::FrameworkInfo old_framework(const std::string& role = "*");
mesos::v1::TaskInfo test_task(const std::string& id, const AgentId& agent,
                              std::string_view resources = "cpus:1;mem:64");
Config test_config();

struct FakeScheduler {
  StreamNumber stream;
  std::string stream_id;
  FrameworkId id;
  std::optional<std::string> principal;
  bool open = true;
  bool partition_aware = false;
  std::vector<std::shared_ptr<const mesos::v1::scheduler::Event>> events;
  std::map<OfferId, std::shared_ptr<const mesos::v1::Offer>> offers;  // Outstanding, as far as it was told.
  Lines lines;

  // What it was told since the last time, without heartbeats.
  Lines told();
  // The same with heartbeats.
  Lines heard();
  // The newest status; one must have come.
  const mesos::v1::TaskStatus& status() const;
  // The same of operations.
  const mesos::v1::OperationStatus& operation_status() const;
  const mesos::v1::scheduler::Event& last() const { return *events.back(); }
  // The outstanding offer of an agent, or of any; there must be one.
  const mesos::v1::Offer& offer(const AgentId& agent = {}) const;
};

struct FakeAgent {
  LinkNumber link;
  AgentId id;  // Empty until it is registered.
  std::string hostname;
  std::string resources;
  bool open = false;
  bool answers_pings = true;
  int pings = 0;
  std::vector<std::shared_ptr<const link::ToAgent>> received;  // Without pings.
  // What it registers with besides: executors, operations, other resources in all.
  std::shared_ptr<const link::Register> also;
  Lines lines;

  Lines told();
  const link::ToAgent& last() const { return *received.back(); }
  // The uuid of the operation that came last, or `back` before it.
  std::string operation(std::size_t back = 0) const;
};

class Bench {
 public:
  explicit Bench(Config config = test_config(), std::vector<RegistryRecord> registry = {}, std::uint64_t seed = 1);
  ~Bench();

  // Moves both clocks, with a Tick whenever the master wants one.
  void advance(Duration duration);
  // Long enough for an allocation.
  void round() { advance(std::chrono::seconds(1)); }
  void step(const Event& event);

  // Schedulers. `subscribe` lets no time pass: what comes is the answer only.
  FakeScheduler& subscribe(const mesos::v1::FrameworkInfo& info, std::initializer_list<const char*> suppressed = {},
                           std::optional<std::string> principal = {});
  // The stream breaks.
  void disconnect(FakeScheduler& scheduler);
  // Calls as the scheduler; id and stream id are filled in.
  Result<> call(FakeScheduler& scheduler, mesos::v1::scheduler::Call call);
  // The same without waiting for the answer, which comes into `replies`.
  ReplyNumber post(FakeScheduler& scheduler, mesos::v1::scheduler::Call call);
  Result<> accept(FakeScheduler& scheduler, const std::vector<OfferId>& offers,
                  const std::vector<mesos::v1::TaskInfo>& tasks, std::optional<double> refuse_seconds = {});
  // An ACCEPT with any operations.
  Result<> operate(FakeScheduler& scheduler, const std::vector<OfferId>& offers,
                   const std::vector<mesos::v1::Offer_Operation>& operations,
                   std::optional<double> refuse_seconds = {});
  // Launches on the outstanding offer of the task's agent and refuses nothing of the rest.
  void launch(FakeScheduler& scheduler, const mesos::v1::TaskInfo& task);
  Result<> decline(FakeScheduler& scheduler, const OfferId& offer, std::optional<double> refuse_seconds = {});
  Result<> kill(FakeScheduler& scheduler, const std::string& task, const AgentId& agent = {});
  Result<> acknowledge(FakeScheduler& scheduler, const AgentId& agent, const std::string& task,
                       const std::string& uuid);
  Result<> revive(FakeScheduler& scheduler, std::initializer_list<const char*> roles = {});
  Result<> suppress(FakeScheduler& scheduler, std::initializer_list<const char*> roles = {});
  // Tasks with their agents, which may be empty.
  Result<> reconcile(FakeScheduler& scheduler, const std::vector<std::pair<std::string, AgentId>>& tasks = {});
  Result<> teardown(FakeScheduler& scheduler);
  // Answered in `replies`, once the removal is durable.
  ReplyNumber teardown_by_operator(const FrameworkId& framework);
  ReplyNumber mark_gone(const AgentId& agent);

  // Agents.
  FakeAgent& add_agent(const std::string& resources = "cpus:4;mem:1024", const std::string& hostname = "");
  // Registers over a new link, as one who comes back if it has an id, with these tasks and their frameworks.
  void connect(FakeAgent& agent, const std::vector<mesos::v1::Task>& tasks = {},
               const std::vector<mesos::v1::FrameworkInfo>& frameworks = {});
  void send_register(FakeAgent& agent, const std::vector<mesos::v1::Task>& tasks = {},
                     const std::vector<mesos::v1::FrameworkInfo>& frameworks = {});
  void break_link(FakeAgent& agent);
  void say(FakeAgent& agent, link::ToMaster message);
  // Reports a state; returns the uuid. `latest` is the newest state if that is another.
  std::string update(FakeAgent& agent, const FakeScheduler& scheduler, const std::string& task,
                     mesos::v1::TaskState state, std::optional<mesos::v1::TaskState> latest = {});

  void exit_executor(FakeAgent& agent, const FakeScheduler& scheduler, const std::string& executor, int status = 0);
  // Reports a mesos::v1::OperationState; returns the uuid of the status, empty if it is not to be acknowledged.
  std::string update_operation(FakeAgent& agent, const std::string& operation_uuid, int state,
                               bool acknowledged = true);
  Result<> acknowledge_operation(FakeScheduler& scheduler, const AgentId& agent, const std::string& operation,
                                 const std::string& uuid);

  // While writes are held they wait in `writes`; release lets the first become durable or fail.
  void hold_writes() { holding_ = true; }
  void release_write(bool success = true);
  void release_all_writes();

  // What readers see now.
  Snapshot snapshot() const { return master.snapshot(); }
  // The task in one of the framework's lists: "tasks", "unreachable", "completed"; empty if it is in none.
  std::string list_of(const FrameworkId& framework, const std::string& task) const;
  std::shared_ptr<const mesos::v1::Task> task(const FrameworkId& framework, const std::string& task) const;
  double metric(const std::string& name) const { return snapshot().metrics.at(name); }
  // The durable records, as the store has them now.
  std::vector<RegistryRecord> registry() const;

  Master master;
  Now now{TimePoint(std::chrono::hours(1)), 1'700'000'000};
  Effects effects;  // Of the last call from the test.
  std::deque<FakeScheduler> schedulers;
  std::deque<FakeAgent> agents;
  std::deque<Persist> writes;
  std::map<ReplyNumber, Result<>> replies;
  std::optional<std::string> stepped_down;
  bool audits = true;

 private:
  void carry_out(const Effect& effect);
  void on_sent(const SendEvent& effect);
  void on_sent(const SendAgent& effect);
  void store(const Persist& write);

  StepAudit step_audit_;
  bool holding_ = false;
  std::deque<Event> follow_up_;
  std::map<std::pair<std::string, std::string>, std::string> store_;
  std::optional<Result<>> outcome_;
  unsigned long long next_number_ = 1;
};

// The short form of a message.
std::string line_of(const mesos::v1::scheduler::Event& event);
std::string line_of(const link::ToAgent& message);

}  // namespace stoa::master
