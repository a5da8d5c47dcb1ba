// ExecutorSession: the life of an executor as its driver sees it: subscribe with the agent, hear events, outlast a
// restart of the agent, shut down. Everything runs on the one thread of the loop.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/random.h"
#include "net/loop.h"
#include "proto/forward.h"
#include "sdk/backoff.h"
#include "sdk/call_queue.h"
#include "sdk/completion.h"
#include "sdk/encoding.h"
#include "sdk/event_stream.h"
#include "sdk/unacknowledged.h"
#include "stoa/executor.h"

namespace stoa::sdk {

class ExecutorSession {
 public:
  using Call = mesos::v1::executor::Call;
  using Event = mesos::v1::executor::Event;
  // What other threads see of it.
  struct Shared {
    Completion completion;
    std::atomic<bool> is_over = false;
    std::atomic<std::size_t> updates = 0;   // Not acknowledged.
    std::atomic<std::size_t> messages = 0;  // Not sent.
  };
  // What is passed by reference must outlive it.
  ExecutorSession(net::Loop& loop, const executor::Options& options, executor::Driver& driver,
                  executor::Handler& handler, Shared& shared);
  ~ExecutorSession();
  ExecutorSession(const ExecutorSession&) = delete;
  ExecutorSession& operator=(const ExecutorSession&) = delete;

  void start();
  // Both are counted in Shared by whoever makes them.
  void update(mesos::v1::TaskStatus status);
  void message(std::string data);
  void finish();
  void end(Ended ended);

 private:
  enum class Phase { disconnected, subscribing, subscribed, over };

  void subscribe();
  void on_stream_end(const StreamEnd& end);
  void lose(Failure failure);
  void shut_down();
  void on_grace_over();
  void end_if_finished();

  void on_record(const std::string& record);
  void on_subscribed(const Event& event);
  void dispatch(const Event& event);

  Call make(int type) const;
  void add(Call call);
  CallQueue::Next on_answer(const Call& call, const Failure& answer);
  void beat_later();
  http::ClientRequest request(const Call& call) const;

  net::Loop& loop_;
  const executor::Options& options_;
  executor::Driver& driver_;
  executor::Handler& handler_;
  Shared& shared_;
  const Encoding encoding_;
  net::Url url_;  // Of the endpoint.
  Random random_;

  http::Client client_;
  EventStream stream_;
  CallQueue calls_;
  Unacknowledged unacknowledged_;
  std::size_t messages_ = 0;  // In calls_.
  Phase phase_ = Phase::disconnected;
  Backoff backoff_;
  bool is_loss_told_ = false;
  bool is_shutting_down_ = false;
  bool is_finishing_ = false;
  net::Timer timer_;  // Of the next attempt.
  net::Timer recovery_timer_;
  bool is_recovering_ = false;  // For recovery_timer_.
  net::Timer grace_timer_;
  net::Timer beat_timer_;
};

}  // namespace stoa::sdk
