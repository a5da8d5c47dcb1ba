#include "agent/update_streams.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

std::uint64_t UpdateStreams::add(const TaskKey& key, Status status) {
  Stream& stream = stream_of(key);
  CHECK(stream.pending.empty() || !is_terminal(stream.pending.back()->state()), "status after a terminal one");
  stream.pending.push_back(std::move(status));
  ++last_;
  return stream.first + stream.pending.size();
}

void UpdateStreams::recover(const TaskKey& key, std::vector<Status> pending) {
  Stream& stream = stream_of(key);
  stream.pending.assign(std::make_move_iterator(pending.begin()), std::make_move_iterator(pending.end()));
  last_ += stream.pending.size();
  stream.durable = last_;
}

void UpdateStreams::durable(const TaskKey& key, std::uint64_t added, TimePoint now, Sends& sends) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  const bool idle = !sendable(stream);
  stream.durable = std::max(stream.durable, added);
  if (idle) start(key, stream, now, sends);
}

UpdateStreams::Acknowledged UpdateStreams::acknowledge(const TaskKey& key, const std::string& uuid) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return Acknowledged::no;
  Stream& stream = found->second;
  if (!sendable(stream) || stream.pending.front()->uuid() != uuid) return Acknowledged::no;
  stream.acknowledged = true;
  timers_.cancel(key);
  return is_terminal(stream.pending.front()->state()) ? Acknowledged::terminal : Acknowledged::status;
}

void UpdateStreams::acknowledgement_durable(const TaskKey& key, TimePoint now, Sends& sends) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  if (!stream.acknowledged) return;
  stream.acknowledged = false;
  const bool last = is_terminal(stream.pending.front()->state());
  stream.pending.pop_front();
  ++stream.first;
  if (last) {
    drop(key);
  } else {
    start(key, stream, now, sends);
  }
}

void UpdateStreams::resume(TimePoint now, Sends& sends) {
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

void UpdateStreams::pause() {
  paused_ = true;
  timers_ = {};
}

void UpdateStreams::resend(const FrameworkId& framework, TimePoint now, Sends& sends) {
  for (auto stream = streams_.lower_bound({framework, TaskId{}});
       stream != streams_.end() && stream->first.framework == framework; ++stream)
    start(stream->first, stream->second, now, sends);
}

void UpdateStreams::drop(const TaskKey& key) {
  timers_.cancel(key);
  streams_.erase(key);
}

void UpdateStreams::clear() {
  timers_ = {};
  streams_.clear();
}

void UpdateStreams::advance(TimePoint now, Sends& sends) {
  while (const auto key = timers_.pop(now)) {
    const auto found = streams_.find(*key);
    CHECK(found != streams_.end() && sendable(found->second), "timer of a stream with nothing to send");
    send(*key, found->second, now, sends);
  }
}

std::size_t UpdateStreams::pending(const TaskKey& key) const {
  const auto found = streams_.find(key);
  return found == streams_.end() ? 0 : found->second.pending.size() - (found->second.acknowledged ? 1 : 0);
}

std::vector<UpdateStreams::Status> UpdateStreams::unacknowledged(const TaskKey& key) const {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return {};
  const Stream& stream = found->second;
  return {stream.pending.begin() + (stream.acknowledged ? 1 : 0), stream.pending.end()};
}

UpdateStreams::Stream& UpdateStreams::stream_of(const TaskKey& key) {
  const auto [found, is_new] = streams_.try_emplace(key);
  if (is_new) found->second.first = found->second.durable = last_;
  return found->second;
}

bool UpdateStreams::sendable(const Stream& stream) const {
  return !stream.pending.empty() && stream.first < stream.durable && !stream.acknowledged;
}

// The front is a new one, or is to be treated as one.
void UpdateStreams::start(const TaskKey& key, Stream& stream, TimePoint now, Sends& sends) {
  if (paused_ || !sendable(stream)) return;
  stream.retry = options_.retry_min;
  send(key, stream, now, sends);
}

void UpdateStreams::send(const TaskKey& key, Stream& stream, TimePoint now, Sends& sends) {
  const Status& newest = stream.pending[stream.durable - stream.first - 1];
  sends.push_back({key, stream.pending.front(), newest->state()});
  const double factor = 1 + options_.jitter * random_.unit();
  timers_.set(key, now + Duration(static_cast<Duration::rep>(static_cast<double>(stream.retry.count()) * factor)));
  stream.retry = std::min(2 * stream.retry, options_.retry_max);
}

}  // namespace stoa::agent
