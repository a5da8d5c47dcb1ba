// Operations are what the master does to this agent's resources: reservations, volumes and their sizes (AGT-170..174,
// RES-101).
//
// One at a time, in the order in which they came. An operation that needs directories is written down as a target
// first; then the directories are made or removed; then the target becomes the truth. A life that ends in between
// leaves the target, and the next one goes on from there, so that a reservation or a volume which was reported is never
// lost, and no data is deleted but that of a volume which was destroyed. The outcome is told like a task's status where
// the framework gave the operation an id, and once where nobody waits for it.
//
// Pure. What depends on a write comes back through `stored`.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/effects.h"
#include "agent/events.h"
#include "agent/journal.h"
#include "agent/resources.h"
#include "agent/update_streams.h"
#include "base/random.h"
#include "model/operation.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace mesos::v1 {
enum OperationState : int;
class Operation;
}  // namespace mesos::v1

namespace stoa::link {
class ApplyOperation;
class ReconcileOperations;
class Register;
}  // namespace stoa::link

namespace stoa::agent {

struct Checkpoint;

class Operations {
 public:
  struct Options {
    std::string work_dir;
    OperationStreams::Options retry;
    std::size_t operations_max = 100'000;  // Known at a time; more are dropped.
  };
  // Messages for the master, to be sent if it has registered this agent, in order.
  using Sends = std::vector<std::shared_ptr<const link::ToMaster>>;

  // Both must outlive this.
  Operations(Options options, Journal& journal, Random& random)
      : options_(std::move(options)), journal_(journal), random_(random), streams_(options_.retry, random) {}

  // First call. `known` has what the last life left; its operations are forgotten if this agent has a `new_identity`,
  // its resources are not. Fails as with_conversions does. Emits what finishes an interrupted change.
  Result<> recover(const model::Resources& flags, const Checkpoint& known, bool new_identity, Effects& effects);
  void set_agent(const AgentId& id) { agent_ = id; }

  // `in_use`: by tasks and executors that were given to this agent before. False if it was ignored: it is known
  // already, or there are too many.
  bool apply(const link::ApplyOperation& message, const model::Resources& in_use);
  void changed(const VolumesChanged& event);
  void stored(const OperationStored& stored, TimePoint now, Effects& effects, Sends& sends);
  // False if it matches nothing that waits for it.
  bool acknowledge(const std::string& uuid, const std::string& status_uuid);
  // OPERATION_DROPPED for those that are not known.
  void reconcile(const link::ReconcileOperations& message, Sends& sends) const;

  // Registered with a master: what is unacknowledged goes out.
  void resume(TimePoint now, Sends& sends);
  void pause();
  void resend(const FrameworkId& framework, TimePoint now, Sends& sends);
  // Only the master is owed an outcome, once. The resources stay as they are.
  void remove_framework(const FrameworkId& framework);
  void clear();
  void advance(TimePoint now, Sends& sends);
  std::optional<TimePoint> next_wakeup() const { return streams_.next_wakeup(); }

  // Adds those that are not both ended and acknowledged, and the total.
  void describe(link::Register& message);
  std::vector<std::shared_ptr<const mesos::v1::Operation>> all() const;

  const model::Resources& total() const { return *total_; }
  std::shared_ptr<const model::Resources> shared_total() const { return total_; }
  // Whether all that came is settled, durable and acknowledged.
  bool idle() const { return entries_.empty() && !change_; }
  // Number of the newest operation, and of the newest one whose outcome is durable: what came after an operation may
  // begin once `done` has reached it (AGT-173).
  std::uint64_t last() const { return last_; }
  std::uint64_t done() const { return done_; }

 private:
  struct Entry {
    OperationKey key;
    std::uint64_t number = 0;
    std::shared_ptr<const mesos::v1::Operation> operation;  // With its latest status.
    model::Resources in_use;                                // Until it is settled.
    std::shared_ptr<const mesos::v1::OperationStatus> outcome;
    bool feedback = false;  // The outcome has a uuid and is resent until it is acknowledged.
    bool durable = false;   // The outcome is.
    bool closing = false;   // Its removal is being written.
  };
  // Directories are being changed for `target_`.
  struct Change {
    std::uint64_t number = 0;
    std::string uuid;  // Of its operation; empty if that is forgotten.
  };

  void recover_entry(const mesos::v1::Operation& operation,
                     std::vector<std::shared_ptr<const mesos::v1::OperationStatus>> pending);
  void proceed();
  void begin_change(Entry& entry, model::Resources target);
  void finish(Entry& entry, mesos::v1::OperationState state, const std::string& message);
  void set_total(model::Resources total) { total_ = std::make_shared<const model::Resources>(std::move(total)); }
  void store_total();
  void store_entry(const Entry& entry);
  void emit_change(Effects& effects) const;
  void forget(Entry& entry);
  void tell_once(Sends& sends);
  void tell_total(Sends& sends);
  void send(OperationStreams::Sends& updates, Sends& sends) const;
  Entry* find(const std::string& uuid);

  Options options_;
  Journal& journal_;
  Random& random_;
  OperationStreams streams_;
  AgentId agent_;
  bool linked_ = false;  // A master has registered this agent.

  std::shared_ptr<const model::Resources> total_ = std::make_shared<const model::Resources>();
  std::optional<model::Resources> target_;
  std::optional<Change> change_;
  std::uint64_t changes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t done_ = 0;
  bool total_is_news_ = false;            // An operation that the master counted on did not come to pass (RES-105).
  std::map<std::string, Entry> entries_;  // By uuid.
  std::deque<std::string> waiting_;       // Not begun, oldest first.
  std::vector<std::string> untold_;       // Durable outcomes without feedback.
  std::size_t unsettled_ = 0;             // Entries whose outcome is not durable.
};

}  // namespace stoa::agent
