// ZooKeeperConnection: calls that wait for their answer, for a store whose thread may block.
//
// A session that expired is replaced: the store has no ephemeral nodes, and what fences it is its epoch.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "net/loop.h"
#include "zookeeper/session.h"
#include "zookeeper/url.h"

namespace stoa::store {

class ZooKeeperConnection {
 public:
  using Session = zookeeper::Session;

  ZooKeeperConnection(zookeeper::Url url, Duration session_timeout);
  ~ZooKeeperConnection();
  ZooKeeperConnection(const ZooKeeperConnection&) = delete;
  ZooKeeperConnection& operator=(const ZooKeeperConnection&) = delete;

  // One call. Fails as Session says, or with unavailable if there is no connection or no answer by then: whether it was
  // done is not known.
  template <typename T>
  Result<T> once(TimePoint deadline, std::function<void(Session&, Session::Done<T>)> call);
  // For what may be done twice: again and again until it is answered.
  template <typename T>
  Result<T> until_answered(TimePoint deadline, const std::function<void(Session&, Session::Done<T>)>& call);

 private:
  template <typename T>
  struct Answer {
    std::optional<Result<T>> result;
  };

  void open();
  void on_state(Session::State state);

  const zookeeper::Url url_;
  const Duration session_timeout_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_connected_ = false;   // Guarded by mutex_, as are answers and what follows.
  std::uint64_t sessions_ = 0;  // That have expired: whatever was asked of them is not answered any more.
  bool is_over_ = false;        // Of the loop's thread, as is session_.
  std::unique_ptr<Session> session_;
  net::Timer timer_;
  net::Loop loop_{1};  // Last: its thread uses the above.
};

// --- implementation ---

template <typename T>
Result<T> ZooKeeperConnection::once(TimePoint deadline, std::function<void(Session&, Session::Done<T>)> call) {
  const auto left = [&] { return std::max(Duration(0), deadline - net::now()); };
  const auto answer = std::make_shared<Answer<T>>();  // Shared with an answer that comes too late.
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, left(), [this] { return is_connected_; })) {
    return fail(Code::unavailable, "no connection to ZooKeeper at " + url_.to_string());
  }
  const std::uint64_t session = sessions_;
  loop_.post([this, answer, call = std::move(call)] {
    if (!session_) return;  // Replaced meanwhile: nobody answers.
    call(*session_, [this, answer](Result<T> result) {
      const std::lock_guard guard(mutex_);
      answer->result = std::move(result);
      changed_.notify_all();
    });
  });
  changed_.wait_for(lock, left(), [&] { return answer->result.has_value() || sessions_ != session; });
  if (!answer->result) {
    return fail(Code::unavailable, "no answer from ZooKeeper at " + url_.to_string());
  }
  return *std::move(answer->result);
}

template <typename T>
Result<T> ZooKeeperConnection::until_answered(TimePoint deadline,
                                              const std::function<void(Session&, Session::Done<T>)>& call) {
  for (;;) {
    // A lost session answers nothing: no single try takes all the time there is.
    Result<T> result = once<T>(std::min(deadline, net::now() + session_timeout_), call);
    if (result || result.error().code != Code::unavailable || net::now() >= deadline) return result;
  }
}

}  // namespace stoa::store
