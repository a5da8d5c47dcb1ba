// From the words of a command line to a running daemon: flags are read, checked as a whole, and become options.
#include <fmt/format.h>

#include <optional>

#include "base/log.h"
#include "daemon/agent_flags.h"
#include "daemon/daemon.h"
#include "daemon/executor_variables.h"
#include "daemon/logging.h"
#include "daemon/master_flags.h"
#include "daemon/message_flags.h"
#include "daemon/rate_limits_flag.h"
#include "daemon/serve.h"
#include "daemon/sharing_flags.h"
#include "daemon/up_flags.h"
#include "daemon/version.h"

namespace stoa::daemon {
namespace {

// Reads the flags; the exit code if the daemon is not to run.
std::optional<int> read_flags(const flags::Table& table, std::span<const std::string> args, flags::Outcome& outcome) {
  const std::vector<std::string> environment = flags::process_environment();
  outcome = flags::parse(table, {.arguments = args, .environment = environment, .read_file = {}});
  return answer_instead(table, outcome, product_version);
}

std::optional<int> refuse_problems(const flags::Table& table, const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) fmt::print(stderr, "{}: {}\n", table.program(), problem);
  if (problems.empty()) return std::nullopt;
  return exit_failed;
}

// Listening beyond this machine without authentication must be wanted (SEC-002).
std::optional<int> refuse_insecure(const flags::Table& table, const CommonFlags& common, const char* missing) {
  const auto refusal = insecure_refusal(listen_endpoints(common), common.insecure, missing);
  if (!refusal) return std::nullopt;
  fmt::print(stderr, "{}: {}\n", table.program(), *refusal);
  return exit_insecure;
}

void begin_logging(const CommonFlags& common, const flags::Outcome& outcome,
                   std::shared_ptr<const log::Verbosity> verbosity) {
  set_up_logging({.directory = common.log_dir.value,
                  .level = common.logging_level,
                  .quiet = common.quiet,
                  .verbosity = std::move(verbosity)});
  for (const std::string& warning : outcome.warnings) log::warning("stoa", "{}", warning);
}

ListenOptions listen_options(const CommonFlags& common) {
  return {.endpoints = listen_endpoints(common),
          .advertise_ip = common.advertise_ip,
          .advertise_port = common.advertise_port,
          .hostname = common.hostname,
          .hostname_lookup = common.hostname_lookup};
}

ServeOptions serve_options(const CommonFlags& common) {
  return {.port_file = common.port_file.value, .io_threads = common.io_threads};
}

Result<MasterOptions> master_options(const MasterFlags& given) {
  MasterOptions options;
  options.listen = listen_options(given.common);
  options.in_memory = given.registry == "in_memory";
  options.work_dir = options.in_memory || !given.zk.empty() ? "" : given.work_dir.value;
  if (!given.zk.empty()) {
    LET(options.zk, zookeeper::Url::parse(given.zk));
  }
  options.zk_session_timeout = given.zk_session_timeout;
  options.registry_zk_path = given.registry_zk_path;
  options.registry_fetch_timeout = given.registry_fetch_timeout;
  options.registry_store_timeout = given.registry_store_timeout;
  options.leader_guardian = given.leader_guardian;
  options.exit_on_lost_leadership = given.exit_on_lost_leadership;
  options.http = server_options(given.common);
  options.authentication = given.common.authentication;
  options.authentication.frameworks |= given.authenticate_frameworks;
  options.domain = given.domain;
  options.enable_jsonp = given.common.enable_jsonp;
  options.roles = given.roles;
  options.root_submissions = given.root_submissions;
  LET(options.rate_limits, parse_rate_limits(given.rate_limits));
  options.publish_per_framework_metrics = given.publish_per_framework_metrics;
  options.allocation = allocation_options(given);
  LET(options.weights, parse_weights(given.weights));
  LET(options.role_priorities, parse_priorities(given.role_priorities));
  options.nested_quota = given.nested_quota;
  options.agent_recovery_factor = given.allocator_agent_recovery_factor;
  options.recovery_timeout = given.allocator_recovery_timeout;
  options.offer_constraints = {.memory_bytes_max = given.offer_constraints_re2_max_mem.count,
                               .program_size_max = given.offer_constraints_re2_max_program_size};
  options.agent_ping_timeout = given.agent_ping_timeout;
  options.max_agent_ping_timeouts = given.max_agent_ping_timeouts;
  options.agent_reregister_timeout = given.agent_reregister_timeout;
  options.offer_timeout = given.offer_timeout;
  options.max_completed_frameworks = given.max_completed_frameworks;
  options.max_completed_tasks_per_framework = given.max_completed_tasks_per_framework;
  options.max_unreachable_tasks_per_framework = given.max_unreachable_tasks_per_framework;
  return options;
}

fetcher::Options fetcher_options(const AgentFlags& given) {
  fetcher::Options options;
  options.settings.stall_timeout = given.fetcher_stall_timeout;
  if (given.fetcher_max_size) options.settings.bytes_max = given.fetcher_max_size->count;
  options.settings.frameworks_home = given.frameworks_home.value;
  options.settings.hadoop_home = given.hadoop_home.value;
  options.settings.local_paths = given.fetcher_local_paths;
  options.settings.allowed_networks = given.fetcher_allowed_networks;
  options.settings.denied_networks = given.fetcher_denied_networks;
  options.cache_directory = given.fetcher_cache_dir.value;
  options.cache_bytes_max = given.fetcher_cache_size.count;
  return options;
}

Result<AgentOptions> agent_options(const AgentFlags& given) {
  AgentOptions options;
  options.listen = listen_options(given.common);
  options.master = given.master;
  options.zk_session_timeout = given.zk_session_timeout;
  options.work_dir = given.work_dir.value;
  options.runtime_dir = given.runtime_dir.value;
  options.resources = given.resources;
  options.attributes = given.attributes;
  options.domain = given.domain;
  options.enable_jsonp = given.common.enable_jsonp;
  if (!given.agent_features.empty()) {
    LET(options.task_resource_limits, parse_agent_features(given.agent_features));
  }
  options.default_role = given.default_role;
  options.http = server_options(given.common);
  options.authentication = given.common.authentication;
  options.switch_user = given.switch_user;
  options.strict = given.strict;
  options.reconfiguration_additive = given.reconfiguration_policy == "additive";
  options.recover_cleanup = given.recover == "cleanup";
  options.registration_backoff_factor = given.registration_backoff_factor;
  options.sandbox_directory = given.sandbox_directory.value;
  LET(options.executor_environment, parse_executor_variables(given.executor_environment_variables));
  options.executor_registration_timeout = given.executor_registration_timeout;
  options.max_completed_executors_per_framework = given.max_completed_executors_per_framework;
  options.executor_shutdown_grace_period = given.executor_shutdown_grace_period;
  options.executor_reregistration_timeout = given.executor_reregistration_timeout;
  options.recovery_timeout = given.recovery_timeout;
  options.gc_delay = given.gc_delay;
  options.gc_disk_headroom = given.gc_disk_headroom;
  options.disk_watch_interval = given.disk_watch_interval;
  options.log_rotation = log_rotation(given);
  options.fetcher = fetcher_options(given);
  return options;
}

ShownFlags shown(const flags::Outcome& outcome) { return {outcome.shown.begin(), outcome.shown.end()}; }

int failed(const flags::Table& table, const Error& error) {
  fmt::print(stderr, "{}: {}\n", table.program(), error.message);
  return exit_failed;
}

}  // namespace

int run_master(std::span<const std::string> args) {
  MasterFlags given;
  const flags::Table table = master_table(given);
  flags::Outcome outcome;
  if (const auto code = read_flags(table, args, outcome)) return *code;
  if (const auto code = refuse_problems(table, master_problems(given))) return *code;
  if (const auto code = refuse_insecure(table, given.common, master_authentication_flags)) return *code;
  auto options = master_options(given);
  if (!options) return failed(table, options.error());
  options->shown = shown(outcome);
  begin_logging(given.common, outcome, options->verbosity);
  return serve_master(*std::move(options), serve_options(given.common));
}

int run_agent(std::span<const std::string> args) {
  AgentFlags given;
  const flags::Table table = agent_table(given);
  flags::Outcome outcome;
  if (const auto code = read_flags(table, args, outcome)) return *code;
  if (const auto code = refuse_problems(table, agent_problems(given))) return *code;
  if (const auto code = refuse_insecure(table, given.common, agent_authentication_flags)) return *code;
  auto options = agent_options(given);
  if (!options) return failed(table, options.error());
  options->shown = shown(outcome);
  begin_logging(given.common, outcome, options->verbosity);
  return serve_agent(*std::move(options), serve_options(given.common));
}

int run_up(std::span<const std::string> args) {
  UpFlags given;
  const flags::Table table = up_table(given);
  flags::Outcome outcome;
  if (const auto code = read_flags(table, args, outcome)) return *code;
  if (const auto code = refuse_insecure(table, given.master.common, master_authentication_flags)) return *code;
  given.agent.common = given.master.common;
  auto master = master_options(given.master);
  if (!master) return failed(table, master.error());
  auto agent = agent_options(given.agent);
  if (!agent) return failed(table, agent.error());
  UpOptions options{*std::move(master), *std::move(agent), given.agents, given.work_dir.value};
  options.master.shown = shown(outcome);
  options.agent.shown = options.master.shown;
  options.agent.verbosity = options.master.verbosity;
  begin_logging(given.master.common, outcome, options.master.verbosity);
  return serve_up(std::move(options), serve_options(given.master.common));
}

}  // namespace stoa::daemon
