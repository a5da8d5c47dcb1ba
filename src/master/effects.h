// Effect: what the shell must do for the master core. A step yields them in order; the shell carries them out in order.
//
// Whatever depends on a Persist is not in the same list: it comes with the step of its Persisted event.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/log.h"
#include "base/result.h"
#include "master/events.h"
#include "proto/forward.h"

namespace stoa::master {

// Put, or erase where `bytes` is empty.
using RegistryChange = RegistryRecord;

// Make the changes durable, all or none, and answer with Persisted.
struct Persist {
  WriteNumber write;
  std::vector<RegistryChange> changes;
};

// Send one event on a scheduler's stream. Nothing happens if the stream is gone.
struct SendEvent {
  StreamNumber stream;
  std::shared_ptr<const mesos::v1::scheduler::Event> event;
};

// End a scheduler's stream after what was sent on it.
struct CloseStream {
  StreamNumber stream;
};

// Answer a call: done, or refused with the code and text that the caller is to see.
struct Reply {
  ReplyNumber reply;
  Result<> outcome;
};

struct SendAgent {
  LinkNumber link;
  std::shared_ptr<const link::ToAgent> message;
};

struct CloseLink {
  LinkNumber link;
};

// The master can no longer lead: a durable write failed. The shell stops serving at once.
struct StepDown {
  std::string why;
};

struct Log {
  log::Level level;
  std::string message;
};

using Effect = std::variant<Persist, SendEvent, CloseStream, Reply, SendAgent, CloseLink, StepDown, Log>;
using Effects = std::vector<Effect>;

}  // namespace stoa::master
