// What can be set on `stoa master`: names and defaults are those of old start scripts (FE-129, HA-004).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/flags/table.h"
#include "daemon/common_flags.h"

namespace stoa::daemon {

struct MasterFlags {
  MasterFlags() { common.port = 5050; }

  CommonFlags common;
  std::string domain;  // As JSON: the region and zone; empty: none.
  std::string cluster;
  flags::Path work_dir;
  std::string registry = "replicated_log";  // Or in_memory.
  std::string zk;                           // `zk://...`; empty: this is the only master.
  Duration zk_session_timeout = std::chrono::seconds(10);
  std::string registry_zk_path;
  bool leader_guardian = true;
  bool exit_on_lost_leadership = false;
  Duration registry_fetch_timeout = std::chrono::minutes(1);
  Duration registry_store_timeout = std::chrono::seconds(20);

  std::optional<std::set<std::string>> roles;
  bool root_submissions = true;
  std::string rate_limits;  // JSON, see rate_limits_flag.h; empty: none.
  bool publish_per_framework_metrics = true;
  Duration allocation_interval = std::chrono::seconds(1);
  Duration allocation_min_interval = std::chrono::milliseconds(50);
  std::string allocator = "HierarchicalDRF";  // Or hierarchical, drf, priority.
  std::string role_sorter = "drf";            // Or random, priority.
  std::string framework_sorter = "drf";       // Or random.
  std::string allocation_order = "random";    // Or id.
  std::optional<std::uint64_t> allocator_seed;
  std::string weights;          // `a=2,b=3.5`, see sharing_flags.h.
  std::string role_priorities;  // `a=10,b/c=-5`.
  bool nested_quota = false;
  double allocator_agent_recovery_factor = 0.8;
  Duration allocator_recovery_timeout = std::chrono::minutes(10);
  Duration hold_after = std::chrono::seconds(60);
  std::optional<std::string> preemption;  // off, guarantees, priority; unset: by the role sorter.
  Duration preemption_delay = std::chrono::seconds(30);
  Duration preemption_grace_period = std::chrono::seconds(30);
  Duration preemption_kill_grace_max = std::chrono::seconds(30);
  Duration preemption_hold = std::chrono::seconds(10);
  std::uint32_t preemption_max_victims = 100;
  std::optional<Duration> offer_timeout;
  std::string min_allocatable_resources = "cpus:0.01|mem:32";  // Alternatives, each as model::Quantities.
  std::vector<std::string> fair_sharing_excluded_resource_names;
  bool filter_gpu_resources = true;
  flags::Bytes offer_constraints_re2_max_mem{4096};
  std::uint32_t offer_constraints_re2_max_program_size = 100;

  Duration agent_reregister_timeout = std::chrono::minutes(10);
  Duration agent_ping_timeout = std::chrono::seconds(15);
  std::uint32_t max_agent_ping_timeouts = 5;

  bool authenticate_frameworks = false;
  std::string http_framework_authenticators = "basic";

  std::uint32_t max_completed_frameworks = 50;
  std::uint32_t max_completed_tasks_per_framework = 1000;
  std::uint32_t max_unreachable_tasks_per_framework = 1000;
};

// The table over `flags`, which must outlive it.
flags::Table master_table(MasterFlags& flags);

// The parts of the table that `stoa up` has too.
void add_cluster_flags(flags::Table& table, MasterFlags& flags);
void add_allocation_flags(flags::Table& table, MasterFlags& flags);
void add_policy_flags(flags::Table& table, MasterFlags& flags);      // Called by add_allocation_flags().
void add_preemption_flags(flags::Table& table, MasterFlags& flags);  // Likewise.
void add_history_flags(flags::Table& table, MasterFlags& flags);
void add_framework_authentication_flags(flags::Table& table, MasterFlags& flags);

// What no single flag can tell: the problems of the whole, as in Outcome::problems.
std::vector<std::string> master_problems(const MasterFlags& flags);

// The flags that SEC-002 asks for on a master, for insecure_refusal().
constexpr const char* master_authentication_flags =
    "--authenticate_http_readwrite, --authenticate_http_frameworks and --authenticate_agents";

}  // namespace stoa::daemon
