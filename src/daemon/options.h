// What a daemon of this program can be told; filled from flags (FE-129, FE-130, AGT-004).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "allocator/allocator.h"
#include "base/time.h"
#include "base/verbosity.h"
#include "daemon/authentication.h"
#include "daemon/identity.h"
#include "daemon/log_rotation.h"
#include "fetcher/process_fetcher.h"
#include "http/server.h"
#include "master/pattern.h"
#include "master/rate_limits.h"
#include "zookeeper/url.h"

namespace stoa::daemon {

// Names and values as /flags shows them, secrets masked, sorted by name.
using ShownFlags = std::vector<std::pair<std::string, std::string>>;

struct MasterOptions {
  ListenOptions listen;
  std::string work_dir;              // Empty: nothing is durable (--registry=in_memory), or it is in ZooKeeper.
  std::optional<zookeeper::Url> zk;  // Where masters stand for election; unset: this is the only one.
  Duration zk_session_timeout = std::chrono::seconds(10);
  std::string registry_zk_path;  // Empty: below the election's znode.
  bool in_memory = false;
  Duration registry_fetch_timeout = std::chrono::minutes(1);
  Duration registry_store_timeout = std::chrono::seconds(20);
  bool leader_guardian = true;
  bool exit_on_lost_leadership = false;
  http::ServerOptions http;
  AuthenticationFlags authentication;
  std::string domain;  // As JSON; empty: none.
  std::optional<std::set<std::string>> roles;
  bool root_submissions = true;
  std::optional<master::RateLimits> rate_limits;
  bool publish_per_framework_metrics = true;
  allocator::Options allocation;
  std::map<std::string, double> weights;
  std::map<std::string, int> role_priorities;
  bool nested_quota = false;
  double agent_recovery_factor = 0.8;
  Duration recovery_timeout = std::chrono::minutes(10);
  master::Pattern::Limits offer_constraints;
  Duration agent_ping_timeout = std::chrono::seconds(15);
  std::size_t max_agent_ping_timeouts = 5;
  Duration agent_reregister_timeout = std::chrono::minutes(10);
  std::optional<Duration> offer_timeout;
  std::size_t max_completed_frameworks = 50;
  std::size_t max_completed_tasks_per_framework = 1000;
  std::size_t max_unreachable_tasks_per_framework = 1000;
  bool enable_jsonp = false;
  std::shared_ptr<log::Verbosity> verbosity = std::make_shared<log::Verbosity>();  // Shared with the log's sink.
  ShownFlags shown;
};

struct AgentOptions {
  ListenOptions listen;
  std::string master;  // host:port or zk://...
  Duration zk_session_timeout = std::chrono::seconds(10);
  std::string work_dir;
  std::string runtime_dir = "/var/run/stoa";
  std::string resources;
  std::string attributes;
  std::string domain;                // As JSON; empty: none.
  bool task_resource_limits = true;  // Of the capabilities that it tells its master (AGT-007).
  std::string default_role = "*";
  http::ServerOptions http;
  AuthenticationFlags authentication;
  bool switch_user = true;
  bool strict = true;
  bool reconfiguration_additive = false;
  bool recover_cleanup = false;
  Duration registration_backoff_factor = std::chrono::seconds(1);
  std::string sandbox_directory = "/mnt/mesos/sandbox";
  std::map<std::string, std::string> executor_environment;
  Duration executor_registration_timeout = std::chrono::minutes(1);
  std::size_t max_completed_executors_per_framework = 150;
  Duration executor_shutdown_grace_period = std::chrono::seconds(5);
  Duration executor_reregistration_timeout = std::chrono::seconds(2);
  Duration recovery_timeout = std::chrono::minutes(15);
  Duration gc_delay = std::chrono::weeks(1);
  double gc_disk_headroom = 0.1;
  Duration disk_watch_interval = std::chrono::minutes(1);
  LogRotation log_rotation;
  fetcher::Options fetcher;
  bool enable_jsonp = false;
  std::shared_ptr<log::Verbosity> verbosity = std::make_shared<log::Verbosity>();  // Shared with the log's sink.
  ShownFlags shown;
};

}  // namespace stoa::daemon
