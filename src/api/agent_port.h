// AgentPort: what the endpoints need of a running agent. The daemon's shell is behind it; tests put a fake there.
#pragma once

#include <functional>
#include <memory>

#include "agent/events.h"
#include "agent/snapshot.h"
#include "api/event_stream.h"

namespace stoa::api {

// How a SUBSCRIBE of an executor is answered, once: success opens the stream and returns it, an error is the refusal.
using StreamAnswer = std::function<std::shared_ptr<EventStream>(const Result<>&)>;

// Thread-safe. Callbacks come on any thread and must not block.
class AgentPort {
 public:
  virtual ~AgentPort() = default;

  // False until the containers of an earlier life are found: the APIs answer 503 then (AGT-090).
  virtual bool recovered() const = 0;

  // The numbers in the events are set by the callee. `answer` and `done` are called once, unless the agent stops.
  virtual void subscribe(agent::ExecutorSubscribe event, StreamAnswer answer) = 0;
  virtual void call(agent::ExecutorCall event, std::function<void(Result<>)> done) = 0;

  // One instant of the state, no older than the call of this function.
  virtual void snapshot(std::function<void(std::shared_ptr<const agent::Snapshot>)> done) = 0;
};

}  // namespace stoa::api
