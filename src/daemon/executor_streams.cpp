#include "daemon/executor_streams.h"

#include <utility>

#include "mesos/v1/executor/executor.pb.h"

namespace stoa::daemon {

namespace {

// 503 is the one refusal after which clients try again (EXE-186).
Result<> stopping() { return fail(Code::unavailable, "Agent is shutting down"); }

}  // namespace

void ExecutorStreams::subscribe(agent::ExecutorSubscribe event, api::StreamAnswer answer) {
  event.stream = StreamNumber{next_number_++};
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) answers_[event.stream] = std::exchange(answer, nullptr);
  }
  if (answer) {
    answer(stopping());
    return;
  }
  post_(std::move(event));
}

void ExecutorStreams::call(agent::ExecutorCall event, Done done) {
  event.reply = ReplyNumber{next_number_++};
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) replies_[event.reply] = std::exchange(done, nullptr);
  }
  if (done) return done(stopping());
  post_(std::move(event));
}

void ExecutorStreams::stop() {
  std::unordered_map<StreamNumber, api::StreamAnswer> answers;
  std::unordered_map<ReplyNumber, Done> replies;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [number, stream] : streams_) stream->finish();
    streams_.clear();
    answers.swap(answers_);
    replies.swap(replies_);
  }
  for (const auto& [number, answer] : answers) answer(stopping());
  for (const auto& [number, done] : replies) done(stopping());
}

void ExecutorStreams::perform(const agent::OpenExecutorStream& effect) {
  api::StreamAnswer answer;
  {
    const std::lock_guard lock(mutex_);
    auto node = answers_.extract(effect.stream);
    if (node.empty()) return;
    answer = std::move(node.mapped());
  }
  const std::shared_ptr<api::EventStream> stream = answer(effect.result);
  if (!stream) return;
  {
    const std::lock_guard lock(mutex_);
    streams_[effect.stream] = stream;
  }
  stream->on_closed([this, number = effect.stream] {
    {
      const std::lock_guard lock(mutex_);
      streams_.erase(number);
    }
    post_(agent::ExecutorStreamClosed{number});
  });
}

void ExecutorStreams::perform(const agent::SendExecutor& effect) {
  if (const auto stream = find(effect.stream)) stream->push(effect.event);
}

void ExecutorStreams::perform(const agent::CloseExecutorStream& effect) {
  if (const auto stream = find(effect.stream)) stream->finish();
}

void ExecutorStreams::perform(const agent::ReplyExecutor& effect) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    auto node = replies_.extract(effect.reply);
    if (node.empty()) return;
    done = std::move(node.mapped());
  }
  done(effect.result);
}

std::shared_ptr<api::EventStream> ExecutorStreams::find(StreamNumber number) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : found->second;
}

}  // namespace stoa::daemon
