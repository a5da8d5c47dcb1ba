// What the operator decides about a master; names and defaults are those of the flags (FE-129, HA-004).
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "allocator/allocator.h"
#include "base/time.h"
#include "master/pattern.h"
#include "master/rate_limits.h"
#include "proto/forward.h"

namespace stoa::master {

struct Config {
  // Identity, as MasterInfo shows it; its id is new at each start and the prefix of all ids that this master issues.
  std::shared_ptr<const mesos::v1::MasterInfo> info;
  allocator::Options allocation;

  Duration heartbeat_interval = std::chrono::seconds(15);
  Duration agent_ping_timeout = std::chrono::seconds(15);
  std::size_t max_agent_ping_timeouts = 5;
  Duration agent_reregister_timeout = std::chrono::minutes(10);
  std::optional<Duration> offer_timeout;

  bool root_submissions = true;
  std::optional<RateLimits> rate_limits;
  bool publish_per_framework_metrics = true;
  // Role whitelist; `*` is always allowed. Unset: every valid role is.
  std::optional<std::set<std::string>> roles;
  // Used if the registry has none yet (ALC-200, ALC-232).
  std::map<std::string, double> weights;
  std::map<std::string, int> role_priorities;
  bool nested_quota = false;  // ALC-060.
  // With quotas, allocation waits after a failover for this part of the known agents, but not longer (ALC-240).
  double agent_recovery_factor = 0.8;
  Duration recovery_timeout = std::chrono::minutes(10);
  Pattern::Limits offer_constraints;  // Of each expression (SCH-054).

  std::size_t max_completed_frameworks = 50;
  std::size_t max_completed_tasks_per_framework = 1000;
  std::size_t max_unreachable_tasks_per_framework = 1000;
  // No OFFERS event is larger than about this many bytes (HTTP-090).
  std::size_t offers_event_bytes_max = 3u << 20;
};

}  // namespace stoa::master
