#include "sim/plan.h"

#include <algorithm>
#include <cmath>

namespace stoa::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Duration scaled(Duration duration, double factor) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * factor));
}

// Mean time between failures of one kind: it does not fail in this seed, or does so often, or rarely.
Duration draw_mean(Duration shortest, Duration longest, Random& random) {
  if (random.chance(0.25)) return {};
  return shortest + draw_upto(longest - shortest, random);
}

Faults draw_faults(Random& random) {
  Faults faults;
  faults.link_lost = draw_mean(seconds(5), minutes(2), random);
  faults.agent_crash = draw_mean(seconds(8), minutes(2), random);
  faults.master_crash = draw_mean(seconds(30), minutes(4), random);
  faults.scheduler_lost = draw_mean(seconds(8), minutes(1), random);
  faults.reboot = random.chance(0.5) ? 0.2 * random.unit() : 0;
  faults.long_absence = random.chance(0.5) ? 0.3 * random.unit() : 0;
  faults.slow_message = random.chance(0.5) ? 0.1 * random.unit() : 0;
  faults.launch_fails = random.chance(0.5) ? 0.1 * random.unit() : 0;
  faults.container_lost = random.chance(0.3) ? 0.05 * random.unit() : 0;
  faults.failover = random.chance(0.8) ? 0.2 + 0.6 * random.unit() : 0;
  return faults;
}

}  // namespace

Duration draw_wait(Duration mean, Random& random) { return scaled(mean, std::min(-std::log(1 - random.unit()), 20.0)); }

Duration draw_upto(Duration max, Random& random) { return scaled(max, random.unit()); }

Plan draw_plan(const Size& size, Random& random) {
  Plan plan;
  plan.size = size;
  if (size.task_mean) plan.task_mean = *size.task_mean;
  if (!size.faults) return plan;
  plan.quiet = minutes(8);  // The longest absence, and all waits after it.
  plan.work_arrives_for = size.busy * 9 / 10;
  plan.faults = draw_faults(random);
  plan.message_delay = milliseconds(1) + draw_upto(milliseconds(200), random);
  plan.slow_message_delay = seconds(1) + draw_upto(seconds(20), random);
  plan.write_delay = milliseconds(1) + draw_upto(milliseconds(300), random);
  plan.launch_delay = milliseconds(10) + draw_upto(seconds(3), random);
  plan.reregister_timeout = seconds(30) + draw_upto(seconds(60), random);
  const Duration task_mean = seconds(5) + draw_upto(minutes(3), random);
  plan.task_mean = size.task_mean.value_or(task_mean);
  plan.kills = 0.5 * random.unit();
  plan.teardowns = random.chance(0.5) ? 0.3 : 0;
  plan.late_acknowledgements = 0.3 * random.unit();
  plan.custom_executors = random.chance(0.8) ? 0.1 + 0.35 * random.unit() : 0;
  plan.groups = random.chance(0.8) ? 0.1 + 0.35 * random.unit() : 0;
  plan.operations = random.chance(0.8) ? 0.3 + 0.6 * random.unit() : 0;
  return plan;
}

}  // namespace stoa::sim
