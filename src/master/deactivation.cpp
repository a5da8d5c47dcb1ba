#include "master/deactivation.h"

#include <algorithm>
#include <utility>

#include "master/gone.h"
#include "master/maintenance.h"
#include "master/offers.h"
#include "master/operator_changes.h"
#include "master/send.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::DrainInfo;
using To = SwitchAgent::To;

constexpr const char* kind = "deactivated";

bool is_draining(const Deactivation& deactivation) {
  return deactivation.drain && deactivation.drain->state() == mesos::v1::DRAINING;
}

bool is_known(const State& state, const AgentId& id) {
  return state.agents.contains(id) || state.recovered_agents.contains(id) || state.unreachable_agents.contains(id);
}

Agent* find_registered(State& state, const AgentId& id) {
  const auto known = state.agents.find(id);
  return known == state.agents.end() ? nullptr : &known->second;
}

RegistryChange record_of(const AgentId& id, const Deactivation& deactivation) {
  registry::Deactivation record;
  if (deactivation.drain) *record.mutable_drain() = *deactivation.drain;
  record.set_since(deactivation.since);  // Always: a record without bytes would be none.
  return {kind, id.value, record.SerializeAsString()};
}

// OPR-163
Result<> check_drain(State& state, const AgentId& id) {
  if (!is_known(state, id)) return invalid("Unknown agent");
  const Agent* agent = find_registered(state, id);
  const auto recovered = state.recovered_agents.find(id);
  if ((agent != nullptr && agent->marking) ||
      (recovered != state.recovered_agents.end() && recovered->second.marking)) {
    return fail(Code::failed_precondition, "Agent is being marked or removed");
  }
  if (agent == nullptr) return {};
  if (machine_of(state.maintenance, agent->info->hostname(), agent->addresses)) {
    return invalid("Agent's machine is part of a maintenance schedule");
  }
  if (!agent->capabilities.contains(mesos::v1::AgentInfo::Capability::AGENT_DRAINING)) {
    return invalid("Agent is not capable of draining");
  }
  return {};
}

Deactivation drain_of(const Context& context, const SwitchAgent& change) {
  auto info = std::make_shared<DrainInfo>();
  info->set_state(mesos::v1::DRAINING);
  *info->mutable_config() = *change.config;
  Deactivation deactivation{.drain = std::move(info), .since = context.now.wall};
  const auto known = context.state.deactivated.find(change.agent);
  const bool goes_on = known != context.state.deactivated.end() && is_draining(known->second);
  if (goes_on) deactivation.since = known->second.since;
  return deactivation;
}

void put(State& state, const AgentId& id, Deactivation deactivation) {
  if (is_draining(deactivation)) {
    state.draining.insert(id);
  } else {
    state.draining.erase(id);
  }
  state.deactivated[id] = std::move(deactivation);
}

void deactivate(Context& context, const AgentId& id) {
  Agent* agent = find_registered(context.state, id);
  if (agent == nullptr) return;
  withdraw_offers(context, *agent);
  context.state.allocator.deactivate_agent(id);
  agent->view.reset();
}

void send_drain(Context& context, const Agent& agent, const mesos::v1::DrainConfig& config) {
  auto message = std::make_shared<link::ToAgent>();
  *message->mutable_drain()->mutable_config() = config;
  send(context, agent, std::move(message));
}

// No task that lives or whose end is not acknowledged, and no operation under way.
bool is_empty(const Agent& agent) {
  return agent.tasks.empty() &&
         std::ranges::none_of(agent.operations, [](const auto& entry) { return entry.second.pending.has_value(); });
}

void activate(Context& context, const AgentId& id) {
  State& state = context.state;
  state.deactivated.erase(id);
  state.draining.erase(id);
  log_info(context, "agent {} is active again", id.value);
  Agent* agent = find_registered(state, id);
  if (agent == nullptr) return;
  agent->view.reset();
  if (agent->connected()) state.allocator.activate_agent(id, context.now.steady);
}

}  // namespace

Result<> load_deactivation(State& state, const AgentId& id, const std::string& bytes) {
  registry::Deactivation record;
  if (!record.ParseFromString(bytes)) {
    return fail(Code::malformed, fmt::format("the registry's record of deactivated agent {} cannot be read", id.value));
  }
  Deactivation deactivation{.drain = {}, .since = record.since()};
  if (record.has_drain()) deactivation.drain = std::make_shared<const DrainInfo>(record.drain());
  put(state, id, std::move(deactivation));
  return {};
}

Result<std::vector<RegistryChange>> prepare(Context& context, const SwitchAgent& change) {
  State& state = context.state;
  const AgentId& id = change.agent;
  const auto known = state.deactivated.find(id);
  const bool deactivated = known != state.deactivated.end();
  switch (change.to) {
    case To::drained:
      TRY(check_drain(state, id));
      return std::vector{record_of(id, drain_of(context, change))};
    case To::deactivated:
      if (!is_known(state, id)) return invalid("Unknown agent");
      if (deactivated) return std::vector<RegistryChange>();
      return std::vector{record_of(id, {})};
    case To::active:
      if (!deactivated) return invalid("Agent is not deactivated");
      if (is_draining(known->second)) return invalid("Agent is still in the DRAINING state");
      return std::vector<RegistryChange>{{kind, id.value, ""}};
  }
  return invalid("Unknown change of an agent");
}

void finish(Context& context, const SwitchAgent& change) {
  State& state = context.state;
  const AgentId& id = change.agent;
  if (!is_known(state, id)) return persist(context, {{kind, id.value, ""}}, NothingMore{});  // It left meanwhile.
  if (change.to == To::active) return activate(context, id);
  put(state, id, change.to == To::drained ? drain_of(context, change) : Deactivation());
  log_info(context, "agent {} is {}", id.value, change.to == To::drained ? "draining" : "deactivated");
  deactivate(context, id);
  if (change.to != To::drained) return;
  if (const Agent* agent = find_registered(state, id)) send_drain(context, *agent, *change.config);
}

void end_drains(Context& context) {
  State& state = context.state;
  std::vector<AgentId> empty;
  for (const AgentId& id : state.draining) {
    const Agent* agent = find_registered(state, id);
    if (agent == nullptr || agent->marking || state.deactivated.at(id).ending || !is_empty(*agent)) continue;
    empty.push_back(id);
  }
  for (const AgentId& id : empty) {
    state.deactivated.at(id).ending = true;
    on_operator_change(context, EndDrain{id});
  }
}

Result<std::vector<RegistryChange>> prepare(Context& context, const EndDrain& change) {
  State& state = context.state;
  const auto known = state.deactivated.find(change.agent);
  if (known == state.deactivated.end()) return std::vector<RegistryChange>();
  Deactivation& deactivation = known->second;
  const Agent* agent = find_registered(state, change.agent);
  if (agent == nullptr || !is_draining(deactivation) || !is_empty(*agent)) {
    deactivation.ending = false;
    return std::vector<RegistryChange>();
  }
  if (deactivation.drain->config().mark_gone()) {
    // If it is just being registered anew, the next step tries again.
    if (!begin_gone(context, change.agent, std::nullopt)) deactivation.ending = false;
    return std::vector<RegistryChange>();
  }
  DrainInfo drained = *deactivation.drain;
  drained.set_state(mesos::v1::DRAINED);
  return std::vector{record_of(
      change.agent, {.drain = std::make_shared<const DrainInfo>(std::move(drained)), .since = deactivation.since})};
}

void finish(Context& context, const EndDrain& change) {
  State& state = context.state;
  const auto known = state.deactivated.find(change.agent);
  if (known == state.deactivated.end()) return;
  auto drained = std::make_shared<DrainInfo>(*known->second.drain);
  drained->set_state(mesos::v1::DRAINED);
  put(state, change.agent, {.drain = std::move(drained), .since = known->second.since});
  log_info(context, "agent {} is drained", change.agent.value);
  if (Agent* agent = find_registered(state, change.agent)) agent->view.reset();
}

void resend_drain(Context& context, const Agent& agent) {
  const auto known = context.state.deactivated.find(agent.id);
  if (known == context.state.deactivated.end() || !is_draining(known->second)) return;
  send_drain(context, agent, known->second.drain->config());
}

std::optional<RegistryChange> forget_deactivation(State& state, const AgentId& id) {
  state.draining.erase(id);
  if (state.deactivated.erase(id) == 0) return std::nullopt;
  return RegistryChange{kind, id.value, ""};
}

}  // namespace stoa::master
