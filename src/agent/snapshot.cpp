#include "agent/snapshot.h"

#include <utility>

#include "agent/core.h"

namespace stoa::agent {

Snapshot Agent::Core::snapshot() const {
  Snapshot result{.info = info_,
                  .recovered = life_ != Life::created && life_ != Life::recovering,
                  .registered = registration_.state() == Registration::State::registered};
  auto run = runs_.begin();
  for (const auto& [id, framework] : frameworks_) {
    FrameworkRecord record{.info = framework.info};
    record.executors.reserve(framework.runs);
    for (; run != runs_.end() && run->first.framework == id; ++run)
      if (run->second.record) record.executors.push_back(run->second.record);
    record.completed_executors.assign(framework.completed.begin(), framework.completed.end());
    result.frameworks.push_back(std::move(record));
  }
  for (const auto& [id, framework] : completed_frameworks_)
    result.completed_frameworks.push_back(
        {.info = framework.info, .completed_executors = {framework.completed.begin(), framework.completed.end()}});
  return result;
}

}  // namespace stoa::agent
