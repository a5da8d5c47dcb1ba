#include "master/allocator_gauges.h"

namespace stoa::master {

void put_allocator_gauges(const State& state, Snapshot& snapshot) {
  const allocator::Allocator& allocator = state.allocator;
  auto& metrics = snapshot.metrics;
  const auto put = [&metrics](const std::string& name, auto value) { metrics[name] = static_cast<double>(value); };
  put("allocator/mesos/allocation_runs", allocator.cycles());
  put("allocator/holds_active", allocator.holds());
  put("allocator/paused", state.agents_awaited.has_value());
  const allocator::PreemptionCounters counters = allocator.preemption_counters();
  put("allocator/preemption/demands", counters.demands);
  put("allocator/preemption/plans", counters.plans);
  put("allocator/preemption/victims", counters.victims);
  put("allocator/preemption/rescinds", counters.rescinds);
  put("allocator/preemption/refused", counters.refused);
  const model::Quantities available = allocator.headroom_available();
  for (const auto& [name, amount] : allocator.headroom_required()) {
    put("allocator/headroom/" + name.text() + "/required", amount.to_double());
    put("allocator/headroom/" + name.text() + "/available", available.get(name.text()).to_double());
  }
  for (const allocator::RoleStanding& role : allocator.roles()) {
    snapshot.roles.push_back(
        {.role = role.role, .share = role.share, .filters = role.filters, .priority = role.priority});
  }
}

}  // namespace stoa::master
