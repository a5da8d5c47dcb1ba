#include <array>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "daemon/daemon.h"

namespace stoa::cli {
namespace {

constexpr auto all = std::to_array<Command>({
    {"up", "Runs a whole cluster on this machine: a master and an agent.", daemon::run_up},
    {"master", "Runs a master, which offers what agents have to frameworks.", daemon::run_master},
    {"agent", "Runs an agent, which runs tasks on this machine.", daemon::run_agent},
    {"run", "Runs a command somewhere in the cluster and shows its output.", run_task},
    {"ps", "Lists tasks.", list_tasks},
    {"logs", "Shows what a task has printed.", show_logs},
    {"kill", "Ends a task that `stoa run --detach` started.", kill_task},
    {"agents", "Lists agents and how much of them is in use.", list_agents},
    {"frameworks", "Lists frameworks and their dominant shares.", list_frameworks},
    {"drain", "Ends what runs on an agent and gives it nothing new.", drain_agent},
    {"deactivate", "Has nothing more of an agent offered.", deactivate_agent},
    {"reactivate", "Has an agent that was drained or deactivated offered again.", reactivate_agent},
    {"maintenance", "Says when machines will be away, and takes them down and up.", manage_maintenance},
    {"explain", "Says why a framework is not offered an agent.", explain_offers},
    {"version", "Shows the versions of this program and of the master.", show_version},
    {"guardian", "Frees the lead of a master that dies; started by it.", daemon::run_guardian, true},
    {"demo", "Two frameworks share a cluster, as a moving picture.", run_demo, true},
});

}  // namespace

std::span<const Command> commands() { return all; }

void add_master(Options& options, CommonOptions& common) {
  options.add("master", 0, common.connection.master,
              "Where the master is; else STOA_MASTER, MESOS_MASTER, or port 5050 of this machine.");
  options.add("principal", 0, common.connection.principal,
              "Who asks, on a cluster that wants to know; else STOA_PRINCIPAL.");
  options.add("secret_file", 0, common.connection.secret_file, "File whose first line proves it; else STOA_SECRET.");
}

void add_connection(Options& options, CommonOptions& common) {
  add_master(options, common);
  options.add("timeout", 0, common.connection.timeout, "Longest wait for an answer.");
}

void add_output(Options& options, CommonOptions& common) {
  options.add("output", 'o', common.output, "How to print.").one_of({"table", "json"});
  options.add("no_headers", 0, common.no_headers, "Leaves the column names out.");
  options.add("quiet", 'q', common.quiet, "Prints only ids.");
}

std::optional<int> read_options(Options& options, std::span<const std::string> arguments) {
  if (const Result<> done = options.parse(arguments); !done) {
    complain(done.error().message);
    fmt::print(stderr, "Usage: {}, see --help\n", options.usage());
    return exit_usage;
  }
  if (!options.help_wanted()) return std::nullopt;
  print(options.help());
  return exit_done;
}

int failed(const Error& error) {
  complain(error.message);
  return exit_code(error);
}

}  // namespace stoa::cli
