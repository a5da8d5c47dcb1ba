#include "master/maintenance.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "master/inverse_offers.h"
#include "master/offers.h"
#include "master/operator_changes.h"
#include "master/send.h"
#include "mesos/v1/maintenance/maintenance.pb.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::MachineID;
using mesos::v1::Unavailability;
using mesos::v1::maintenance::ClusterStatus;
using mesos::v1::maintenance::Schedule;

void put_schedule(State& state, std::shared_ptr<const Schedule> schedule) {
  std::set<MachineKey> down = std::move(state.maintenance.down);
  state.maintenance = {};
  Maintenance& maintenance = state.maintenance;
  maintenance.down = std::move(down);
  if (schedule->windows().empty()) return;
  for (const auto& window : schedule->windows()) {
    for (const MachineID& machine : window.machine_ids()) {
      maintenance.machines.emplace(key_of(machine.hostname(), machine.ip()), maintenance.unavailability.size());
      maintenance.unavailability.push_back(&window.unavailability());
    }
  }
  maintenance.schedule = std::move(schedule);
}

bool same(const Unavailability* a, const Unavailability* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->start().nanoseconds() == b->start().nanoseconds() && a->has_duration() == b->has_duration() &&
         a->duration().nanoseconds() == b->duration().nanoseconds();
}

void add_answers(const State& state, const Agent& agent, ClusterStatus::DrainingMachine& machine) {
  using mesos::v1::allocator::InverseOfferStatus;
  for (const auto& [framework, answer] : agent.inverse_answers) {
    if (!state.frameworks.contains(framework)) continue;
    auto& status = *machine.add_statuses();
    status.set_status(answer.accepted ? InverseOfferStatus::ACCEPT : InverseOfferStatus::DECLINE);
    status.mutable_framework_id()->set_value(framework.value);
    status.mutable_timestamp()->set_nanoseconds(static_cast<std::int64_t>(answer.at * 1e9));
  }
}

// Whether it is another than before.
bool renew(Context& context, Agent& agent) {
  const Maintenance& maintenance = context.state.maintenance;
  const auto machine = machine_of(maintenance, agent.info->hostname(), agent.addresses);
  const Unavailability* found = machine ? maintenance.unavailability[maintenance.machines.at(*machine)] : nullptr;
  if (same(found, agent.unavailability.get())) return false;
  withdraw_offers(context, agent);
  withdraw_inverse_offers(context, agent);
  agent.inverse_answers.clear();
  agent.unavailability = found == nullptr ? nullptr : std::make_shared<const Unavailability>(*found);
  context.state.allocator.request_cycle(context.now.steady);
  return true;
}

void forget_refusals(State& state, const std::set<AgentId>& agents) {
  if (agents.empty()) return;
  for (auto& [id, framework] : state.frameworks) {
    std::erase_if(framework.inverse_refusals, [&](const auto& refusal) { return agents.contains(refusal.first); });
  }
}

}  // namespace

MachineKey key_of(const std::string& hostname, const std::string& ip) { return {lower_case(hostname), ip}; }

std::optional<MachineKey> machine_of(const Maintenance& maintenance, const std::string& hostname,
                                     const std::vector<std::string>& addresses) {
  if (maintenance.machines.empty()) return std::nullopt;
  MachineKey key = key_of(hostname, "");
  if (addresses.empty()) return maintenance.machines.contains(key) ? std::optional(key) : std::nullopt;
  for (const std::string& address : addresses) {
    key.second = address;
    if (maintenance.machines.contains(key)) return key;
  }
  return std::nullopt;
}

bool is_down(const Maintenance& maintenance, const std::string& hostname, const std::vector<std::string>& addresses) {
  if (maintenance.down.empty()) return false;
  const auto machine = machine_of(maintenance, hostname, addresses);
  return machine && maintenance.down.contains(*machine);
}

Result<std::vector<RegistryChange>> prepare(Context& context, const UpdateMaintenance& change) {
  std::set<MachineKey> missing = context.state.maintenance.down;
  for (const auto& window : change.schedule->windows()) {
    for (const MachineID& machine : window.machine_ids()) missing.erase(key_of(machine.hostname(), machine.ip()));
  }
  if (!missing.empty()) {
    const auto& [hostname, ip] = *missing.begin();
    return invalid(fmt::format("Machine '{}' ({}) is in DOWN mode and must be part of the schedule", hostname, ip));
  }
  // One without windows leaves no record.
  return std::vector<RegistryChange>{
      {"maintenance", "schedule", change.schedule->windows().empty() ? "" : change.schedule->SerializeAsString()}};
}

void finish(Context& context, const UpdateMaintenance& change) { enforce_schedule(context, change.schedule); }

void enforce_schedule(Context& context, std::shared_ptr<const Schedule> schedule) {
  State& state = context.state;
  log_info(context, "the maintenance schedule has {} windows", schedule->windows_size());
  put_schedule(state, std::move(schedule));
  std::set<AgentId> changed;
  for (auto& [id, agent] : state.agents) {
    if (renew(context, agent)) changed.insert(id);
  }
  forget_refusals(state, changed);
}

RegistryChange down_record(const Maintenance& maintenance, const std::set<MachineKey>& down) {
  ClusterStatus record;
  for (const auto& window : maintenance.schedule->windows()) {
    for (const MachineID& machine : window.machine_ids()) {
      if (down.contains(key_of(machine.hostname(), machine.ip()))) *record.add_down_machines() = machine;
    }
  }
  return {"maintenance", "down", record.down_machines().empty() ? "" : record.SerializeAsString()};
}

Result<> load_maintenance(State& state, const std::string& id, const std::string& bytes) {
  if (id == "down") {
    ClusterStatus record;
    if (!record.ParseFromString(bytes)) {
      return fail(Code::malformed, "the registry's list of machines that are down cannot be read");
    }
    for (const MachineID& machine : record.down_machines()) {
      state.maintenance.down.insert(key_of(machine.hostname(), machine.ip()));
    }
    return {};
  }
  auto schedule = std::make_shared<Schedule>();
  if (!schedule->ParseFromString(bytes)) {
    return fail(Code::malformed, "the registry's maintenance schedule cannot be read");
  }
  put_schedule(state, std::move(schedule));
  return {};
}

void note_unavailability(Context& context, Agent& agent) {
  context.state.maintenance.status.reset();  // The agent may be another machine's now.
  if (renew(context, agent)) forget_refusals(context.state, {agent.id});
}

std::shared_ptr<const ClusterStatus> maintenance_status(State& state) {
  Maintenance& maintenance = state.maintenance;
  if (!maintenance.schedule || maintenance.status) return maintenance.status;
  auto status = std::make_shared<ClusterStatus>();
  std::map<MachineKey, int> draining;
  for (const auto& window : maintenance.schedule->windows()) {
    for (const MachineID& id : window.machine_ids()) {
      const MachineKey key = key_of(id.hostname(), id.ip());
      if (maintenance.down.contains(key)) {
        *status->add_down_machines() = id;
      } else {
        draining.emplace(key, status->draining_machines_size());
        *status->add_draining_machines()->mutable_id() = id;
      }
    }
  }
  for (const auto& [id, agent] : state.agents) {
    if (agent.inverse_answers.empty()) continue;
    const auto machine = machine_of(maintenance, agent.info->hostname(), agent.addresses);
    if (!machine || !draining.contains(*machine)) continue;
    add_answers(state, agent, *status->mutable_draining_machines(draining.at(*machine)));
  }
  maintenance.status = std::move(status);
  return maintenance.status;
}

}  // namespace stoa::master
