// AgentPort: what the endpoints need of a running agent. The daemon's shell is behind it; tests put a fake there.
#pragma once

#include <functional>
#include <memory>

#include "agent/snapshot.h"

namespace stoa::api {

// Thread-safe. Callbacks come on any thread and must not block.
class AgentPort {
 public:
  virtual ~AgentPort() = default;

  // False until the containers of an earlier life are found: the APIs answer 503 then (AGT-090).
  virtual bool recovered() const = 0;

  // One instant of the state, no older than the call of this function.
  virtual void snapshot(std::function<void(std::shared_ptr<const agent::Snapshot>)> done) = 0;
};

}  // namespace stoa::api
