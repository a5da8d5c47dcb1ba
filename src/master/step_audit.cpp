#include "master/step_audit.h"

#include <fmt/format.h>

#include "master/audits.h"
#include "master/state.h"

namespace stoa::master {

template <typename Record>
void StepAudit::Counts::note(const Record& record) {
  Count& count = counted_[&record];
  tasks = tasks - count.tasks + record.tasks.size();
  executors = executors - count.executors + record.executors.size();
  offers = offers - count.offers + record.offers.size();
  count = {record.tasks.size(), record.executors.size(), record.offers.size()};
}

// After a removal.
template <typename Records>
void StepAudit::Counts::note_all(const Records& records) {
  if (size() == records.size()) return;
  *this = {};
  for (const auto& [id, record] : records) note(record);
}

Result<> StepAudit::check(const Master& master) {
  const State& state = master.state();
  for (const Agent* agent : state.touched_agents.records()) {
    TRY(audit_agent(state, *agent));
    TRY(state.allocator.audit(agent->id));
    agents_.note(*agent);
  }
  for (const Framework* framework : state.touched_frameworks.records()) {
    TRY(audit_framework(state, *framework));
    frameworks_.note(*framework);
  }
  agents_.note_all(state.agents);
  frameworks_.note_all(state.frameworks);
  if (agents_.tasks != frameworks_.tasks) {
    return fail(Code::internal,
                fmt::format("agents have {} tasks, frameworks have {}", agents_.tasks, frameworks_.tasks));
  }
  if (agents_.executors != frameworks_.executors) {
    return fail(Code::internal,
                fmt::format("agents have {} executors, frameworks have {}", agents_.executors, frameworks_.executors));
  }
  if (agents_.offers != state.offers.size() || frameworks_.offers != state.offers.size()) {
    return fail(Code::internal, fmt::format("there are {} offers, agents have {}, frameworks have {}",
                                            state.offers.size(), agents_.offers, frameworks_.offers));
  }
  return {};
}

}  // namespace stoa::master
