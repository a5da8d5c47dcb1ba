#include "containers/posix/usage_totals.h"

#include <algorithm>
#include <string>

namespace stoa::containers {
namespace {

// Calls `visit` with each container that `id` is nested in.
template <typename Visit>
void for_each_outer(const ContainerId& id, Visit visit) {
  for (std::size_t dot = id.value.rfind('.'); dot != std::string::npos && dot > 0; dot = id.value.rfind('.', dot - 1)) {
    visit(ContainerId(id.value.substr(0, dot)));
  }
}

void add(ports::ContainerUsage& total, const ports::ContainerUsage& more) {
  total.processes += more.processes;
  total.threads += more.threads;
  total.user_seconds += more.user_seconds;
  total.system_seconds += more.system_seconds;
  total.memory_bytes += more.memory_bytes;
}

}  // namespace

std::map<ContainerId, ports::ContainerUsage> UsageTotals::update(
    const std::map<ContainerId, ports::ContainerUsage>& own, TimePoint now) {
  std::map<ContainerId, ports::ContainerUsage> present = own;
  for (const auto& [id, last] : own_) {
    const auto found = present.find(id);
    if (found != present.end()) {
      // A process that ended between two reads of the table is in neither its own line nor its parent's.
      found->second.user_seconds = std::max(found->second.user_seconds, last.user_seconds);
      found->second.system_seconds = std::max(found->second.system_seconds, last.system_seconds);
      continue;
    }
    ended_.erase(id);
    for_each_outer(id, [&](const ContainerId& outer) {
      Ended& ended = ended_[outer];
      ended.user_seconds += last.user_seconds;
      ended.system_seconds += last.system_seconds;
      ended.seen = now;
    });
  }
  own_ = std::move(present);

  std::map<ContainerId, ports::ContainerUsage> totals;
  for (const auto& [id, usage] : own_) {
    add(totals[id], usage);
    for_each_outer(id, [&](const ContainerId& outer) { add(totals[outer], usage); });
  }
  for (auto& [id, usage] : totals) {
    const auto ended = ended_.find(id);
    if (ended == ended_.end()) continue;
    usage.user_seconds += ended->second.user_seconds;
    usage.system_seconds += ended->second.system_seconds;
    ended->second.seen = now;
  }
  std::erase_if(ended_, [&](const auto& entry) { return now - entry.second.seen > memory; });
  return totals;
}

}  // namespace stoa::containers
