#include "master/operations.h"

#include "base/check.h"
#include "master/offers.h"
#include "master/operation_book.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using OperationInfo = mesos::v1::Offer_Operation;

// SCH-187
Result<> check_id(const Framework& framework, const OperationInfo& operation) {
  if (!operation.has_id() || !framework.operations.contains(OperationId(operation.id().value()))) return {};
  return invalid(fmt::format("Operation ID '{}' is already in use", operation.id().value()));
}

Result<> check_type(const OperationInfo& operation) {
  if (operation.has_type() && operation.type() != OperationInfo::UNKNOWN) return {};
  return invalid("The operation has no type, or one that is not known");
}

model::OperationContext context_of(const Framework& framework, const Agent& agent) {
  model::OperationContext given;
  given.principal = framework.principal;
  given.framework_roles = framework.roles;
  given.framework_shared_resources = framework.capabilities.shared_resources;
  given.agent_total = agent.total;
  given.resources_in_use = agent.allocated;
  return given;
}

bool resizes(const OperationInfo& operation) {
  return operation.type() == OperationInfo::GROW_VOLUME || operation.type() == OperationInfo::SHRINK_VOLUME;
}

// Of a shared volume that came with several offers one copy is enough to destroy it.
void drop_further_copies(Context& context, const Framework& framework, const model::Resources& volumes, Pool& pool) {
  model::Resources further;
  for (const auto& [resource, count] : pool.left) {
    if (resource.is_shared() && count > 1 && volumes.contains(resource)) further.add(resource, count - 1);
  }
  if (further.empty()) return;
  pool.left -= further;
  give_back(context, framework.id, pool.agent.id, further, std::nullopt);
}

void refresh_shared(Pool& pool, const model::Conversion& conversion) {
  pool.shared.subtract_floored(conversion.consumed.shared());
  pool.shared += conversion.converted.shared().with_single_counts();
}

// What both the pool and the agent's total become. Fails and changes nothing if one of them lacks what is consumed.
struct Outcome {
  model::Resources left;
  model::Resources total;
};

Result<Outcome> outcome_of(const model::Conversion& conversion, const Pool& pool) {
  Outcome outcome{pool.left, pool.agent.total};
  TRY(model::apply(conversion, outcome.left));
  TRY(model::apply(unallocated(conversion), outcome.total));
  return outcome;
}

// Checks the operation and says what it makes of the pool.
Result<model::Conversion> admit(Context& context, const Framework& framework, const OperationInfo& operation,
                                Pool& pool) {
  TRY(check_type(operation));
  TRY(check_id(framework, operation));
  LET(model::Conversion conversion, model::convert(operation, context_of(framework, pool.agent)));
  if (operation.type() == OperationInfo::DESTROY) {
    drop_further_copies(context, framework, conversion.consumed, pool);
  }
  TRY(outcome_of(conversion, pool));
  return conversion;
}

}  // namespace

void rescind_destroyed(Context& context, Agent& agent, const model::Resources& volumes) {
  withdraw_offers(context, agent, [&volumes](const Offer& offer) {
    const model::Resources offered = offer.resources.without_allocation_role();
    return std::ranges::any_of(
        volumes, [&](const auto& member) { return offered.contains(member.resource.with_allocation_role({})); });
  });
}

void apply_operation(Context& context, Framework& framework, const OperationInfo& operation, Pool& pool) {
  OperationInfo info = operation;
  model::inject_allocation_role(info, pool.role);
  auto admitted = admit(context, framework, info, pool);
  if (!admitted) {
    return refuse_operation(context, framework, operation, mesos::v1::OPERATION_ERROR, admitted.error().message);
  }
  const model::Conversion conversion = *std::move(admitted);
  if (info.type() == OperationInfo::DESTROY) rescind_destroyed(context, pool.agent, conversion.consumed);
  Outcome outcome = *outcome_of(conversion, pool);
  const auto updated =
      context.state.allocator.update_allocation(framework.id, pool.agent.id, conversion.consumed, conversion.converted);
  CHECK(updated, updated.error().message);
  pool.left = std::move(outcome.left);
  refresh_shared(pool, conversion);
  if (resizes(info)) {
    pool.left -= conversion.converted;
    pool.set_aside += conversion.converted;
  }
  pool.agent.total = std::move(outcome.total);
  model::to_new_form(info);
  begin_operation(context, &framework, pool.agent, info, conversion);
}

void refuse_operation(Context& context, const Framework& framework, const OperationInfo& operation, int state,
                      const std::string& why) {
  log_info(context, "dropping {} of framework {}: {}", OperationInfo::Type_Name(operation.type()), framework.id.value,
           why);
  if (!operation.has_id()) return;
  mesos::v1::OperationStatus status;
  *status.mutable_operation_id() = operation.id();
  status.set_state(static_cast<mesos::v1::OperationState>(state));
  status.set_message(why);
  tell_operation_status(context, framework, status);
}

}  // namespace stoa::master
