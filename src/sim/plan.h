// Plan: how large a simulated cluster is, how its world behaves and how often it fails. Everything but the size is
// drawn from the seed, so that seeds differ in kind and not only in order: one has slow networks, the next dying
// masters.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/time.h"

namespace stoa::sim {

struct Size {
  std::size_t agents = 5;
  std::size_t frameworks = 3;
  std::size_t tasks = 60;  // Of all frameworks together.
  Duration busy = std::chrono::minutes(8);
  bool faults = true;
  std::optional<Duration> task_mean;  // How long tasks run; drawn if it is not given.
};

// How often something fails: mean time between two failures of its kind in the whole cluster; zero: never.
struct Faults {
  Duration link_lost{};
  Duration agent_crash{};
  Duration master_crash{};
  Duration scheduler_lost{};
  double reboot = 0;          // Of crashes of agents: the machine, with its containers.
  double long_absence = 0;    // Of lost links and crashes: longer than the master waits.
  double slow_message = 0;    // Of messages.
  double launch_fails = 0;    // Of launches and sandboxes.
  double container_lost = 0;  // Of ends of containers: nobody knows how.
  double failover = 0;        // Of lost schedulers: another instance comes while the first is still connected.
};

struct Plan {
  Size size;
  Faults faults;
  Duration message_delay = std::chrono::milliseconds(2);  // Mean.
  Duration slow_message_delay = std::chrono::seconds(5);  // At most.
  Duration write_delay = std::chrono::milliseconds(5);    // Mean.
  Duration launch_delay = std::chrono::milliseconds(50);  // Mean.
  Duration absence_max = std::chrono::seconds(20);
  Duration long_absence_max = std::chrono::minutes(3);
  Duration reregister_timeout = std::chrono::seconds(60);
  Duration task_mean = std::chrono::minutes(1);  // How long tasks run.
  double kills = 0.2;                            // Of tasks are killed by their scheduler.
  double late_acknowledgements = 0.1;
  double custom_executors = 0;               // Of launches.
  double groups = 0;                         // Of launches.
  double operations = 0;                     // Of accepted offers have some on their resources.
  double teardowns = 0;                      // Of frameworks are torn down while busy.
  Duration work_arrives_for{};               // From the start; zero: all of it is there then.
  Duration quiet = std::chrono::minutes(2);  // At the end: no faults, no launches.
};

Plan draw_plan(const Size& size, Random& random);

// Exponentially distributed, at most twenty times the mean.
Duration draw_wait(Duration mean, Random& random);
// Uniform in [0, max].
Duration draw_upto(Duration max, Random& random);

}  // namespace stoa::sim
