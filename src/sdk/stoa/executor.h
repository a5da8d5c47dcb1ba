// stoa::executor: write an executor. Derive from Handler, give it to a Driver with the Options that the agent put into
// the environment, run().
//
// The driver subscribes with the agent, keeps every update until the agent has stored it, and after a restart of the
// agent subscribes again with the tasks and updates that the agent may not know of (executor API, sections 4 and 14).
// docs/sdk.md shows how to use it.
//
// Messages are those of the executor API: include <mesos/v1/executor/executor.pb.h> to look into them.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/failure.h"

namespace mesos::v1 {
class TaskGroupInfo;
class TaskInfo;
class TaskStatus;
}  // namespace mesos::v1

namespace mesos::v1::executor {
class Event;
class Event_Kill;
class Event_Subscribed;
}  // namespace mesos::v1::executor

namespace stoa::executor {

class Driver;

// What the driver tells. Every function runs on the driver's one thread, so they never overlap: work that takes long
// belongs elsewhere. All may call the driver; none may destroy it.
class Handler {
 public:
  virtual ~Handler() = default;

  // First subscription, and every one after a restart of the agent.
  virtual void on_subscribed(Driver&, const mesos::v1::executor::Event_Subscribed&) {}
  // The agent is gone; the driver is trying again until the recovery timeout.
  virtual void on_disconnected(Driver&, const Failure&) {}

  virtual void on_launch(Driver&, const mesos::v1::TaskInfo&) = 0;
  // Unless overridden: on_launch() for each task.
  virtual void on_launch_group(Driver& driver, const mesos::v1::TaskGroupInfo& group);
  // May come several times for one task: a later one changes the policy (EXE-062).
  virtual void on_kill(Driver&, const mesos::v1::executor::Event_Kill&) = 0;
  virtual void on_message(Driver&, std::string_view /*data*/) {}
  // End all tasks, tell their ends with update(), and call finish(). After the grace period the driver kills its own
  // process group. Unless overridden: stop().
  virtual void on_shutdown(Driver& driver);

  // Every event, before its own function above.
  virtual void on_event(Driver&, const mesos::v1::executor::Event&) {}
  // The agent refused for good. Nothing follows.
  virtual void on_error(Driver&, const Failure&) {}
};

struct Options {
  std::string agent;        // `http://host:port/slave(1)`
  std::string socket_path;  // A unix socket to use instead of the agent's address.
  std::string framework_id;
  std::string executor_id;
  std::string agent_id;
  std::string directory;  // The sandbox as this process sees it.
  std::string token;      // Sent as `Authorization: Bearer`.

  bool is_checkpointing = false;                        // Else losing the agent ends the executor (EXE-187).
  std::chrono::nanoseconds recovery_timeout{0};         // How long to wait for an agent that restarts.
  std::chrono::nanoseconds backoff_max{2'000'000'000};  // Between attempts to subscribe.
  std::chrono::nanoseconds grace_period{5'000'000'000};

  bool json = false;                 // Instead of protobuf.
  bool kills_group = true;           // After the grace period: SIGKILL to the own process group.
  std::size_t updates_max = 10'000;  // Not yet acknowledged; then update() is false.

  // What the agent told this process (EXE-088). Takes the token out of the environment, so that children do not
  // inherit it: call it before other threads start. The error names the variable that is absent or wrong.
  static std::expected<Options, std::string> from_environment();
};

class Driver {
 public:
  // `handler` must outlive the driver.
  Driver(Options options, Handler& handler);
  // Stops, and waits for a handler that runs. Not from a handler.
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // start(), then wait().
  std::expected<void, Failure> run();
  // Begins to subscribe; returns at once. Once.
  void start();
  // Until the executor is over. An error is the one of on_error(); none after stop() or finish().
  std::expected<void, Failure> wait();
  bool wait_for(std::chrono::milliseconds time);
  // Over at once, whether or not updates were acknowledged.
  void stop();
  // Over as soon as every update has been acknowledged, or can no longer be.
  void finish();

  const Options& options() const;

  // Tells a status of a task. uuid, source and executor_id are filled in, timestamp if absent. It is sent again until
  // the agent has stored it, in the order of the calls. Thread-safe. False, and nothing done: task_id or state is
  // absent, or TASK_STAGING; updates_max are unacknowledged; or the executor is over.
  bool update(mesos::v1::TaskStatus status);
  // Bytes for the scheduler, at most once. Thread-safe. False as above.
  bool message(std::string_view data);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stoa::executor
