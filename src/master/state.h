// State: everything a leading master knows, and nothing else. Plain records with an owner each; the rules that change
// them are free functions, one call or one rule a file.
//
// Readers never see these records: what they are shown (messages, infos) are immutable values behind
// shared_ptr<const T> that are replaced, never changed, so that a snapshot is a list of pointers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "allocator/allocator.h"
#include "base/id.h"
#include "base/random.h"
#include "base/time.h"
#include "base/timer_queue.h"
#include "master/capabilities.h"
#include "master/config.h"
#include "master/effects.h"
#include "master/metrics.h"
#include "master/sharing.h"
#include "master/shown.h"
#include "master/snapshot.h"
#include "model/operation.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace mesos::v1 {
class DrainInfo;
class Unavailability;
}  // namespace mesos::v1

namespace stoa::master {

class AgentConstraints;

using TaskMessage = std::shared_ptr<const mesos::v1::Task>;

// A task that is not forgotten: live, or terminal with its last status not yet acknowledged.
struct Task {
  std::uint64_t sequence = 0;  // Order of launch, for stable listings (OPR-067).
  TaskMessage message;
  AgentId agent;
  model::Resources resources;   // Allocated to the task's role.
  bool holds_resources = true;  // Until the agent reports a terminal state (SCH-217).
  bool terminal_forwarded = false;
  bool killing = false;       // A KILL was sent.
  std::uint64_t group = 0;    // Equal for tasks that were launched as one group; 0: of none, or not known.
  std::string preempted_for;  // The role for which it was killed, else empty.
  // Set by KILL, for an agent that is away (SCH-204). The message may be without grace period.
  std::shared_ptr<const mesos::v1::scheduler::Call> kill;
};

// A custom or default executor. Those that agents add for single command tasks are not in the books (OPR-094).
struct Executor {
  std::uint64_t sequence = 0;  // Order of launch.
  std::shared_ptr<const mesos::v1::ExecutorInfo> info;
  model::Resources resources;  // Allocated for as long as it lives, with tasks or without (EXE-177).
};

// An operation on an agent's resources: pending, or ended and not yet acknowledged.
struct Operation {
  std::uint64_t sequence = 0;  // Order of acceptance; the agent carries them out in it.
  std::shared_ptr<const mesos::v1::Operation> message;
  // While it is pending: what it makes of the agent's resources. None once the agent has said how it ended, or has
  // registered without knowing of it.
  std::optional<model::Conversion> pending;
};

// 16 raw bytes, chosen by the master that accepted the operation.
using OperationUuid = std::string;

struct Offer {
  OfferId id;
  FrameworkId framework;
  AgentId agent;
  std::string role;
  model::Resources resources;  // Allocated to `role`.
  std::shared_ptr<const OfferView> view;
};

// An outstanding one (SCH-246).
struct InverseOffer {
  FrameworkId framework;
  AgentId agent;
};

// A host name in lower case, and an address.
using MachineKey = std::pair<std::string, std::string>;

// What is scheduled (maintenance.h).
struct Maintenance {
  std::shared_ptr<const mesos::v1::maintenance::Schedule> schedule;  // Null if there is none.
  // Its machines by their host name in lower case and address, as their number in it, and when each is away.
  std::map<MachineKey, std::size_t> machines;
  std::vector<const mesos::v1::Unavailability*> unavailability;  // Within `schedule`.
  std::set<MachineKey> down;                                     // Of its machines: those that are away now.
  // For readers; null until somebody asks after a change of what it shows.
  std::shared_ptr<const mesos::v1::maintenance::ClusterStatus> status;
};

struct Framework {
  FrameworkId id;
  std::uint64_t sequence = 0;
  std::shared_ptr<const mesos::v1::FrameworkInfo> info;
  Capabilities capabilities;
  std::set<std::string> roles;
  std::set<std::string> suppressed;
  std::shared_ptr<const mesos::v1::scheduler::OfferConstraints> offer_constraints;  // Null if there are none.
  std::shared_ptr<const AgentConstraints> admits;                                   // The same, to be asked.
  std::optional<std::string> principal;

  std::optional<StreamNumber> stream;  // Set while connected.
  std::string stream_id;
  bool recovered = false;  // Known only from agents so far (OPR-087).
  bool removing = false;   // Its removal is being written.
  WallSeconds registered = 0;
  WallSeconds reregistered = 0;
  WallSeconds unregistered = 0;

  std::unordered_map<TaskId, Task> tasks;
  std::deque<TaskMessage> completed;          // Newest last, bounded.
  std::map<TaskId, TaskMessage> unreachable;  // Bounded, oldest first in unreachable_order.
  std::deque<TaskId> unreachable_order;
  std::set<OfferId> offers;
  std::set<OfferId> inverse_offers;
  std::map<AgentId, TimePoint> inverse_refusals;  // Not asked again about the agent until then (SCH-249).
  std::set<std::pair<AgentId, ExecutorId>> executors;
  // Those with an id of the framework's choice.
  std::map<OperationId, std::pair<AgentId, OperationUuid>> operations;

  // Apart from the rest, so that whoever may only look at a framework may still count for it.
  std::shared_ptr<FrameworkCounters> counters = std::make_shared<FrameworkCounters>();

  // What readers are shown; rebuilt when it is asked for after a change.
  mutable Shown<FrameworkView, Framework> view;

  bool connected() const { return stream.has_value(); }
};

// An agent that an operator wants no offers from, registered now or not (deactivation.h).
struct Deactivation {
  std::shared_ptr<const mesos::v1::DrainInfo> drain;  // Null if it is not drained.
  WallSeconds since = 0;                              // When the drain began.
  bool ending = false;                                // That it is drained is being written.
};

// An agent that drains has nothing left that anybody waits for.
struct EndDrain {
  AgentId agent;
};

// Durable changes of machines and agents, which are made one after another (operator_changes.h).
using OperatorChange = std::variant<UpdateMaintenance, SwitchMachines, SwitchAgent, EndDrain>;

struct Agent {
  AgentId id;
  std::uint64_t sequence = 0;
  std::shared_ptr<const mesos::v1::AgentInfo> info;
  std::vector<std::string> addresses;  // Text, the primary one first.
  std::string version;
  std::set<int> capabilities;
  std::optional<LinkNumber> link;  // Set while connected.
  WallSeconds registered = 0;
  WallSeconds reregistered = 0;
  std::size_t pings_unanswered = 0;
  bool marking = false;  // That it is unreachable or gone for good is being written (HA-113).
  // What the agent has said that it has, and that with the pending operations applied in their order: RESERVE and the
  // like count as done when they are accepted (SCH-184).
  model::Resources confirmed;
  model::Resources total;
  bool shrunken = false;  // The total became less than what was allocated: an operation failed, or the agent says so.
  // Held by tasks and executors; kept up to date with each change. A shared volume counts once for each holder.
  model::Resources allocated;
  model::Resources offered;
  std::set<std::pair<FrameworkId, TaskId>> tasks;
  std::map<std::pair<FrameworkId, ExecutorId>, Executor> executors;
  std::map<OperationUuid, Operation> operations;
  std::set<OfferId> offers;

  std::shared_ptr<const mesos::v1::Unavailability> unavailability;  // Of its machine; null if none is scheduled.
  std::map<FrameworkId, OfferId> inverse_offers;
  struct InverseAnswer {
    bool accepted = false;
    WallSeconds at = 0;
  };
  std::map<FrameworkId, InverseAnswer> inverse_answers;  // The newest of each (SCH-247).

  mutable Shown<AgentView, Agent> view;

  bool connected() const { return link.has_value(); }
};

// An agent that is in the registry and has not come back to this leader (HA-085).
struct RecoveredAgent {
  std::shared_ptr<const mesos::v1::AgentInfo> info;
  bool marking = false;  // It is being marked unreachable.
};

struct CompletedFramework {
  FrameworkId id;
  std::shared_ptr<const FrameworkView> view;  // Null for those known only from the registry.
  FrameworkCounters counters;
};

// One principal's calls: when the next may pass, and which wait (throttle.h).
struct Limiter {
  struct Waiting {
    FrameworkId framework;
    std::variant<SchedulerCall, StreamClosed> event;
  };
  TimePoint next{};
  std::deque<Waiting> waiting;
};

// What the core waits for. `id` is that of a framework, agent, offer or limiter, by kind.
struct TimerKey {
  enum class Kind {
    heartbeat,
    framework_removal,
    agent_ping,
    agent_return,
    recovered_agent,
    offer,
    inverse_offer,
    rate_limit,
    recovery_pause
  };
  Kind kind;
  std::string id;
  auto operator<=>(const TimerKey&) const = default;
};

// What is done when a write becomes durable.
struct AdmitAgent {
  AgentId agent;
  LinkNumber link;
  std::shared_ptr<const link::ToMaster> registration;
  bool was_unreachable = false;
};
struct MarkUnreachable {
  AgentId agent;
};
struct ForgetRecoveredAgent {
  AgentId agent;
};
struct RemoveFramework {
  FrameworkId framework;
  std::optional<ReplyNumber> reply;  // Of the operator who tears it down.
};
struct RemoveAgent {
  AgentId agent;
};
struct MarkAgentGone {
  AgentId agent;
  std::optional<ReplyNumber> reply;  // Of the operator who wants it, unless it was drained for that.
};
struct FinishChange {};  // The first of State::changes.
struct NothingMore {};
using Continuation = std::variant<AdmitAgent, MarkUnreachable, ForgetRecoveredAgent, RemoveFramework, RemoveAgent,
                                  MarkAgentGone, FinishChange, ApplySharing, NothingMore>;

struct State {
  State(Config given, std::uint64_t seed) : config(std::move(given)), random(seed), allocator(config.allocation) {}

  Config config;
  Random random;
  bool recovered = false;
  bool stepped_down = false;
  std::uint64_t epoch = 0;  // See RegistryLoaded.

  // By the step under way, or the last one.
  Shown<FrameworkView, Framework>::Touched touched_frameworks;
  Shown<AgentView, Agent>::Touched touched_agents;

  std::map<FrameworkId, Framework> frameworks;
  std::map<AgentId, Agent> agents;
  std::map<OfferId, Offer> offers;
  std::map<OfferId, InverseOffer> inverse_offers;
  Maintenance maintenance;
  std::map<AgentId, Deactivation> deactivated;
  std::set<AgentId> draining;          // Of these: not drained yet.
  std::deque<OperatorChange> changes;  // The first one is being written. Each has an operator who waits for it.
  std::shared_ptr<const Sharing> sharing = std::make_shared<const Sharing>();  // In force; for readers, too.
  Sharing sharing_planned;                                                     // When all writes are durable.
  std::map<AgentId, std::map<FrameworkId, OfferId>> notices;  // Inverse offers of plans for preemption (preempt.h).
  std::shared_ptr<const PreemptionLog> preemptions;           // Null until there is one.
  std::optional<std::size_t> agents_awaited;                  // Allocation waits for so many more (recovery_pause.h).
  std::map<AgentId, RecoveredAgent> recovered_agents;
  std::map<AgentId, WallSeconds> unreachable_agents;
  std::set<AgentId> gone_agents;
  std::deque<CompletedFramework> completed_frameworks;  // Oldest first, bounded.
  std::unordered_set<FrameworkId> completed_ids;

  std::unordered_map<StreamNumber, FrameworkId> streams;
  std::unordered_map<LinkNumber, AgentId> links;
  std::map<WriteNumber, Continuation> writes;
  std::set<LinkNumber> registering;      // Links whose registration is being written.
  std::set<AgentId> registering_agents;  // Agents likewise.

  std::map<std::string, Limiter> limiters;

  TimerQueue<TimerKey> timers;
  allocator::Allocator allocator;
  Metrics metrics;

  std::uint64_t next_framework = 0;
  std::uint64_t next_agent = 0;
  std::uint64_t next_offer = 0;
  std::uint64_t next_write = 1;
  std::uint64_t next_sequence = 1;
};

// What every rule gets: the state, the time, and where its wishes go.
struct Context {
  State& state;
  const Now& now;
  Effects& effects;
};

}  // namespace stoa::master
