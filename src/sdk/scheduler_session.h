// SchedulerSession: the life of a framework as its driver sees it: find a leader, subscribe, hear events, lose the
// stream, begin again, until it is over. Everything runs on the one thread of the loop.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "net/loop.h"
#include "proto/forward.h"
#include "sdk/backoff.h"
#include "sdk/call_queue.h"
#include "sdk/completion.h"
#include "sdk/encoding.h"
#include "sdk/event_stream.h"
#include "sdk/known_tasks.h"
#include "sdk/leaders.h"
#include "stoa/scheduler.h"

namespace stoa::sdk {

class SchedulerSession {
 public:
  using Call = mesos::v1::scheduler::Call;
  using Event = mesos::v1::scheduler::Event;
  // What other threads see of it.
  struct Shared {
    Completion completion;
    std::atomic<bool> is_over = false;
    std::atomic<std::size_t> calls = 0;  // Waiting for an answer.
    std::mutex mutex;                    // Guards what follows.
    std::string framework_id;
  };
  // What is passed by reference must outlive it.
  SchedulerSession(net::Loop& loop, const scheduler::Options& options, const mesos::v1::FrameworkInfo& info,
                   scheduler::Driver& driver, scheduler::Handler& handler, Shared& shared);
  ~SchedulerSession();
  SchedulerSession(const SchedulerSession&) = delete;
  SchedulerSession& operator=(const SchedulerSession&) = delete;

  void start();
  // Counted in Shared::calls by whoever makes it.
  void add(Call call);
  void end(Ended ended);

 private:
  enum class Phase { disconnected, subscribing, subscribed, over };

  void connect_later();
  void connect();
  void subscribe(net::Url url);
  void on_stream_end(const StreamEnd& end);
  void lose(Failure failure);

  void on_record(const std::string& record);
  void on_subscribed(const Event& event);
  void dispatch(const Event& event);
  void acknowledge(const mesos::v1::TaskStatus& status);
  void acknowledge(const mesos::v1::OperationStatus& status);
  void add_own(Call call);

  void note(const Call& call);
  CallQueue::Next on_answer(const Call& call, const Failure& answer);
  CallQueue::Next on_success(const Call& call);
  CallQueue::Next on_silence(const Call& call, const Failure& answer);
  void drop(const Call& call, const Failure& failure);
  http::ClientRequest request(const net::Url& url, const Call& call) const;

  void reconcile();
  void reconcile_later();
  void adapt_reading();

  net::Loop& loop_;
  const scheduler::Options& options_;
  scheduler::Driver& driver_;
  scheduler::Handler& handler_;
  Shared& shared_;
  const Encoding encoding_;
  std::string authorization_;
  std::unique_ptr<Call> subscription_;  // SUBSCRIBE, kept current.
  std::set<std::string> suppressed_;

  http::Client client_;
  EventStream stream_;
  CallQueue calls_;
  std::unique_ptr<Leaders> leaders_;
  Phase phase_ = Phase::disconnected;
  net::Url url_;  // Of the endpoint, where subscribing or subscribed.
  Backoff backoff_;
  std::size_t attempts_ = 0;  // Since the last subscription.
  int redirects_ = 0;         // In this attempt.
  bool is_loss_told_ = false;
  bool is_tearing_down_ = false;
  net::Timer timer_;

  KnownTasks tasks_;
  Backoff reconcile_backoff_;
  net::Timer reconcile_timer_;
};

}  // namespace stoa::sdk
