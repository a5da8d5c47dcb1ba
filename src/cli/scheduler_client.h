// SchedulerClient: a framework's side of the scheduler API: one event stream down, calls up.
//
// As any framework would do it, over protobuf. It knows no offers and no tasks; whoever owns it decides.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "http/client.h"
#include "net/url.h"
#include "proto/forward.h"

namespace stoa::cli {

class SchedulerClient {
 public:
  // `client` must outlive it.
  SchedulerClient(http::Client& client, net::Url master);
  // Closes the stream: the master sees a disconnected framework.
  ~SchedulerClient();
  SchedulerClient(const SchedulerClient&) = delete;
  SchedulerClient& operator=(const SchedulerClient&) = delete;

  using OnEvent = std::function<void(const mesos::v1::scheduler::Event&)>;
  using OnEnd = std::function<void(Error)>;

  // Subscribes; with an id in `info`, as the framework of that id. Events come on a thread of the client's loop, one at
  // a time; after `on_end` (refused, cut off) nothing more. Once in the life of the object.
  void subscribe(const mesos::v1::FrameworkInfo& info, OnEvent on_event, OnEnd on_end);

  // Sends a call as the subscribed framework. `done` gets the error of a refusal; it may be empty. Not before the first
  // event. Calls are answered in no certain order. Thread-safe.
  void call(mesos::v1::scheduler::Call call, std::function<void(Result<>)> done = {});
  // The same, and waits for the answer. Not on a thread of the loop.
  Result<> call_and_wait(mesos::v1::scheduler::Call call);

  // Empty before the SUBSCRIBED event.
  std::string framework_id() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // Shared with callbacks of the stream.
};

}  // namespace stoa::cli
