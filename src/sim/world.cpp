#include "sim/world.h"

#include <algorithm>
#include <utility>

namespace stoa::sim {
namespace {

// Every step is audited by what it touches. A whole audit costs as much as some steps for each agent and task.
std::uint64_t audit_interval(const Size& size) {
  return std::max<std::uint64_t>(20, (size.agents + size.tasks) * (size.faults ? 1 : 10));
}

constexpr std::uint64_t steps_at_once_max = 10'000'000;

}  // namespace

World::World(const Size& size, std::uint64_t seed, const Watch& watch)
    : environment_(size, seed, watch), master_(environment_), audit_interval_(audit_interval(size)) {
  for (std::size_t i = 0; i < size.agents; ++i)
    agents_.push_back(std::make_unique<AgentHost>(environment_, master_, i));
  for (std::size_t i = 0; i < size.frameworks; ++i) {
    const std::size_t tasks = size.tasks / size.frameworks + (i < size.tasks % size.frameworks ? 1 : 0);
    schedulers_.push_back(std::make_unique<Scheduler>(environment_, master_, i, tasks));
  }
}

World::~World() = default;

Outcome World::run() {
  const TimePoint begin = environment_.queue.now().steady;
  start();
  advance_until(begin + environment_.plan.size.busy);
  busy_ = false;
  environment_.trace.note("world", "heals");
  for (const auto& scheduler : schedulers_) scheduler->wind_down();
  advance_until(begin + environment_.plan.size.busy + environment_.plan.quiet);
  environment_.trace.note("world", "comes to rest");
  for (const auto& agent : agents_) agent->freeze();
  advance_until(environment_.queue.now().steady + std::chrono::minutes(3));
  if (!environment_.laws.violation()) audit_quiet(cluster_);

  Outcome outcome{.violation = environment_.laws.violation(),
                  .hash = environment_.trace.hash(),
                  .steps = environment_.queue.steps(),
                  .seconds = std::chrono::duration<double>(environment_.queue.now().steady - begin).count(),
                  .messages = environment_.network.messages(),
                  .failures = failures_,
                  .counts = environment_.counts};
  for (const auto& agent : agents_) outcome.counts += agent->ledger().counts();
  if (environment_.watch.step_times != nullptr && master_.is_alive()) outcome.master = master_.weigh();
  for (const auto& scheduler : schedulers_) {
    outcome.updates += scheduler->updates();
    for (const Scheduler::Task& task : scheduler->tasks()) {
      outcome.launched += task.launched ? 1 : 0;
      outcome.ended += task.final ? 1 : 0;
    }
  }
  return outcome;
}

void World::start() {
  Queue& queue = environment_.queue;
  Random& random = environment_.random;
  master_.start();
  for (const auto& agent : agents_)
    queue.after(draw_upto(std::chrono::seconds(5), random), [&agent] { agent->start(); });
  for (const auto& scheduler : schedulers_)
    queue.after(draw_upto(std::chrono::seconds(10), random), [&scheduler] { scheduler->start(); });
  const Faults& faults = environment_.plan.faults;
  arm(faults.link_lost, &World::fail_link);
  arm(faults.agent_crash, &World::fail_agent);
  arm(faults.master_crash, &World::fail_master);
  arm(faults.scheduler_lost, &World::fail_scheduler);
}

void World::advance_until(TimePoint end) {
  Queue& queue = environment_.queue;
  TimePoint last;
  std::uint64_t steps_before = 0;
  while (!environment_.laws.violation() && queue.step(end)) {
    if (std::exchange(last, queue.now().steady) != queue.now().steady) steps_before = queue.steps();
    if (queue.steps() - steps_before > steps_at_once_max)
      environment_.laws.broken("time goes on", "too much happens in one moment");
    audit_step(cluster_);
    if (queue.steps() < next_audit_) continue;
    next_audit_ = queue.steps() + audit_interval_;
    audit_always(cluster_);
  }
}

void World::arm(Duration mean, void (World::*fail)()) {
  if (mean == Duration(0)) return;
  environment_.queue.after(draw_wait(mean, environment_.random), [this, mean, fail] {
    if (!busy_) return;
    ++failures_;
    (this->*fail)();
    arm(mean, fail);
  });
}

Duration World::draw_absence() {
  const Plan& plan = environment_.plan;
  const bool is_long = environment_.random.chance(plan.faults.long_absence);
  return draw_upto(is_long ? plan.long_absence_max : plan.absence_max, environment_.random);
}

void World::fail_link() {
  AgentHost& agent = *agents_[environment_.random.below(agents_.size())];
  agent.cut_link();
  if (environment_.random.chance(0.5)) agent.isolate_until(environment_.queue.now().steady + draw_absence());
}

void World::fail_agent() {
  AgentHost& agent = *agents_[environment_.random.below(agents_.size())];
  if (!agent.is_alive()) return;
  agent.crash(environment_.random.chance(environment_.plan.faults.reboot));
  environment_.queue.after(draw_absence(), [&agent] { agent.start(); });
}

void World::fail_master() {
  if (!master_.is_alive()) return;
  master_.crash();
  environment_.queue.after(draw_upto(environment_.plan.absence_max, environment_.random), [this] { master_.start(); });
}

void World::fail_scheduler() {
  Scheduler& scheduler = *schedulers_[environment_.random.below(schedulers_.size())];
  if (environment_.random.chance(0.3)) scheduler.isolate_until(environment_.queue.now().steady + draw_absence());
  if (environment_.random.chance(environment_.plan.faults.failover)) return scheduler.fail_over();
  scheduler.lose_connection(environment_.random.chance(0.5));
}

}  // namespace stoa::sim
