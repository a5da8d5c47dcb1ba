// Probes: how the agent asks its tasks how they do. HTTP and TCP probes are connections of this process, without a
// fork (EXE-171); commands run inside the task's container.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/effects.h"
#include "agent/events.h"
#include "net/loop.h"
#include "ports/container_runtime.h"

namespace stoa::daemon {

class Probes {
 public:
  using Ended = std::function<void(agent::ProbeEnded)>;

  // Both must outlive it. `ended` is called on threads of the loop and of the runtime and must not call back.
  Probes(net::Loop& loop, ports::ContainerRuntime& runtime, Ended ended);
  ~Probes();

  void begin(const agent::Probe& probe);
  // Its end is not told, unless that has begun.
  void cancel(const agent::ProbeName& name);
  // Cancels all; `ended` is not called any more when this returns.
  void stop();

  // One probe under way; destroying it ends it.
  class UnderWay {
   public:
    virtual ~UnderWay() = default;
    virtual void start() = 0;
    // Its time is over. True: drop it. False: it tells its own end as soon as nothing of it runs any more. Must not
    // block.
    virtual bool on_timeout() { return true; }
  };

 private:
  struct Table;

  std::shared_ptr<UnderWay> make(const agent::Probe& probe);

  net::Loop& loop_;
  ports::ContainerRuntime& runtime_;
  const std::string life_;              // Makes the ids of programs unique over restarts of the agent.
  const std::shared_ptr<Table> table_;  // Shared with callbacks, which may come late.
};

}  // namespace stoa::daemon
