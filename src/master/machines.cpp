// Machines that are taken down for their maintenance and come up again (OPR-155, OPR-156).
#include <utility>

#include "master/agents.h"
#include "master/deactivation.h"
#include "master/maintenance.h"
#include "master/operation_book.h"
#include "master/operator_changes.h"
#include "master/send.h"
#include "master/tasks.h"
#include "mesos/v1/maintenance/maintenance.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::MachineID;
using mesos::v1::maintenance::Schedule;

constexpr const char* why = "The machine is down for maintenance";
// Of one write, whatever keeps the registry.
constexpr std::size_t changes_max = 200;

Result<> check(const Maintenance& maintenance, const SwitchMachines& change) {
  for (const Machine& machine : change.machines) {
    const MachineKey key = key_of(machine.hostname, machine.ip);
    const auto name = fmt::format("Machine '{}' ({})", machine.hostname, machine.ip);
    if (!maintenance.machines.contains(key)) return invalid(name + " is not part of a maintenance schedule");
    if (maintenance.down.contains(key) == change.down) {
      return invalid(fmt::format("{} is not in {} mode", name, change.down ? "DRAINING" : "DOWN"));
    }
  }
  return {};
}

std::set<MachineKey> down_after(const Maintenance& maintenance, const SwitchMachines& change) {
  std::set<MachineKey> down = maintenance.down;
  for (const Machine& machine : change.machines) {
    if (change.down) {
      down.insert(key_of(machine.hostname, machine.ip));
    } else {
      down.erase(key_of(machine.hostname, machine.ip));
    }
  }
  return down;
}

// Those that came up are in it no more; windows without a machine vanish.
std::shared_ptr<const Schedule> schedule_after(const Maintenance& maintenance, const SwitchMachines& change) {
  std::set<MachineKey> up;
  for (const Machine& machine : change.machines) up.insert(key_of(machine.hostname, machine.ip));
  auto schedule = std::make_shared<Schedule>();
  for (const auto& window : maintenance.schedule->windows()) {
    auto rest = window;
    rest.clear_machine_ids();
    for (const MachineID& machine : window.machine_ids()) {
      if (!up.contains(key_of(machine.hostname(), machine.ip()))) *rest.add_machine_ids() = machine;
    }
    if (!rest.machine_ids().empty()) *schedule->add_windows() = std::move(rest);
  }
  return schedule;
}

// They are removed at once. Should this leader fail before that is written, they are refused by the next one.
void remove_agents(Context& context) {
  State& state = context.state;
  std::vector<AgentId> ids;
  for (const auto& [id, agent] : state.agents) {
    if (is_down(state.maintenance, agent.info->hostname(), agent.addresses)) ids.push_back(id);
  }
  std::vector<RegistryChange> changes;
  for (const AgentId& id : ids) {
    Agent& agent = state.agents.at(id);
    if (agent.marking || state.registering_agents.contains(id)) continue;  // Decided where that ends.
    state.metrics.count("master/slave_removals");
    changes.push_back({"agent", id.value, ""});
    if (auto change = forget_deactivation(state, id)) changes.push_back(*std::move(change));
    lose_operations(context, agent, mesos::v1::OPERATION_UNKNOWN, why);
    const auto tasks = agent.tasks;
    for (const auto& [framework, task] : tasks) {
      lose_task(context, state.frameworks.at(framework), task, mesos::v1::TASK_GONE,
                mesos::v1::TaskStatus::REASON_AGENT_REMOVED, why);
    }
    auto message = std::make_shared<link::ToAgent>();
    message->mutable_shutdown()->set_message(why);
    send(context, agent, std::move(message));
    forget_agent(context, agent);
    if (changes.size() >= changes_max) persist(context, std::exchange(changes, {}), NothingMore{});
  }
  if (!changes.empty()) persist(context, std::move(changes), NothingMore{});
}

}  // namespace

Result<std::vector<RegistryChange>> prepare(Context& context, const SwitchMachines& change) {
  const Maintenance& maintenance = context.state.maintenance;
  TRY(check(maintenance, change));
  std::vector<RegistryChange> changes{down_record(maintenance, down_after(maintenance, change))};
  if (!change.down) {
    const auto schedule = schedule_after(maintenance, change);
    changes.push_back({"maintenance", "schedule", schedule->windows().empty() ? "" : schedule->SerializeAsString()});
  }
  return changes;
}

void finish(Context& context, const SwitchMachines& change) {
  Maintenance& maintenance = context.state.maintenance;
  const auto schedule = change.down ? maintenance.schedule : schedule_after(maintenance, change);
  maintenance.down = down_after(maintenance, change);
  maintenance.status.reset();
  log_info(context, "{} machines are {}", change.machines.size(), change.down ? "down for maintenance" : "up again");
  if (change.down) return remove_agents(context);
  enforce_schedule(context, schedule);
}

}  // namespace stoa::master
