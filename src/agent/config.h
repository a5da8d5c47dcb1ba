// Config: what an agent is told once, at its start. The shell takes it from flags, files and detection; nothing in it
// changes while the agent lives.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "proto/forward.h"

namespace stoa::agent {

struct Config {
  // Host name, port, resources (detected ones included), attributes and domain; without id.
  std::shared_ptr<const mesos::v1::AgentInfo> info;
  std::string version;                 // Of this program, as `/version` shows it.
  std::vector<std::string> addresses;  // Those that reach the agent, the primary one first; no brackets, no port.
  std::string pid;                     // `slave(1)@ADDR:PORT`, `[ADDR]` for IPv6.
  std::string endpoint;                // `ADDR:PORT`, `[ADDR]:PORT` for IPv6.
  std::string work_dir;                // Absolute.
  std::string sandbox_directory = "/mnt/mesos/sandbox";     // The sandbox as seen inside an image.
  std::map<std::string, std::string> executor_environment;  // --executor_environment_variables.
  bool task_resource_limits = true;                         // Told to the master as a capability (AGT-007).
  bool switch_user = true;
  bool strict = true;                     // Unreadable stored state ends the agent (AGT-086).
  bool reconfiguration_additive = false;  // --reconfiguration_policy=additive, else equal (AGT-084).
  bool recover_cleanup = false;           // --recover=cleanup: end all executors, then exit 0 (AGT-080).

  Duration registration_backoff_factor = std::chrono::seconds(1);
  Duration registration_backoff_max = std::chrono::minutes(1);
  Duration silence_max = std::chrono::seconds(75);  // Until the master names another one (HA-102).
  Duration update_retry_min = std::chrono::seconds(10);
  Duration update_retry_max = std::chrono::minutes(10);
  Duration executor_shutdown_grace_period = std::chrono::seconds(5);
  Duration executor_registration_timeout = std::chrono::minutes(1);
  Duration executor_reregistration_timeout = std::chrono::seconds(2);
  Duration recovery_timeout = std::chrono::minutes(15);
  Duration kill_grace_period = std::chrono::seconds(3);  // Of a task without a kill policy (EXE-120).

  Duration gc_delay = std::chrono::weeks(1);
  double gc_disk_headroom = 0.1;  // 0 to 1.
  Duration disk_watch_interval = std::chrono::minutes(1);

  std::size_t completed_frameworks_max = 50;  // History for readers (AGT-203).
  std::size_t completed_executors_per_framework_max = 150;
};

}  // namespace stoa::agent
