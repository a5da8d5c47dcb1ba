// stoa::scheduler: write a framework. Derive from Handler, give it to a Driver, run().
//
// The driver does what every framework needs and few get right: it finds the leading master, subscribes, notices a dead
// stream by its missing heartbeats, subscribes again under the same id with a growing random delay, keeps calls until
// they were answered, acknowledges updates, and asks for the state of every task it knows after each subscription until
// it was answered (SCH-258). docs/sdk.md shows how to use it.
//
// Messages are those of the scheduler API: include <mesos/v1/scheduler/scheduler.pb.h> to look into them.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/failure.h"

namespace google::protobuf {
template <typename Element>
class RepeatedPtrField;
}  // namespace google::protobuf

namespace mesos::v1 {
class AgentID;
class ExecutorID;
class FrameworkInfo;
class InverseOffer;
class Offer;
class Offer_Operation;
class OfferID;
class OperationStatus;
class TaskID;
class TaskInfo;
class TaskStatus;
}  // namespace mesos::v1

namespace mesos::v1::scheduler {
class Call;
class Call_Reconcile_Task;
class Call_ReconcileOperations_Operation;
class Event;
class Event_Failure;
class Event_Message;
class Event_Subscribed;
}  // namespace mesos::v1::scheduler

namespace stoa::scheduler {

class Driver;

// What the driver tells. Every function runs on the driver's one thread, so they never overlap; while one runs, nothing
// is read, and a master that is not read for long cuts the stream. All may call the driver; none may destroy it.
class Handler {
 public:
  virtual ~Handler() = default;

  // First subscription and every later one. Offers from before are void.
  virtual void on_subscribed(Driver&, const mesos::v1::scheduler::Event_Subscribed&) {}
  // The stream is lost; the driver is trying again. Once for each loss, and once if the first attempts fail.
  virtual void on_disconnected(Driver&, const Failure&) {}

  virtual void on_offers(Driver&, const google::protobuf::RepeatedPtrField<mesos::v1::Offer>&) {}
  virtual void on_rescinded(Driver&, const mesos::v1::OfferID&) {}
  virtual void on_inverse_offers(Driver&, const google::protobuf::RepeatedPtrField<mesos::v1::InverseOffer>&) {}
  virtual void on_inverse_offer_rescinded(Driver&, const mesos::v1::OfferID&) {}
  // Updates may come twice, and reconciliation repeats the newest. With automatic acknowledgement the update is
  // acknowledged when this returns.
  virtual void on_update(Driver&, const mesos::v1::TaskStatus&) {}
  virtual void on_operation_update(Driver&, const mesos::v1::OperationStatus&) {}
  virtual void on_message(Driver&, const mesos::v1::scheduler::Event_Message&) {}
  // An agent has gone, or one of its executors has ended.
  virtual void on_failure(Driver&, const mesos::v1::scheduler::Event_Failure&) {}

  // Every event, heartbeats too, before its own function above.
  virtual void on_event(Driver&, const mesos::v1::scheduler::Event&) {}

  // The master refused this call for good, or (status 0) nobody knows whether it was carried out: an ACCEPT or a
  // MESSAGE whose answer was lost. Tasks of such an ACCEPT are reconciled.
  virtual void on_refused(Driver&, const mesos::v1::scheduler::Call&, const Failure&) {}
  // The framework is over: refused, removed, or taken over by another instance. Nothing follows.
  virtual void on_error(Driver&, const Failure&) {}
};

struct Options {
  // Where masters are: `zk://host:port,host:port/path`, or `host:port`, `[v6]:port`, `http://host:port`, separated by
  // commas. One is enough: a master that does not lead says who does. More are for when that one is down. Port 5050 may
  // be left out.
  std::string masters = "127.0.0.1:5050";
  // HTTP Basic. Empty principal: none.
  std::string principal;
  std::string secret;
  // Any other value of `Authorization`, such as `Bearer TOKEN`; used if there is no principal.
  std::string authorization;

  bool json = false;         // Instead of protobuf.
  bool acknowledges = true;  // Else the framework calls acknowledge() for each update that has a uuid.
  bool reconciles = true;    // Else tasks are asked for only by reconcile().

  std::size_t calls_max = 10'000;  // Waiting for their answer; then calls are not taken.
  // A subscription that failed is tried again after a random time, at most this at first and twice as much each round.
  std::chrono::milliseconds backoff_min{250};
  std::chrono::milliseconds backoff_max{15'000};
  int heartbeats_missed_max = 5;  // Then the stream counts as lost (SCH-080).
};

class Driver {
 public:
  // `info` without id is a new framework; with an id it goes on as that one. `handler` must outlive the driver.
  Driver(Options options, const mesos::v1::FrameworkInfo& info, Handler& handler);
  // Stops, and waits for a handler that runs. Not from a handler.
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // start(), then wait().
  std::expected<void, Failure> run();
  // Begins to subscribe; returns at once. Once.
  void start();
  // Until the framework is over. An error is the one of on_error(); none after teardown() or stop().
  std::expected<void, Failure> wait();
  // False if the framework is not over by then.
  bool wait_for(std::chrono::milliseconds time);
  // Leaves without a word: the framework waits for its failover_timeout at the master.
  void stop();

  // Empty until first subscribed, unless it was given.
  std::string framework_id() const;

  // The calls (spec: scheduler API). All are thread-safe, return at once and are sent in the order made, also those
  // made while there is no subscription: they wait for the next one. False if calls_max wait, or the framework is over:
  // then nothing was done. Filters: how long not to offer the rest again, 5 s if absent.
  using Seconds = std::optional<double>;
  // Declines if there are no tasks.
  bool launch(const mesos::v1::OfferID& offer, const std::vector<mesos::v1::TaskInfo>& tasks, Seconds refuse = {});
  bool accept(const std::vector<mesos::v1::OfferID>& offers, const std::vector<mesos::v1::Offer_Operation>& operations,
              Seconds refuse = {});
  bool decline(const mesos::v1::OfferID& offer, Seconds refuse = {});
  bool accept_inverse_offer(const mesos::v1::OfferID& offer, Seconds refuse = {});
  bool decline_inverse_offer(const mesos::v1::OfferID& offer, Seconds refuse = {});
  // Of all roles if none is named. What is suppressed stays so in later subscriptions.
  bool suppress(const std::vector<std::string>& roles = {});
  bool revive(const std::vector<std::string>& roles = {});
  bool kill(const mesos::v1::TaskID& task);
  bool shutdown(const mesos::v1::ExecutorID& executor, const mesos::v1::AgentID& agent);
  // Nothing is sent for an update without uuid: it wants none.
  bool acknowledge(const mesos::v1::TaskStatus& status);
  bool acknowledge(const mesos::v1::OperationStatus& status);
  // All that the master knows.
  bool reconcile();
  bool reconcile(const std::vector<mesos::v1::scheduler::Call_Reconcile_Task>& tasks);
  bool reconcile_operations(const std::vector<mesos::v1::scheduler::Call_ReconcileOperations_Operation>& operations);
  bool message(const mesos::v1::ExecutorID& executor, const mesos::v1::AgentID& agent, std::string_view data);
  // Holds from its success on, for later subscriptions too. Suppressed roles are revived and offer constraints removed:
  // give them with call() to keep them.
  bool update_framework(const mesos::v1::FrameworkInfo& info);
  // Ends the framework and all its tasks. The driver is over when the master has agreed.
  bool teardown();
  // Any call of the API but SUBSCRIBE, with whatever the functions above leave out; framework_id is filled in.
  bool call(mesos::v1::scheduler::Call call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether no further update of a task in this state (mesos::v1::TaskState) can come.
bool is_terminal(int task_state);

}  // namespace stoa::scheduler
