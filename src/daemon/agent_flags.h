// What can be set on `stoa agent`: names and defaults are those of old start scripts (FE-130, AGT-004).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/flags/table.h"
#include "base/result.h"
#include "daemon/common_flags.h"
#include "daemon/log_rotation.h"

namespace stoa::daemon {

struct AgentFlags {
  AgentFlags() { common.port = 5051; }

  CommonFlags common;
  std::string master;  // `host:port`, `[v6]:port`, `zk://...`.
  Duration zk_session_timeout = std::chrono::seconds(10);
  flags::Path work_dir;
  flags::Path runtime_dir{"/var/run/mesos"};
  std::string resources;       // Text or JSON form; empty: all detected.
  std::string domain;          // As JSON: the region and zone; empty: none.
  std::string agent_features;  // As JSON: capabilities; empty: all.
  std::string attributes;      // `rack:abc;zone:west`.
  std::string default_role = "*";

  std::string recover = "reconnect";             // Or cleanup.
  std::string reconfiguration_policy = "equal";  // Or additive.
  bool strict = true;
  bool switch_user = true;
  flags::Path sandbox_directory{"/mnt/mesos/sandbox"};
  std::string executor_environment_variables;  // JSON object of strings.
  Duration recovery_timeout = std::chrono::minutes(15);
  Duration registration_backoff_factor = std::chrono::seconds(1);
  Duration executor_registration_timeout = std::chrono::minutes(1);
  Duration executor_reregistration_timeout = std::chrono::seconds(2);
  Duration executor_shutdown_grace_period = std::chrono::seconds(5);
  Duration gc_delay = std::chrono::weeks(1);
  double gc_disk_headroom = 0.1;
  Duration disk_watch_interval = std::chrono::minutes(1);
  std::string container_logger;  // Empty: files in the sandbox that grow without end.
  flags::Bytes max_stdout_size{10u << 20};
  flags::Bytes max_stderr_size{10u << 20};
  std::string logrotate_stdout_options = "rotate 9";
  std::string logrotate_stderr_options = "rotate 9";
  std::string container_logger_environment_prefix = "CONTAINER_LOGGER_";
  Duration http_heartbeat_interval = std::chrono::seconds(30);
  std::uint32_t max_completed_executors_per_framework = 150;

  flags::Bytes fetcher_cache_size{std::uint64_t{2} << 30};
  flags::Path fetcher_cache_dir{"/tmp/mesos/fetch"};
  Duration fetcher_stall_timeout = std::chrono::minutes(1);
  std::optional<flags::Bytes> fetcher_max_size;
  std::vector<std::string> fetcher_local_paths;
  std::vector<std::string> fetcher_allowed_networks;
  std::vector<std::string> fetcher_denied_networks;
  flags::Path frameworks_home;
  flags::Path hadoop_home;
};

// The table over `flags`, which must outlive it.
flags::Table agent_table(AgentFlags& flags);

// The parts of the table that `stoa up` has too: resources and attributes; executors and their files; fetching.
void add_resource_flags(flags::Table& table, AgentFlags& flags);
void add_executor_flags(flags::Table& table, AgentFlags& flags);
void add_fetcher_flags(flags::Table& table, AgentFlags& flags);

// What the flags of the container logger say. They were checked by the table.
LogRotation log_rotation(const AgentFlags& flags);

// What no single flag can tell: the problems of the whole, as in Outcome::problems.
std::vector<std::string> agent_problems(const AgentFlags& flags);

// The flags that SEC-002 asks for on an agent, for insecure_refusal().
constexpr const char* agent_authentication_flags = "--authenticate_http_readwrite and --authenticate_http_executors";

}  // namespace stoa::daemon
