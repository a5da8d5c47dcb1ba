// Journal gathers what must be durable, and what may happen once it is (AGT-056, AGT-064).
//
// One write is under way at a time; what comes meanwhile joins the next one. So a burst of a thousand tasks costs a
// handful of writes, a lone task waits for one, and writes never overtake each other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/effects.h"
#include "agent/task_key.h"

namespace stoa::agent {

// What waits for a write.
struct AgentStored {};  // We may call ourselves registered.
struct TaskStored {
  TaskKey key;
  ContainerId container;
};  // The sandbox may be prepared.
struct StatusStored {
  TaskKey key;
  std::uint64_t added = 0;
};  // See UpdateStreams::add.
struct AcknowledgementStored {
  TaskKey key;
  bool terminal = false;
};
struct KillStored {
  TaskKey key;
  ContainerId container;
};
struct EndStored {
  ContainerId container;
};  // The container may be forgotten.
struct OperationStored {
  enum class What {
    target,   // Directories may be made and removed for the change of this `number`.
    outcome,  // Of the operation of this `uuid` and `number`; `added` as of OperationStreams::add.
    erased,   // The operation may be forgotten.
  };
  What what = What::target;
  std::string uuid;
  std::uint64_t number = 0;
  std::uint64_t added = 0;
};
struct DrainStored {};  // Tasks may be killed.
struct ExecutorStored {
  ExecutorKey key;
  ContainerId container;
};  // Its sandbox may be prepared.
struct BatchStored {
  ExecutorKey key;
  ContainerId container;
  std::uint64_t number = 0;
};  // These tasks may be delivered.
struct SubscriptionStored {
  ExecutorKey key;
  ContainerId container;
  StreamNumber stream;
};  // Events may be sent.
struct UpdateStored {
  ExecutorKey key;
  TaskId task;
  std::string uuid;
};  // The executor may be told so (EXE-063).
struct AllErased {};  // We may leave.

using Stored =
    std::variant<AgentStored, TaskStored, StatusStored, AcknowledgementStored, KillStored, EndStored, ExecutorStored,
                 BatchStored, SubscriptionStored, UpdateStored, OperationStored, DrainStored, AllErased>;

class Journal {
 public:
  void put(const std::string& kind, const std::string& id, std::string bytes);
  void erase(const std::string& kind, const std::string& id);
  // Asks for `what` once all changes noted until now, and those noted before the next flush, are durable.
  void then(Stored what) { next_stored_.push_back(std::move(what)); }

  // Whether `flush` would emit: the moment to note what was only marked as changed.
  bool ready() const { return !under_way_; }
  // Emits the next Persist, if none is under way and there is something to write or to release.
  void flush(Effects& effects);
  // Takes what waited for this write; empty if the write is not the one under way.
  std::vector<Stored> persisted(WriteNumber write);

 private:
  std::map<std::pair<std::string, std::string>, std::optional<std::string>> next_;
  std::vector<Stored> next_stored_;
  std::optional<WriteNumber> under_way_;
  std::vector<Stored> stored_;
  WriteNumber last_;
};

}  // namespace stoa::agent
