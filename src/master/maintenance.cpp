#include "master/maintenance.h"

#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "master/inverse_offers.h"
#include "master/offers.h"
#include "master/send.h"
#include "mesos/v1/maintenance/maintenance.pb.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::MachineID;
using mesos::v1::Unavailability;
using mesos::v1::maintenance::ClusterStatus;
using mesos::v1::maintenance::Schedule;

using MachineKey = std::pair<std::string, std::string>;

// The number of its machine in the schedule. Name and address must both be equal; a missing field is the empty text
// (OPR-150).
std::optional<std::size_t> machine_of(const Maintenance& maintenance, const Agent& agent) {
  if (maintenance.machines.empty()) return std::nullopt;
  MachineKey key{lower_case(agent.info->hostname()), ""};
  const auto look_up = [&]() -> std::optional<std::size_t> {
    const auto found = maintenance.machines.find(key);
    return found == maintenance.machines.end() ? std::nullopt : std::optional(found->second);
  };
  if (agent.addresses.empty()) return look_up();
  for (const std::string& address : agent.addresses) {
    key.second = address;
    if (const auto found = look_up()) return found;
  }
  return std::nullopt;
}

void put_schedule(State& state, std::shared_ptr<const Schedule> schedule) {
  state.maintenance = {};
  if (schedule->windows().empty()) return;
  Maintenance& maintenance = state.maintenance;
  for (const auto& window : schedule->windows()) {
    for (const MachineID& machine : window.machine_ids()) {
      maintenance.machines.emplace(MachineKey{lower_case(machine.hostname()), machine.ip()},
                                   maintenance.unavailability.size());
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
  const auto machine = machine_of(context.state.maintenance, agent);
  const Unavailability* found = machine ? context.state.maintenance.unavailability[*machine] : nullptr;
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

void on_update_maintenance(Context& context, const UpdateMaintenance& event) {
  // One without windows leaves no record.
  persist(context,
          {{"maintenance", "schedule", event.schedule->windows().empty() ? "" : event.schedule->SerializeAsString()}},
          ScheduleMaintenance{event.schedule, event.reply});
}

void finish_update_maintenance(Context& context, const ScheduleMaintenance& scheduled) {
  State& state = context.state;
  put_schedule(state, scheduled.schedule);
  log_info(context, "the maintenance schedule has {} windows", scheduled.schedule->windows_size());
  std::set<AgentId> changed;
  for (auto& [id, agent] : state.agents) {
    if (renew(context, agent)) changed.insert(id);
  }
  forget_refusals(state, changed);
  context.effects.push_back(Reply{scheduled.reply, {}});
}

Result<> load_schedule(State& state, const std::string& bytes) {
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
  for (const auto& window : maintenance.schedule->windows()) {
    for (const MachineID& id : window.machine_ids()) *status->add_draining_machines()->mutable_id() = id;
  }
  for (const auto& [id, agent] : state.agents) {
    if (agent.inverse_answers.empty()) continue;
    const auto machine = machine_of(maintenance, agent);
    if (machine) add_answers(state, agent, *status->mutable_draining_machines(static_cast<int>(*machine)));
  }
  maintenance.status = std::move(status);
  return maintenance.status;
}

}  // namespace stoa::master
