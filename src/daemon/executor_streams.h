// ExecutorStreams: the agent's side of its conversations with executors: which stream and which waiting request a
// number in the core's events and effects stands for.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "agent/effects.h"
#include "agent/events.h"
#include "api/agent_port.h"

namespace stoa::daemon {

class ExecutorStreams {
 public:
  using Done = std::function<void(Result<>)>;

  // `post` hands an event to the core; thread-safe, and in order.
  explicit ExecutorStreams(std::function<void(agent::Event)> post) : post_(std::move(post)) {}

  // Thread-safe.
  void subscribe(agent::ExecutorSubscribe event, api::StreamAnswer answer);
  void call(agent::ExecutorCall event, Done done);
  // Ends all streams and sends away whoever waits.
  void stop();

  // The core's answers, on its thread.
  void perform(const agent::OpenExecutorStream& effect);
  void perform(const agent::SendExecutor& effect);
  void perform(const agent::CloseExecutorStream& effect);
  void perform(const agent::ReplyExecutor& effect);

 private:
  std::shared_ptr<api::EventStream> find(StreamNumber number);

  const std::function<void(agent::Event)> post_;
  std::atomic<unsigned long long> next_number_ = 1;
  std::mutex mutex_;  // Guards what follows.
  bool stopped_ = false;
  std::unordered_map<StreamNumber, api::StreamAnswer> answers_;
  std::unordered_map<StreamNumber, std::shared_ptr<api::EventStream>> streams_;
  std::unordered_map<ReplyNumber, Done> replies_;
};

}  // namespace stoa::daemon
