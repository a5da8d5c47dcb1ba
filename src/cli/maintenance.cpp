// `stoa maintenance`: when machines will be away, and which are (FE-099).
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <optional>
#include <vector>

#include "cli/agent_word.h"
#include "cli/cluster.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/list.h"
#include "cli/output.h"
#include "codec/json.h"
#include "mesos/v1/maintenance/maintenance.pb.h"
#include "mesos/v1/master/master.pb.h"
#include "net/loop.h"

namespace stoa::cli {
namespace {

using mesos::v1::MachineID;
using mesos::v1::maintenance::Schedule;
using mesos::v1::master::Call;

struct Wanted {
  CommonOptions common;
  std::string action;
  std::vector<std::string> machines;
  Duration in{0};
  std::optional<Duration> length;
};

Result<Schedule> schedule_of(Cluster& cluster) {
  LET(const http::Response answer, cluster.fetch(cluster.master(), "/maintenance/schedule", {}));
  if (answer.status != 200) return std::unexpected(error_of_status(answer.status, answer.body));
  Schedule schedule;
  TRY(codec::read_json(answer.body, schedule));
  return schedule;
}

bool is(const MachineID& machine, const std::string& word) {
  return machine.hostname() == word || machine.ip() == word;
}

// The machines of the schedule that a user names, by host name or address.
Result<std::vector<MachineID>> scheduled(const Schedule& schedule, const std::vector<std::string>& words) {
  std::vector<MachineID> machines;
  for (const std::string& word : words) {
    const std::size_t before = machines.size();
    for (const auto& window : schedule.windows()) {
      for (const MachineID& machine : window.machine_ids()) {
        if (is(machine, word)) machines.push_back(machine);
      }
    }
    if (machines.size() == before) {
      return fail(Code::not_found, fmt::format("machine '{}' is not in the maintenance schedule", word));
    }
  }
  return machines;
}

Result<> send(Cluster& cluster, const Call& call) { return cluster.post("/api/v1", codec::to_json(call)); }

Result<> switch_machines(Cluster& cluster, const Wanted& wanted) {
  LET(const Schedule schedule, schedule_of(cluster));
  LET(const std::vector<MachineID> machines, scheduled(schedule, wanted.machines));
  Call call;
  const bool starts = wanted.action == "start";
  call.set_type(starts ? Call::START_MAINTENANCE : Call::STOP_MAINTENANCE);
  auto& list = starts ? *call.mutable_start_maintenance()->mutable_machines()
                      : *call.mutable_stop_maintenance()->mutable_machines();
  list.Assign(machines.begin(), machines.end());
  return send(cluster, call);
}

// Adds a window, besides those that there are.
Result<> add_window(Cluster& cluster, const Wanted& wanted) {
  LET(const JsonValue state, cluster.get("/slaves"));
  Call call;
  call.set_type(Call::UPDATE_MAINTENANCE_SCHEDULE);
  Schedule& schedule = *call.mutable_update_maintenance_schedule()->mutable_schedule();
  LET(schedule, schedule_of(cluster));
  auto& window = *schedule.add_windows();
  auto& away = *window.mutable_unavailability();
  away.mutable_start()->set_nanoseconds(std::llround(net::wall() * 1e9) + wanted.in.count());
  if (wanted.length) away.mutable_duration()->set_nanoseconds(wanted.length->count());
  for (const std::string& word : wanted.machines) {
    LET(const JsonValue* const agent, find_agent(state, word));
    MachineID& machine = *window.add_machine_ids();
    machine.set_hostname((*agent)["hostname"].text());
    machine.set_ip(address_of(*agent));
  }
  return send(cluster, call);
}

Result<> cancel(Cluster& cluster, const Wanted& wanted) {
  LET(const Schedule before, schedule_of(cluster));
  TRY(scheduled(before, wanted.machines));
  Call call;
  call.set_type(Call::UPDATE_MAINTENANCE_SCHEDULE);
  Schedule& schedule = *call.mutable_update_maintenance_schedule()->mutable_schedule();
  for (const auto& window : before.windows()) {
    auto rest = window;
    rest.clear_machine_ids();
    for (const MachineID& machine : window.machine_ids()) {
      const auto named = [&](const std::string& word) { return is(machine, word); };
      if (std::ranges::none_of(wanted.machines, named)) *rest.add_machine_ids() = machine;
    }
    if (!rest.machine_ids().empty()) *schedule.add_windows() = std::move(rest);
  }
  return send(cluster, call);
}

// How far away a moment is, in whole seconds.
std::string distance(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / 1'000'000'000 - std::llround(net::wall());
  const std::string text = format_duration(std::chrono::seconds(std::abs(seconds)));
  return seconds >= 0 ? "in " + text : text + " ago";
}

int show(Cluster& cluster, const Wanted& wanted) {
  const Result<Schedule> schedule = schedule_of(cluster);
  if (!schedule) return failed(schedule.error());
  const Result<JsonValue> status = cluster.get("/maintenance/status");
  if (!status) return failed(status.error());
  if (wanted.common.output == "json") {
    print(codec::to_json(*schedule) + "\n");
    return exit_done;
  }
  const auto is_down = [&](const MachineID& machine) {
    for (const JsonValue& down : (*status)["down_machines"].elements()) {
      if (down["hostname"].text() == machine.hostname() && down["ip"].text() == machine.ip()) return true;
    }
    return false;
  };
  std::vector<ListEntry> entries;
  for (const auto& window : schedule->windows()) {
    const auto& away = window.unavailability();
    for (const MachineID& machine : window.machine_ids()) {
      entries.push_back(
          {&*status,
           {machine.hostname(), machine.ip(), is_down(machine) ? "DOWN" : "DRAINING",
            distance(away.start().nanoseconds()),
            away.has_duration() ? format_duration(Duration(away.duration().nanoseconds())) : "without end"}});
    }
  }
  return print_list(wanted.common, {"MACHINE", "ADDRESS", "MODE", "BEGINS", "LASTS"}, entries);
}

int run(const Wanted& wanted, const std::function<Result<>(Cluster&, const Wanted&)>& act) {
  Cluster cluster;
  if (const Result<> found = cluster.connect(wanted.common.connection); !found) return failed(found.error());
  if (!act) return show(cluster, wanted);
  if (wanted.machines.empty()) {
    complain(fmt::format("which machines? stoa maintenance {} MACHINE...", wanted.action));
    return exit_usage;
  }
  const Result<> done = act(cluster, wanted);
  return done ? exit_done : failed(done.error());
}

}  // namespace

int manage_maintenance(std::span<const std::string> arguments) {
  Wanted wanted;
  Options options(
      "maintenance [OPTIONS] status|schedule|cancel|start|stop [MACHINE...]",
      "Says when machines will be away. `schedule` adds a window for some, so that frameworks make room; "
      "`cancel` takes it back; `start` takes them down, which ends all that is left there; `stop` says that "
      "they are up again. MACHINE is a host name or an address.");
  options.add("in", 0, wanted.in, "Time until the window of `schedule` begins.");
  options.add("for", 0, wanted.length, "How long it lasts; default: without end.");
  add_output(options, wanted.common);
  add_connection(options, wanted.common);
  options.positional("ACTION", wanted.action);
  options.rest("MACHINE", wanted.machines);
  options.example("stoa maintenance --in=1hrs --for=30mins schedule node7.example.org");
  options.example("stoa maintenance start node7.example.org");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  if (wanted.action.empty() || wanted.action == "status") return run(wanted, {});
  if (wanted.action == "schedule") return run(wanted, add_window);
  if (wanted.action == "cancel") return run(wanted, cancel);
  if (wanted.action == "start" || wanted.action == "stop") return run(wanted, switch_machines);
  complain(
      fmt::format("stoa maintenance cannot '{}'; it knows status, schedule, cancel, start and stop", wanted.action));
  return exit_usage;
}

}  // namespace stoa::cli
