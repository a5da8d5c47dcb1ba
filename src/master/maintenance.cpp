#include "master/maintenance.h"

#include <map>
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

// Both must be equal; a missing field is the empty text (OPR-150). Addresses first: most differ in it, at no cost.
bool is_on(const Agent& agent, const MachineID& machine) {
  const bool same_address = agent.addresses.empty()
                                ? machine.ip().empty()
                                : std::ranges::find(agent.addresses, machine.ip()) != agent.addresses.end();
  return same_address && lower_case(agent.info->hostname()) == lower_case(machine.hostname());
}

const Unavailability* find_unavailability(const State& state, const Agent& agent) {
  if (!state.schedule) return nullptr;
  for (const auto& window : state.schedule->windows()) {
    for (const MachineID& machine : window.machine_ids()) {
      if (is_on(agent, machine)) return &window.unavailability();
    }
  }
  return nullptr;
}

// The same for many agents: what is said of each machine, by name and address.
template <typename Value>
class Machines {
 public:
  void add(const MachineID& machine, Value value) {
    values_.try_emplace({lower_case(machine.hostname()), machine.ip()}, value);
  }
  // Nothing, as `Value` says it, for an agent of no such machine.
  Value find(const Agent& agent) const {
    std::pair<std::string, std::string> key{lower_case(agent.info->hostname()), ""};
    if (agent.addresses.empty()) return look_up(key);
    for (const std::string& address : agent.addresses) {
      key.second = address;
      if (const Value found = look_up(key)) return found;
    }
    return Value();
  }

 private:
  Value look_up(const std::pair<std::string, std::string>& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? Value() : found->second;
  }

  std::map<std::pair<std::string, std::string>, Value> values_;
};

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

void renew(Context& context, Agent& agent, const Unavailability* found) {
  if (same(found, agent.unavailability.get())) return;
  withdraw_offers(context, agent);
  withdraw_inverse_offers(context, agent);
  agent.inverse_answers.clear();
  for (auto& [id, framework] : context.state.frameworks) framework.inverse_refusals.erase(agent.id);
  agent.unavailability = found == nullptr ? nullptr : std::make_shared<const Unavailability>(*found);
  context.state.allocator.request_cycle(context.now.steady);
}

}  // namespace

void on_update_maintenance(Context& context, const UpdateMaintenance& event) {
  // One without windows leaves no record.
  persist(context, {{"maintenance", "schedule", event.schedule->SerializeAsString()}},
          ScheduleMaintenance{event.schedule, event.reply});
}

void finish_update_maintenance(Context& context, const ScheduleMaintenance& scheduled) {
  State& state = context.state;
  state.schedule = scheduled.schedule->windows().empty() ? nullptr : scheduled.schedule;
  log_info(context, "the maintenance schedule has {} windows", scheduled.schedule->windows_size());
  Machines<const Unavailability*> machines;
  for (const auto& window : scheduled.schedule->windows()) {
    for (const MachineID& machine : window.machine_ids()) machines.add(machine, &window.unavailability());
  }
  for (auto& [id, agent] : state.agents) renew(context, agent, machines.find(agent));
  context.effects.push_back(Reply{scheduled.reply, {}});
}

Result<> load_schedule(State& state, const std::string& bytes) {
  auto schedule = std::make_shared<Schedule>();
  if (!schedule->ParseFromString(bytes)) {
    return fail(Code::malformed, "the registry's maintenance schedule cannot be read");
  }
  state.schedule = std::move(schedule);
  return {};
}

void note_unavailability(Context& context, Agent& agent) {
  renew(context, agent, find_unavailability(context.state, agent));
}

std::shared_ptr<const ClusterStatus> maintenance_status(const State& state) {
  if (!state.schedule) return nullptr;
  auto status = std::make_shared<ClusterStatus>();
  for (const auto& window : state.schedule->windows()) {
    for (const MachineID& id : window.machine_ids()) *status->add_draining_machines()->mutable_id() = id;
  }
  Machines<ClusterStatus::DrainingMachine*> machines;
  for (auto& machine : *status->mutable_draining_machines()) machines.add(machine.id(), &machine);
  for (const auto& [id, agent] : state.agents) {
    if (agent.inverse_answers.empty()) continue;
    if (auto* machine = machines.find(agent)) add_answers(state, agent, *machine);
  }
  return status;
}

}  // namespace stoa::master
