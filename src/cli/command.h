// Command: one verb of the program. A new one is a file, a declaration and a line in commands.cpp.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "cli/cluster.h"
#include "cli/options.h"

namespace stoa::cli {

struct Command {
  std::string_view name;
  std::string_view summary;  // One line.
  // Takes the words behind the verb; returns the exit code.
  int (*run)(std::span<const std::string> arguments);
  bool is_hidden = false;
};

// All commands, in the order of help.
std::span<const Command> commands();

// What every command has that asks a master.
struct CommonOptions {
  Connection connection{.timeout = std::chrono::seconds(30)};
  std::string output = "table";
  bool no_headers = false;
  bool quiet = false;
};
// Where the master is and who asks; add_connection() adds how long to wait for it.
void add_master(Options& options, CommonOptions& common);
void add_connection(Options& options, CommonOptions& common);
void add_output(Options& options, CommonOptions& common);

// Reads the words. Returns the exit code if that is all there is to do: after help, or a mistake.
std::optional<int> read_options(Options& options, std::span<const std::string> arguments);

// Says what went wrong; returns the exit code for it.
int failed(const Error& error);

int run_task(std::span<const std::string> arguments);
int list_tasks(std::span<const std::string> arguments);
int list_agents(std::span<const std::string> arguments);
int list_frameworks(std::span<const std::string> arguments);
int explain_offers(std::span<const std::string> arguments);
int show_logs(std::span<const std::string> arguments);
int kill_task(std::span<const std::string> arguments);
int drain_agent(std::span<const std::string> arguments);
int deactivate_agent(std::span<const std::string> arguments);
int reactivate_agent(std::span<const std::string> arguments);
int manage_maintenance(std::span<const std::string> arguments);
int show_version(std::span<const std::string> arguments);
int run_demo(std::span<const std::string> arguments);

}  // namespace stoa::cli
