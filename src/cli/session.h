// Session: a framework in a command: subscribed, its events in an inbox, with Ctrl-C among them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cli/cluster.h"
#include "cli/inbox.h"
#include "cli/interrupts.h"
#include "cli/scheduler_client.h"
#include "proto/forward.h"

namespace stoa::cli {

// Exactly one of these.
struct SessionItem {
  std::shared_ptr<const mesos::v1::scheduler::Event> event;
  std::optional<Error> failure;  // The subscription ended, or a call was refused.
  int signal = 0;
};

class Session {
 public:
  // `cluster` must be connected and outlive it. Subscribes at once; block_interrupts() was called before the cluster
  // was made.
  Session(Cluster& cluster, const mesos::v1::FrameworkInfo& info);
  // Another framework of the same process: without signals.
  Session(Cluster& cluster, const mesos::v1::FrameworkInfo& info, std::nullopt_t no_interrupts);
  ~Session();

  std::optional<SessionItem> take(Duration wait) { return inbox_->take(wait); }
  std::string framework_id() const { return scheduler_.framework_id(); }

  // A refusal of the call comes as an item.
  void call(mesos::v1::scheduler::Call call);
  // Sends ACKNOWLEDGE if the update wants one.
  void acknowledge(const mesos::v1::TaskStatus& status);
  void kill(const std::string& task_id);
  // Waits for the answer: then the framework and its tasks have gone.
  Result<> teardown();

 private:
  void subscribe(const mesos::v1::FrameworkInfo& info);

  // Shared with callbacks, of which one may still run when the session goes.
  std::shared_ptr<Inbox<SessionItem>> inbox_ = std::make_shared<Inbox<SessionItem>>();
  SchedulerClient scheduler_;
  std::optional<Interrupts> interrupts_;
};

// Whether no further update of the task can come.
bool is_terminal(int task_state);

// The name of the user that runs this program.
std::string user_name();

}  // namespace stoa::cli
