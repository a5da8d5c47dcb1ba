// MasterPort: what the endpoints need of a running master. The daemon's shell is behind it; tests put a fake there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/event_stream.h"
#include "base/result.h"
#include "master/events.h"
#include "master/snapshot.h"

namespace stoa::api {

// Thread-safe. Callbacks come on any thread and must not block.
class MasterPort {
 public:
  virtual ~MasterPort() = default;

  // False while the registry is being read: the APIs answer 503 then (HTTP-055).
  virtual bool recovered() const = 0;

  // Hands a stream over to the core: events flow until either side ends it.
  virtual void subscribe(std::shared_ptr<EventStream> stream, master::Subscribe event) = 0;

  // Gives a call to the core; its number is the port's to choose.
  virtual void call(master::SchedulerCall event, std::function<void(Result<>)> done) = 0;
  virtual void command(master::OperatorCommand command, std::function<void(Result<>)> done) = 0;

  // Of the allocator, as it is now. Nothing of it is kept.
  virtual void explain(allocator::ExplainQuestion question, std::function<void(const allocator::Explained&)> done) = 0;
  virtual void plan(FrameworkId framework, allocator::Demand demand,
                    std::function<void(const allocator::Plan&)> done) = 0;

  // One instant of the state, no older than the call of this function (OPR-062).
  virtual void snapshot(std::function<void(std::shared_ptr<const master::Snapshot>)> done) = 0;
};

}  // namespace stoa::api
