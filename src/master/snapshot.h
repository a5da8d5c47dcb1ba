// Snapshot: one instant of the master's state for readers on other threads. A list of pointers to values that never
// change, so that taking it is cheap and reading it never stops the core (DESIGN: reads never stop the core).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "master/framework_counters.h"
#include "master/sharing.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace mesos::v1 {
class DrainInfo;
class Operation;
}  // namespace mesos::v1

namespace mesos::v1::maintenance {
class ClusterStatus;
class Schedule;
}  // namespace mesos::v1::maintenance

namespace mesos::v1::scheduler {
class OfferConstraints;
}  // namespace mesos::v1::scheduler

namespace stoa::master {

struct OfferView {
  std::shared_ptr<const mesos::v1::Offer> message;  // As the framework got it.
  FrameworkId framework;
  AgentId agent;
  std::string role;
  model::Resources resources;
};

// A custom or default executor that is alive.
struct ExecutorView {
  std::shared_ptr<const mesos::v1::ExecutorInfo> info;  // With its framework's id.
  AgentId agent;
};

struct FrameworkView {
  FrameworkId id;
  std::shared_ptr<const mesos::v1::FrameworkInfo> info;
  bool active = false;
  bool connected = false;
  bool recovered = false;
  WallSeconds registered = 0;
  WallSeconds reregistered = 0;
  WallSeconds unregistered = 0;
  std::vector<std::string> roles;
  std::vector<std::string> suppressed;                                              // Of these.
  std::shared_ptr<const mesos::v1::scheduler::OfferConstraints> offer_constraints;  // Null if there are none.
  std::vector<std::shared_ptr<const mesos::v1::Task>> tasks;                        // In order of launch.
  std::vector<std::shared_ptr<const mesos::v1::Task>> unreachable_tasks;
  std::vector<std::shared_ptr<const mesos::v1::Task>> completed_tasks;
  std::vector<std::shared_ptr<const OfferView>> offers;
  std::vector<ExecutorView> executors;  // In order of launch.
};

struct AgentView {
  AgentId id;
  std::shared_ptr<const mesos::v1::AgentInfo> info;
  bool active = false;
  bool connected = false;
  bool deactivated = false;                           // By an operator.
  std::shared_ptr<const mesos::v1::DrainInfo> drain;  // While it drains, and when it is drained; null else.
  WallSeconds drain_since = 0;
  std::vector<int> capabilities;  // Of AgentInfo.Capability.Type, ascending.
  std::vector<std::string> addresses;
  std::string version;
  WallSeconds registered = 0;
  WallSeconds reregistered = 0;
  model::Resources total;
  model::Resources allocated;
  model::Resources offered;
  // Pending, or ended and not yet acknowledged, in the order in which they were sent.
  std::vector<std::shared_ptr<const mesos::v1::Operation>> operations;
};

// One plan for preemption that was carried out, by one line (ALC-223).
struct PreemptionRecord {
  WallSeconds at = 0;
  FrameworkId framework;  // For whom.
  std::string role;
  std::string bundle;
  AgentId agent;
  std::vector<std::pair<FrameworkId, TaskId>> victims;
};
using PreemptionLog = std::deque<PreemptionRecord>;

// What the allocator counts for a role.
struct RoleGauges {
  std::string role;
  double share = 0;  // Dominant, divided by weight.
  std::size_t filters = 0;
  int priority = 0;  // Effective.
};

struct Snapshot {
  std::shared_ptr<const mesos::v1::MasterInfo> info;
  std::vector<std::shared_ptr<const FrameworkView>> frameworks;  // In order of registration.
  std::vector<std::shared_ptr<const FrameworkView>> completed_frameworks;
  // What was counted for each of `frameworks` and then of `completed_frameworks`, in their order. Empty if the operator
  // wants no metrics of single frameworks.
  std::vector<FrameworkCounters> framework_counters;
  std::vector<std::shared_ptr<const AgentView>> agents;  // In order of registration.
  std::vector<std::shared_ptr<const mesos::v1::AgentInfo>> recovered_agents;
  std::size_t unreachable_agents = 0;
  // Null if nothing is scheduled.
  std::shared_ptr<const mesos::v1::maintenance::Schedule> maintenance_schedule;
  std::shared_ptr<const mesos::v1::maintenance::ClusterStatus> maintenance_status;
  std::map<std::string, double> metrics;  // Counters and allocator gauges.
  std::shared_ptr<const Sharing> sharing = std::make_shared<const Sharing>();
  std::shared_ptr<const PreemptionLog> preemptions;  // Null until there is one.
  std::vector<RoleGauges> roles;                     // Those that the allocator knows, by name.
};

}  // namespace stoa::master
