// Event: everything that can happen to a leading master. Values only: decoded, authenticated, with the results of I/O.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "allocator/allocator.h"
#include "base/id.h"
#include "base/result.h"
#include "proto/forward.h"

namespace mesos::v1 {
class DrainConfig;
}  // namespace mesos::v1

namespace mesos::v1::maintenance {
class Schedule;
}  // namespace mesos::v1::maintenance

namespace stoa::master {

// One durable record: `bytes` is a message chosen by `kind`: of stoa/registry.proto, or the maintenance schedule.
struct RegistryRecord {
  std::string kind;
  std::string id;
  std::string bytes;
};

// First event of a leader: what earlier leaders wrote. Until it the master takes nothing else.
struct RegistryLoaded {
  std::vector<RegistryRecord> records;
  std::uint64_t epoch = 0;  // Of this leader, told to agents (HA-074); 0: there is but one master.
};

// The write of this number is durable, or has failed for good.
struct Persisted {
  WriteNumber write;
  Result<> result;
};

// A SUBSCRIBE that passed the syntactic checks; its stream is open and has sent its head.
struct Subscribe {
  StreamNumber stream;
  std::string stream_id;  // The value of Mesos-Stream-Id that the client got.
  std::shared_ptr<const mesos::v1::scheduler::Call> call;
  std::optional<std::string> principal;  // As authenticated.
};

// Any other scheduler call. `stream_id` is the header, absent if the client sent none.
struct SchedulerCall {
  ReplyNumber reply;
  std::shared_ptr<const mesos::v1::scheduler::Call> call;
  std::optional<std::string> stream_id;
  std::optional<std::string> principal;
};

// The stream of a scheduler ended from outside: closed by its client, broken, or cut for not reading.
struct StreamClosed {
  StreamNumber stream;
};

// An operator ends a framework.
struct Teardown {
  ReplyNumber reply;
  FrameworkId framework;
};

// An operator marks an agent gone for good.
struct MarkGone {
  ReplyNumber reply;
  AgentId agent;
};

// An operator changes what an agent's resources are: RESERVE, UNRESERVE, CREATE, DESTROY, GROW_VOLUME or SHRINK_VOLUME
// (OPR-130).
struct Operate {
  ReplyNumber reply;
  AgentId agent;
  std::shared_ptr<const mesos::v1::Offer_Operation> operation;
  std::optional<std::string> principal;  // As authenticated.
};

// An operator replaces the maintenance schedule. It is valid, each address in the one spelling of net::Address
// (OPR-151).
struct UpdateMaintenance {
  ReplyNumber reply;
  std::shared_ptr<const mesos::v1::maintenance::Schedule> schedule;
};

// A machine of the maintenance schedule: its address in the one spelling of net::Address. Either may be empty.
struct Machine {
  std::string hostname;
  std::string ip;
};

// An operator takes machines down for their maintenance, or says that they are up again (OPR-155, OPR-156). At least
// one, none twice.
struct SwitchMachines {
  ReplyNumber reply;
  bool down = false;
  std::vector<Machine> machines;
};

// An operator drains an agent, or wants no offers from it, or wants them again (OPR-160 to OPR-166).
struct SwitchAgent {
  enum class To { drained, deactivated, active };
  ReplyNumber reply;
  AgentId agent;
  To to = To::active;
  std::shared_ptr<const mesos::v1::DrainConfig> config;  // Of a drain.
};

// An operator changes how roles share (operators.h). Numbers are as they came.
struct UpdateWeights {
  ReplyNumber reply;
  std::map<std::string, double> weights;
};
struct UpdatePriorities {
  ReplyNumber reply;
  std::map<std::string, std::optional<std::int64_t>> priorities;  // Nothing: that of the role above.
};
struct UpdateQuota {
  ReplyNumber reply;
  std::map<std::string, allocator::Quota> quotas;  // An empty one removes the role's.
  bool force = false;
};
struct SetQuota {
  ReplyNumber reply;
  std::string role;
  model::Quantities guarantee;
  bool force = false;
};
struct RemoveQuota {
  ReplyNumber reply;
  std::string role;
};

// What an operator can ask for. Each is answered with one Reply.
using OperatorCommand = std::variant<Teardown, MarkGone, Operate, UpdateMaintenance, SwitchMachines, SwitchAgent,
                                     UpdateWeights, UpdatePriorities, UpdateQuota, SetQuota, RemoveQuota>;

struct FromAgent {
  LinkNumber link;
  std::shared_ptr<const link::ToMaster> message;
};

struct LinkClosed {
  LinkNumber link;
};

// Time passed: sent when next_wakeup() is reached.
struct Tick {};

using Event = std::variant<RegistryLoaded, Persisted, Subscribe, SchedulerCall, StreamClosed, Teardown, MarkGone,
                           Operate, UpdateMaintenance, SwitchMachines, SwitchAgent, UpdateWeights, UpdatePriorities,
                           UpdateQuota, SetQuota, RemoveQuota, FromAgent, LinkClosed, Tick>;

}  // namespace stoa::master
