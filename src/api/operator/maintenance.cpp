// The maintenance schedule: what is read of it, and its replacement (OPR-150 to OPR-154).
#include <fmt/format.h>

#include <set>

#include "api/answers.h"
#include "api/operator/master_calls.h"
#include "base/text.h"
#include "mesos/v1/master/master.pb.h"
#include "net/address.h"

namespace stoa::api {
namespace {

using mesos::v1::MachineID;
using mesos::v1::maintenance::Schedule;
using mesos::v1::master::Call;
using mesos::v1::master::Response;

// Fills in the one spelling of the address that agents are known by.
Result<> check_machine(MachineID& machine) {
  if (machine.hostname().empty() && machine.ip().empty()) {
    return invalid("Both 'hostname' and 'ip' for a machine are empty");
  }
  if (machine.ip().empty()) return {};
  const auto address = net::Address::parse(machine.ip());
  if (!address) {
    return invalid(
        fmt::format("Failed to parse the 'ip' of machine '{}': {}", machine.hostname(), address.error().message));
  }
  machine.set_ip(address->to_string());
  return {};
}

Result<> check_schedule(Schedule& schedule) {
  std::set<std::pair<std::string, std::string>> seen;
  for (auto& window : *schedule.mutable_windows()) {
    if (window.machine_ids().empty()) return invalid("List of machines in the maintenance window is empty");
    if (window.unavailability().duration().nanoseconds() < 0) {
      return invalid("Unavailability 'duration' is negative");
    }
    for (MachineID& machine : *window.mutable_machine_ids()) {
      TRY(check_machine(machine));
      if (seen.emplace(lower_case(machine.hostname()), machine.ip()).second) continue;
      return invalid(
          fmt::format("Machine '{}' ({}) appears more than once in the schedule", machine.hostname(), machine.ip()));
    }
  }
  return {};
}

using Machines = google::protobuf::RepeatedPtrField<MachineID>;

Result<master::OperatorCommand> switch_machines(Machines machines, bool down) {
  if (machines.empty()) return invalid("List of machines is empty");
  master::SwitchMachines command{.reply = {}, .down = down, .machines = {}};
  std::set<std::pair<std::string, std::string>> seen;
  for (MachineID& machine : machines) {
    TRY(check_machine(machine));
    if (!seen.emplace(lower_case(machine.hostname()), machine.ip()).second) {
      return invalid(fmt::format("Machine '{}' ({}) appears more than once", machine.hostname(), machine.ip()));
    }
    command.machines.push_back({machine.hostname(), machine.ip()});
  }
  return command;
}

}  // namespace

Result<master::OperatorCommand> start_maintenance(const Call& call, const std::optional<std::string>&) {
  return switch_machines(call.start_maintenance().machines(), true);
}

Result<master::OperatorCommand> stop_maintenance(const Call& call, const std::optional<std::string>&) {
  return switch_machines(call.stop_maintenance().machines(), false);
}

http::Response get_maintenance_schedule(const MasterRequest& request, const master::Snapshot& state) {
  Response response;
  response.set_type(Response::GET_MAINTENANCE_SCHEDULE);
  auto& schedule = *response.mutable_get_maintenance_schedule()->mutable_schedule();
  if (state.maintenance_schedule) schedule = *state.maintenance_schedule;
  return encoded(response, request.encoding);
}

http::Response get_maintenance_status(const MasterRequest& request, const master::Snapshot& state) {
  Response response;
  response.set_type(Response::GET_MAINTENANCE_STATUS);
  auto& status = *response.mutable_get_maintenance_status()->mutable_status();
  if (state.maintenance_status) status = *state.maintenance_status;
  return encoded(response, request.encoding);
}

Result<master::OperatorCommand> update_maintenance_schedule(const Call& call, const std::optional<std::string>&) {
  Schedule schedule = call.update_maintenance_schedule().schedule();
  TRY(check_schedule(schedule));
  return master::UpdateMaintenance{{}, std::make_shared<const Schedule>(std::move(schedule))};
}

}  // namespace stoa::api
