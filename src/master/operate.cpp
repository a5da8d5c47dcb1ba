#include "master/operate.h"

#include "base/check.h"
#include "master/offers.h"
#include "master/operation_book.h"
#include "master/operations.h"
#include "master/pid.h"
#include "master/send.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::master {
namespace {

using OperationInfo = mesos::v1::Offer_Operation;

// OPR-135: two of them do not name the agent.
std::string refusal_prefix(const OperationInfo& operation, const Agent& agent) {
  const std::string& type = OperationInfo::Type_Name(operation.type());
  if (operation.type() == OperationInfo::UNRESERVE || operation.type() == OperationInfo::DESTROY) {
    return fmt::format("Invalid {} operation: ", type);
  }
  return fmt::format("Invalid {} operation on agent {} at {} ({}): ", type, agent.id.value,
                     pid_of(agent.addresses, agent.info->port()), agent.info->hostname());
}

Result<Agent*> find_agent(State& state, const AgentId& id) {
  const auto known = state.agents.find(id);
  if (known == state.agents.end()) return invalid("No agent found with specified ID");
  Agent& agent = known->second;
  if (agent.marking) return fail(Code::unavailable, fmt::format("Agent '{}' is being marked or removed", id.value));
  if (agent.connected()) return &agent;
  // Nothing could be handed to it, and it would undo whatever the books say when it is back.
  return fail(Code::unavailable, fmt::format("Agent '{}' is disconnected", id.value));
}

// RES-085
Result<> check_whitelist(const Config& config, const OperationInfo& operation, const model::Resources& converted) {
  if (operation.type() != OperationInfo::RESERVE || !config.roles) return {};
  for (const auto& [resource, count] : converted) {
    const std::string& role = resource.reservation_role();
    if (config.roles->contains(role)) continue;
    return invalid(fmt::format("Roles {{ {} }} are not present in the master's --roles", role));
  }
  return {};
}

Result<model::Conversion> conversion_of(const State& state, const Operate& event, const Agent& agent) {
  model::OperationContext given;
  given.from_operator = true;
  given.principal = event.principal;
  // Only these two look at them.
  const auto type = event.operation->type();
  if (type == OperationInfo::CREATE || type == OperationInfo::DESTROY) {
    given.agent_total = agent.total;
    given.resources_in_use = agent.allocated;
  }
  LET(model::Conversion conversion, model::convert(*event.operation, given));
  TRY(check_whitelist(state.config, *event.operation, conversion.converted));
  return conversion;
}

// Offers that hold some of what is not free give way, one after another, until it is (OPR-132).
void make_room(Context& context, Agent& agent, const model::Resources& needed) {
  if (agent.offers.empty()) return;
  const auto missing = [&] {
    model::Resources rest = needed;
    rest.subtract_floored(context.state.allocator.available(agent.id));
    return rest;
  };
  model::Resources rest = missing();
  const std::set<OfferId> ids = agent.offers;
  for (const OfferId& id : ids) {
    if (rest.empty()) return;
    model::Resources without = rest;
    without.subtract_floored(context.state.offers.at(id).resources.without_allocation_role());
    if (without == rest) continue;
    withdraw_offer(context, id, refusal(nullptr));
    rest = missing();
  }
}

Result<> operate(Context& context, const Operate& event) {
  State& state = context.state;
  LET(Agent* const found, find_agent(state, event.agent));
  Agent& agent = *found;
  const auto conversion = conversion_of(state, event, agent);
  if (!conversion) {
    return fail(conversion.error().code, refusal_prefix(*event.operation, agent) + conversion.error().message);
  }
  make_room(context, agent, conversion->consumed);
  TRY(state.allocator.available(agent.id).subtract(conversion->consumed));
  if (event.operation->type() == OperationInfo::DESTROY) rescind_destroyed(context, agent, conversion->consumed);
  // What is free is part of the total, and the agent's copy of what is shared counts once.
  TRY(model::apply(*conversion, agent.total));
  const auto updated =
      state.allocator.update_available(agent.id, conversion->consumed, conversion->converted, context.now.steady);
  CHECK(updated, updated.error().message);
  OperationInfo info = *event.operation;
  model::to_new_form(info);
  begin_operation(context, nullptr, agent, info, *conversion);
  log_info(context, "{} on agent {} by operator {}: {} becomes {}", OperationInfo::Type_Name(info.type()),
           agent.id.value, event.principal.value_or("-"), conversion->consumed.to_text(),
           conversion->converted.to_text());
  return {};
}

}  // namespace

void on_operate(Context& context, const Operate& event) {
  context.effects.push_back(Reply{event.reply, operate(context, event)});
}

}  // namespace stoa::master
