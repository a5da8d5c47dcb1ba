#include "agent/update_streams.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {
namespace {

bool ends(const mesos::v1::TaskStatus& status) { return is_terminal(status.state()); }
const std::string& uuid_of(const mesos::v1::TaskStatus& status) { return status.uuid(); }

// The agent only tells how an operation ended.
bool ends(const mesos::v1::OperationStatus&) { return true; }
const std::string& uuid_of(const mesos::v1::OperationStatus& status) { return status.uuid().value(); }

}  // namespace

template <typename Key, typename Message>
std::uint64_t StatusStreams<Key, Message>::add(const Key& key, Status status) {
  Stream& stream = stream_of(key);
  CHECK(stream.pending.empty() || !ends(*stream.pending.back()), "status after a terminal one");
  stream.pending.push_back(std::move(status));
  ++last_;
  return stream.first + stream.pending.size();
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::recover(const Key& key, std::vector<Status> pending) {
  Stream& stream = stream_of(key);
  stream.pending.assign(std::make_move_iterator(pending.begin()), std::make_move_iterator(pending.end()));
  last_ += stream.pending.size();
  stream.durable = last_;
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::durable(const Key& key, std::uint64_t added, TimePoint now, Sends& sends) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  const bool idle = !sendable(stream);
  stream.durable = std::max(stream.durable, added);
  if (idle) start(key, stream, now, sends);
}

template <typename Key, typename Message>
Acknowledged StatusStreams<Key, Message>::acknowledge(const Key& key, const std::string& uuid) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return Acknowledged::no;
  Stream& stream = found->second;
  if (!sendable(stream) || uuid_of(*stream.pending.front()) != uuid) return Acknowledged::no;
  stream.acknowledged = true;
  timers_.cancel(key);
  return ends(*stream.pending.front()) ? Acknowledged::terminal : Acknowledged::status;
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::acknowledgement_durable(const Key& key, TimePoint now, Sends& sends) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  if (!stream.acknowledged) return;
  stream.acknowledged = false;
  const bool last = ends(*stream.pending.front());
  stream.pending.pop_front();
  ++stream.first;
  if (last) {
    drop(key);
  } else {
    start(key, stream, now, sends);
  }
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::resume(TimePoint now, Sends& sends) {
  paused_ = false;
  FrameworkId framework;
  std::size_t count = 0;
  for (auto& [key, stream] : streams_) {
    if (key.framework != framework) count = 0;
    framework = key.framework;
    if (!sendable(stream)) continue;
    stream.retry = options_.retry_min;
    const auto burst = static_cast<Duration::rep>(count++ / options_.burst_max);
    if (burst == 0) {
      send(key, stream, now, sends);
    } else {
      timers_.set(key, now + burst * options_.burst_interval);
    }
  }
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::pause() {
  paused_ = true;
  timers_ = {};
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::resend(const FrameworkId& framework, TimePoint now, Sends& sends) {
  for (auto stream = streams_.lower_bound(Key{framework, {}});
       stream != streams_.end() && stream->first.framework == framework; ++stream)
    start(stream->first, stream->second, now, sends);
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::drop(const Key& key) {
  timers_.cancel(key);
  streams_.erase(key);
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::clear() {
  timers_ = {};
  streams_.clear();
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::advance(TimePoint now, Sends& sends) {
  while (const auto key = timers_.pop(now)) {
    const auto found = streams_.find(*key);
    CHECK(found != streams_.end() && sendable(found->second), "timer of a stream with nothing to send");
    send(*key, found->second, now, sends);
  }
}

template <typename Key, typename Message>
std::size_t StatusStreams<Key, Message>::pending(const Key& key) const {
  const auto found = streams_.find(key);
  return found == streams_.end() ? 0 : found->second.pending.size() - (found->second.acknowledged ? 1 : 0);
}

template <typename Key, typename Message>
auto StatusStreams<Key, Message>::unacknowledged(const Key& key) const -> std::vector<Status> {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return {};
  const Stream& stream = found->second;
  return {stream.pending.begin() + (stream.acknowledged ? 1 : 0), stream.pending.end()};
}

template <typename Key, typename Message>
auto StatusStreams<Key, Message>::stream_of(const Key& key) -> Stream& {
  const auto [found, is_new] = streams_.try_emplace(key);
  if (is_new) found->second.first = found->second.durable = last_;
  return found->second;
}

template <typename Key, typename Message>
bool StatusStreams<Key, Message>::sendable(const Stream& stream) const {
  return !stream.pending.empty() && stream.first < stream.durable && !stream.acknowledged;
}

// The front is a new one, or is to be treated as one.
template <typename Key, typename Message>
void StatusStreams<Key, Message>::start(const Key& key, Stream& stream, TimePoint now, Sends& sends) {
  if (paused_ || !sendable(stream)) return;
  stream.retry = options_.retry_min;
  send(key, stream, now, sends);
}

template <typename Key, typename Message>
void StatusStreams<Key, Message>::send(const Key& key, Stream& stream, TimePoint now, Sends& sends) {
  const Status& newest = stream.pending[stream.durable - stream.first - 1];
  sends.push_back({key, stream.pending.front(), newest});
  const double factor = 1 + options_.jitter * random_.unit();
  timers_.set(key, now + Duration(static_cast<Duration::rep>(static_cast<double>(stream.retry.count()) * factor)));
  stream.retry = std::min(2 * stream.retry, options_.retry_max);
}

template class StatusStreams<TaskKey, mesos::v1::TaskStatus>;
template class StatusStreams<OperationKey, mesos::v1::OperationStatus>;

}  // namespace stoa::agent
