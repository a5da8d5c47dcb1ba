// StatusStreams decides which status update goes to the master when: at least once each, in order for each task or
// operation, one of each at a time, again after 10 s, 20 s, ... 10 min until it is acknowledged (AGT-060..068).
//
// Pure, and it does no writing: the caller tells it what is durable. A status is not sent before its `durable`, and its
// successor not before its acknowledgement is durable too, so that a crash repeats at most one update of a stream and
// never goes back behind an acknowledged one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/operation_key.h"
#include "agent/states.h"
#include "agent/task_key.h"
#include "base/random.h"
#include "base/time.h"
#include "base/timer_queue.h"
#include "proto/forward.h"

namespace stoa::agent {

struct StatusStreamsOptions {
  Duration retry_min = std::chrono::seconds(10);
  Duration retry_max = std::chrono::minutes(10);
  double jitter = 0.1;                                       // A wait is up to this fraction longer.
  std::size_t burst_max = 1000;                              // Updates of one framework sent again in one go (AGT-068);
  Duration burst_interval = std::chrono::milliseconds(100);  // the next ones after this time.
};

enum class Acknowledged {
  no,        // Matches nothing that waits for it, or is a repetition: ignore it.
  status,    // Make `unacknowledged` durable, then call `acknowledgement_durable`.
  terminal,  // Likewise, and it was the last: nothing of the stream needs to be kept.
};

// Key: ordered, the framework first. Message: the status. The two instances are below.
template <typename Key, typename Message>
class StatusStreams {
 public:
  using Options = StatusStreamsOptions;
  using Acknowledged = agent::Acknowledged;
  using Status = std::shared_ptr<const Message>;
  struct Send {
    Key key;
    Status status;
    Status latest;  // The newest durable one of the stream (AGT-063).
  };
  using Sends = std::vector<Send>;

  // `random` must outlive this.
  StatusStreams(Options options, Random& random) : options_(options), random_(random) {}

  // Appends a status (with a uuid) to the stream of its key, and opens one if need be. Returns what to pass to
  // `durable`. The caller never adds after a terminal one.
  std::uint64_t add(const Key& key, Status status);
  // Opens a stream from the store: all of it is durable.
  void recover(const Key& key, std::vector<Status> pending);

  // Everything up to the given `add` is durable.
  void durable(const Key& key, std::uint64_t added, TimePoint now, Sends& sends);

  // From here on the pending update of this uuid is never sent again.
  Acknowledged acknowledge(const Key& key, const std::string& uuid);
  void acknowledgement_durable(const Key& key, TimePoint now, Sends& sends);

  // Registered with a master: the first update of every stream goes out, waits start over. O(streams).
  void resume(TimePoint now, Sends& sends);
  // No master: nothing is sent, nothing expires (AGT-062).
  void pause();
  // The scheduler of this framework is a new one (AGT-042).
  void resend(const FrameworkId& framework, TimePoint now, Sends& sends);

  void drop(const Key& key);
  void clear();

  void advance(TimePoint now, Sends& sends);
  std::optional<TimePoint> next_wakeup() const { return timers_.next(); }

  // How many statuses of the stream are not acknowledged.
  std::size_t pending(const Key& key) const;
  bool contains(const Key& key) const { return streams_.contains(key); }
  // Statuses that must be kept, oldest first; without the one whose acknowledgement was accepted.
  std::vector<Status> unacknowledged(const Key& key) const;

 private:
  struct Stream {
    std::deque<Status> pending;
    std::uint64_t first = 0;    // Number of pending.front().
    std::uint64_t durable = 0;  // Statuses with a smaller number are durable.
    bool acknowledged = false;  // The front is, and that is being written.
    Duration retry{};           // The next wait of the front.
  };

  Stream& stream_of(const Key& key);
  void send(const Key& key, Stream& stream, TimePoint now, Sends& sends);
  void start(const Key& key, Stream& stream, TimePoint now, Sends& sends);
  bool sendable(const Stream& stream) const;

  Options options_;
  Random& random_;
  bool paused_ = true;
  std::uint64_t last_ = 0;  // Numbers are never used twice, so a late `durable` of a dropped stream does no harm.
  std::map<Key, Stream> streams_;
  TimerQueue<Key> timers_;
};

using UpdateStreams = StatusStreams<TaskKey, mesos::v1::TaskStatus>;
using OperationStreams = StatusStreams<OperationKey, mesos::v1::OperationStatus>;

}  // namespace stoa::agent
