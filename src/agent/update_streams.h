// UpdateStreams decides which status update goes to the master when: at least once each, in order for each task, one
// of a task at a time, again after 10 s, 20 s, ... 10 min until it is acknowledged (AGT-060..068).
//
// Pure, and it does no writing: the caller tells it what is durable. A status is not sent before its `durable`, and its
// successor not before its acknowledgement is durable too, so that a crash repeats at most one update of a task and
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

#include "agent/states.h"
#include "agent/task_key.h"
#include "base/random.h"
#include "base/time.h"
#include "base/timer_queue.h"
#include "proto/forward.h"

namespace stoa::agent {

struct UpdateToSend {
  TaskKey key;
  std::shared_ptr<const mesos::v1::TaskStatus> status;
  mesos::v1::TaskState latest_state;  // Of the newest durable status of the task (AGT-063).
};

class UpdateStreams {
 public:
  struct Options {
    Duration retry_min = std::chrono::seconds(10);
    Duration retry_max = std::chrono::minutes(10);
    double jitter = 0.1;           // A wait is up to this fraction longer.
    std::size_t burst_max = 1000;  // Updates of one framework sent again in one go (AGT-068);
    Duration burst_interval = std::chrono::milliseconds(100);  // the next ones after this time.
  };
  using Sends = std::vector<UpdateToSend>;
  using Status = std::shared_ptr<const mesos::v1::TaskStatus>;

  enum class Acknowledged {
    no,        // Matches nothing that waits for it, or is a repetition: ignore it.
    status,    // Make `unacknowledged` durable, then call `acknowledgement_durable`.
    terminal,  // Likewise, and it was the last: nothing of the task needs to be kept.
  };

  // `random` must outlive this.
  UpdateStreams(Options options, Random& random) : options_(options), random_(random) {}

  // Appends a status (with a uuid) to the stream of its task, and opens one if need be. Returns what to pass to
  // `durable`. The caller never adds after a terminal one.
  std::uint64_t add(const TaskKey& key, Status status);
  // Opens a stream from the store: all of it is durable.
  void recover(const TaskKey& key, std::vector<Status> pending);

  // Everything up to the given `add` is durable.
  void durable(const TaskKey& key, std::uint64_t added, TimePoint now, Sends& sends);

  // From here on the pending update of this uuid is never sent again.
  Acknowledged acknowledge(const TaskKey& key, const std::string& uuid);
  void acknowledgement_durable(const TaskKey& key, TimePoint now, Sends& sends);

  // Registered with a master: the first update of every stream goes out, waits start over. O(streams).
  void resume(TimePoint now, Sends& sends);
  // No master: nothing is sent, nothing expires (AGT-062).
  void pause();
  // The scheduler of this framework is a new one (AGT-042).
  void resend(const FrameworkId& framework, TimePoint now, Sends& sends);

  void drop(const TaskKey& key);
  void clear();

  void advance(TimePoint now, Sends& sends);
  std::optional<TimePoint> next_wakeup() const { return timers_.next(); }

  // How many statuses of the task are not acknowledged.
  std::size_t pending(const TaskKey& key) const;
  bool contains(const TaskKey& key) const { return streams_.contains(key); }
  // Statuses that must be kept, oldest first; without the one whose acknowledgement was accepted.
  std::vector<Status> unacknowledged(const TaskKey& key) const;

 private:
  struct Stream {
    std::deque<Status> pending;
    std::uint64_t first = 0;    // Number of pending.front().
    std::uint64_t durable = 0;  // Statuses with a smaller number are durable.
    bool acknowledged = false;  // The front is, and that is being written.
    Duration retry{};           // The next wait of the front.
  };

  Stream& stream_of(const TaskKey& key);
  void send(const TaskKey& key, Stream& stream, TimePoint now, Sends& sends);
  void start(const TaskKey& key, Stream& stream, TimePoint now, Sends& sends);
  bool sendable(const Stream& stream) const;

  Options options_;
  Random& random_;
  bool paused_ = true;
  std::uint64_t last_ = 0;  // Numbers are never used twice, so a late `durable` of a dropped stream does no harm.
  std::map<TaskKey, Stream> streams_;
  TimerQueue<TaskKey> timers_;
};

}  // namespace stoa::agent
