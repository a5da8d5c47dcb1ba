// The laws of the books: what must hold after every step, whatever happened. For tests and simulation; O(everything).
#include <fmt/format.h>

#include "master/audits.h"
#include "master/master.h"
#include "master/operation_book.h"
#include "master/state.h"
#include "master/tasks.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::master {
namespace {

template <typename... Args>
std::unexpected<Error> broken(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Code::internal, fmt::format(format, std::forward<Args>(args)...));
}

// Every executor of an agent is its framework's, and the other way round.
Result<model::Resources> audit_executors(const State& state, const Agent& agent) {
  model::Resources held;
  for (const auto& [key, executor] : agent.executors) {
    const auto framework = state.frameworks.find(key.first);
    if (framework == state.frameworks.end() || !framework->second.executors.contains({agent.id, key.second})) {
      return broken("agent {} has executor {}, framework {} has not", agent.id.value, key.second.value,
                    key.first.value);
    }
    held += executor.resources;
  }
  return held;
}

// Every task of an agent is its framework's; together with the executors those that hold something make up `allocated`.
Result<> audit_holders(const State& state, const Agent& agent) {
  LET(model::Resources held, audit_executors(state, agent));
  for (const auto& [framework_id, task_id] : agent.tasks) {
    const auto framework = state.frameworks.find(framework_id);
    if (framework == state.frameworks.end()) {
      return broken("agent {} has task {} of the unknown framework {}", agent.id.value, task_id.value,
                    framework_id.value);
    }
    const auto task = framework->second.tasks.find(task_id);
    if (task == framework->second.tasks.end() || task->second.agent != agent.id) {
      return broken("agent {} has task {}, framework {} has not", agent.id.value, task_id.value, framework_id.value);
    }
    if (task->second.holds_resources == is_terminal(task->second.message->state())) {
      return broken("task {} of framework {} is {} and holds {}", task_id.value, framework_id.value,
                    TaskState_Name(task->second.message->state()),
                    task->second.holds_resources ? "resources" : "nothing");
    }
    if (task->second.holds_resources) held += task->second.resources;
  }
  if (held == agent.allocated) return {};
  return broken("agent {}: {} allocated, its tasks and executors hold {}", agent.id.value, agent.allocated.to_text(),
                held.to_text());
}

Result<> audit_offers_of(const State& state, const Agent& agent) {
  model::Resources offered;
  for (const OfferId& id : agent.offers) {
    const auto offer = state.offers.find(id);
    if (offer == state.offers.end() || offer->second.agent != agent.id) {
      return broken("agent {} has the unknown offer {}", agent.id.value, id.value);
    }
    const auto framework = state.frameworks.find(offer->second.framework);
    if (framework == state.frameworks.end() || !framework->second.offers.contains(id)) {
      return broken("offer {} is in no book of its framework {}", id.value, offer->second.framework.value);
    }
    offered += offer->second.resources;
  }
  if (!agent.connected() && !(agent.offers.empty() && agent.inverse_offers.empty()))
    return broken("agent {} is away and offered", agent.id.value);
  if (offered == agent.offered) return {};
  return broken("agent {}: {} offered, its offers hold {}", agent.id.value, agent.offered.to_text(), offered.to_text());
}

// Nothing is in two hands (OPR-079), and the allocator sees the same.
Result<> audit_amounts(const State& state, const Agent& agent) {
  const auto taken = [](const model::Resources& resources) {
    return resources.without_allocation_role().with_single_counts();
  };
  const model::Resources used = agent.allocated + agent.offered;
  model::Resources rest = agent.total.non_shared();
  rest.subtract_floored(taken(agent.allocated).non_shared());
  const bool fits =
      agent.shrunken ? (rest + agent.total.shared()).contains(taken(agent.offered)) : agent.total.contains(taken(used));
  if (!fits) return broken("agent {}: {} used of {}", agent.id.value, used.to_text(), agent.total.to_text());
  if (agent.total != expected_total(agent) || agent.total != state.allocator.total(agent.id)) {
    return broken("agent {} has {}, its operations say {}, the allocator {}", agent.id.value, agent.total.to_text(),
                  expected_total(agent).to_text(), state.allocator.total(agent.id).to_text());
  }
  const model::Resources known = state.allocator.allocated(agent.id);
  if (known == used) return {};
  return broken("agent {}: the allocator knows {}, the books have {}", agent.id.value, known.to_text(), used.to_text());
}

// Every task, offer, executor and operation of a framework is its agent's too.
Result<> audit_possessions(const State& state, const Framework& framework) {
  for (const auto& [id, task] : framework.tasks) {
    const auto agent = state.agents.find(task.agent);
    if (agent == state.agents.end() || !agent->second.tasks.contains({framework.id, id})) {
      return broken("task {} of framework {} is not in the books of its agent", id.value, framework.id.value);
    }
    if (framework.unreachable.contains(id)) return broken("task {} is live and unreachable", id.value);
  }
  for (const OfferId& id : framework.offers) {
    const auto offer = state.offers.find(id);
    if (offer == state.offers.end() || offer->second.framework != framework.id) {
      return broken("framework {} has the unknown offer {}", framework.id.value, id.value);
    }
  }
  for (const auto& [agent_id, executor_id] : framework.executors) {
    const auto agent = state.agents.find(agent_id);
    if (agent == state.agents.end() || !agent->second.executors.contains({framework.id, executor_id})) {
      return broken("executor {} of framework {} is not in the books of its agent", executor_id.value,
                    framework.id.value);
    }
  }
  for (const auto& [operation_id, where] : framework.operations) {
    const auto agent = state.agents.find(where.first);
    if (agent == state.agents.end() || !agent->second.operations.contains(where.second)) {
      return broken("operation {} of framework {} is not in the books of its agent", operation_id.value,
                    framework.id.value);
    }
  }
  return {};
}

}  // namespace

Result<> audit_agent(const State& state, const Agent& agent) {
  TRY(audit_holders(state, agent));
  TRY(audit_offers_of(state, agent));
  TRY(audit_amounts(state, agent));
  if (agent.link) {
    const auto link = state.links.find(*agent.link);
    if (link == state.links.end() || link->second != agent.id) return broken("agent {}: wrong link", agent.id.value);
  }
  const bool listed_twice = state.recovered_agents.contains(agent.id) || state.gone_agents.contains(agent.id) ||
                            state.unreachable_agents.contains(agent.id);
  if (listed_twice) return broken("agent {} is registered and more", agent.id.value);
  const bool returns = state.timers.contains({TimerKey::Kind::agent_return, agent.id.value});
  const bool pinged = state.timers.contains({TimerKey::Kind::agent_ping, agent.id.value});
  const bool decided = agent.marking || state.registering_agents.contains(agent.id);
  if (decided || (agent.connected() ? pinged && !returns : returns)) return {};
  return broken("agent {}: nothing watches over it, or the wrong timer", agent.id.value);
}

Result<> audit_framework(const State& state, const Framework& framework) {
  if (framework.unreachable.size() != framework.unreachable_order.size()) {
    return broken("framework {}: {} unreachable tasks, {} in order", framework.id.value, framework.unreachable.size(),
                  framework.unreachable_order.size());
  }
  const bool beats = state.timers.contains({TimerKey::Kind::heartbeat, framework.id.value});
  if (beats != framework.connected()) return broken("framework {}: wrong heartbeat", framework.id.value);
  if (!framework.connected()) {
    if (!framework.offers.empty() || !framework.inverse_offers.empty()) {
      return broken("framework {} is away and has offers", framework.id.value);
    }
    const bool ends = state.timers.contains({TimerKey::Kind::framework_removal, framework.id.value});
    if (!ends && !framework.removing) return broken("framework {} is away for ever", framework.id.value);
    return {};
  }
  const auto stream = state.streams.find(*framework.stream);
  if (stream != state.streams.end() && stream->second == framework.id) return {};
  return broken("framework {}: wrong stream", framework.id.value);
}

Result<> Master::audit() const {
  const State& state = *state_;
  for (const auto& [id, agent] : state.agents) TRY(audit_agent(state, agent));
  for (const auto& [id, framework] : state.frameworks) {
    TRY(audit_framework(state, framework));
    TRY(audit_possessions(state, framework));
  }
  for (const auto& [id, offer] : state.offers) {
    const auto framework = state.frameworks.find(offer.framework);
    const auto agent = state.agents.find(offer.agent);
    if (framework == state.frameworks.end() || !framework->second.offers.contains(id) || agent == state.agents.end() ||
        !agent->second.offers.contains(id)) {
      return broken("offer {} is nobody's", id.value);
    }
  }
  for (const auto& [id, inverse] : state.inverse_offers) {
    const auto framework = state.frameworks.find(inverse.framework);
    const auto agent = state.agents.find(inverse.agent);
    if (framework == state.frameworks.end() || !framework->second.inverse_offers.contains(id) ||
        agent == state.agents.end() || !agent->second.inverse_offers.contains(inverse.framework)) {
      return broken("inverse offer {} is nobody's", id.value);
    }
  }
  for (const auto& [stream, id] : state.streams) {
    const auto framework = state.frameworks.find(id);
    if (framework == state.frameworks.end() || framework->second.stream != stream) {
      return broken("stream {} is nobody's", stream.value);
    }
  }
  for (const auto& [link, id] : state.links) {
    const auto agent = state.agents.find(id);
    if (agent == state.agents.end() || agent->second.link != link) return broken("link {} is nobody's", link.value);
  }
  return state.allocator.audit();
}

}  // namespace stoa::master
