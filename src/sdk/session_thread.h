// SessionThread: a session and the one thread that it lives on. Both drivers are this and a few calls of their own.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <utility>

#include "base/check.h"
#include "net/loop.h"
#include "sdk/completion.h"

namespace stoa::sdk {

// Session: start(), end(Ended), and Shared, what other threads see of it: `completion`, `is_over` and counters of what
// waits.
template <typename Session>
class SessionThread {
 public:
  // `make` is given the loop and Shared, and returns the session.
  template <typename Make>
  explicit SessionThread(Make make) {
    session_ = make(loop_, shared);
  }
  // Ends the session, and waits for a handler that runs.
  ~SessionThread() {
    CHECK(!loop_.is_current(), "a handler destroys its driver");
    std::promise<void> done;
    loop_.post([&] {
      session_->end({});
      session_.reset();
      done.set_value();
    });
    done.get_future().wait();
  }
  SessionThread(const SessionThread&) = delete;
  SessionThread& operator=(const SessionThread&) = delete;

  // Runs on the loop's thread, unless the session has gone.
  template <typename Run>
  void post(Run run) {
    loop_.post([this, run = std::move(run)] {
      if (session_) run(*session_);
    });
  }
  void start() {
    post([](Session& session) { session.start(); });
  }
  void stop() {
    post([](Session& session) { session.end({}); });
  }
  // Counts one more in a counter of `shared`. False, and nothing done: there are `most` already, or it is over.
  bool admit(std::atomic<std::size_t>& waiting, std::size_t most) {
    if (shared.is_over) return false;
    if (++waiting <= most) return true;
    --waiting;
    return false;
  }

  typename Session::Shared shared;

 private:
  std::unique_ptr<Session> session_;  // Used on the loop's thread only.
  net::Loop loop_{1};                 // Last: what is still posted looks for the session.
};

}  // namespace stoa::sdk
