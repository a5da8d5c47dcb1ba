// Session: a framework in a command: what its driver tells in an inbox, with Ctrl-C among it, for a plain loop.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cli/cluster.h"
#include "cli/inbox.h"
#include "cli/interrupts.h"
#include "proto/forward.h"
#include "stoa/scheduler.h"

namespace stoa::cli {

// Exactly one of these.
struct SessionItem {
  std::shared_ptr<const mesos::v1::scheduler::Event> event;
  std::optional<Error> failure;     // The framework is over, nobody answered the first time, or a call was refused.
  std::optional<std::string> lost;  // The master has gone, for this reason; the driver is looking for it.
  int signal = 0;
};

class Session : private scheduler::Handler {
 public:
  // `cluster` must be connected and outlive it. Subscribes at once; block_interrupts() was called before the cluster
  // was made. Updates are acknowledged as they come.
  Session(Cluster& cluster, const mesos::v1::FrameworkInfo& info);

  std::optional<SessionItem> take(Duration wait) { return inbox_->take(wait); }
  scheduler::Driver& driver() { return driver_; }
  bool is_subscribed() const { return is_subscribed_; }

  void kill(const std::string& task_id);
  // Waits for the answer, but not for long: then the framework and its tasks have gone.
  Result<> teardown();

 private:
  void on_subscribed(scheduler::Driver&, const mesos::v1::scheduler::Event_Subscribed&) override;
  void on_disconnected(scheduler::Driver& driver, const Failure& failure) override;
  void on_event(scheduler::Driver&, const mesos::v1::scheduler::Event& event) override;
  void on_refused(scheduler::Driver&, const mesos::v1::scheduler::Call&, const Failure& failure) override;
  void on_error(scheduler::Driver&, const Failure& failure) override;

  // Shared with the watch of signals, whose last call may still run when the session goes.
  std::shared_ptr<Inbox<SessionItem>> inbox_ = std::make_shared<Inbox<SessionItem>>();
  std::atomic<bool> is_subscribed_ = false;
  bool was_subscribed_ = false;
  scheduler::Driver driver_;
  Interrupts interrupts_;  // Puts into the inbox, too.
};

// What a driver tells, in the terms that decide a command's exit status.
Error error_of(const Failure& failure);

// The name of the user that runs this program.
std::string user_name();

}  // namespace stoa::cli
