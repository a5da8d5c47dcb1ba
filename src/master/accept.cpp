// ACCEPT: offers are used up, operations are carried out one after another on what the previous ones left, and the rest
// goes back with a filter (SCH-103 to SCH-118, SCH-134 to SCH-152).
#include <set>

#include "base/check.h"
#include "master/calls.h"
#include "master/launch.h"
#include "master/offers.h"
#include "master/operations.h"
#include "master/pool.h"
#include "master/statuses.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::TaskInfo;
using mesos::v1::TaskStatus;
using Accept = mesos::v1::scheduler::Call::Accept;
using OperationInfo = mesos::v1::Offer_Operation;

// The tasks of a launching operation, of either kind.
const google::protobuf::RepeatedPtrField<TaskInfo>& tasks_of(const OperationInfo& operation) {
  return operation.type() == OperationInfo::LAUNCH_GROUP ? operation.launch_group().task_group().tasks()
                                                         : operation.launch().task_infos();
}

bool launches(const OperationInfo& operation) {
  return operation.type() == OperationInfo::LAUNCH || operation.type() == OperationInfo::LAUNCH_GROUP;
}

// Every task of every launch gets the same status; every other operation the same state.
struct Refusal {
  int task_state;
  int task_reason;
  std::string task_message;
  mesos::v1::OperationState operation_state;
  std::string operation_message;
};

void refuse_all(Context& context, const Framework& framework, const Accept& accept, const Refusal& refusal) {
  for (const OperationInfo& operation : accept.operations()) {
    if (!launches(operation)) {
      refuse_operation(context, framework, operation, refusal.operation_state, refusal.operation_message);
      continue;
    }
    for (const TaskInfo& task : tasks_of(operation)) {
      StatusFacts facts{TaskId(task.task_id().value()), refusal.task_state, refusal.task_reason, refusal.task_message};
      facts.agent = AgentId(task.agent_id().value());
      tell_status(context, framework, facts);
    }
  }
}

// The checks of SCH-104, in its order.
Result<> check_offers(const State& state, const Framework& framework, const Accept& accept) {
  if (accept.offer_ids().empty()) return invalid("No offers specified");
  std::set<std::string_view> seen;
  for (const auto& id : accept.offer_ids()) {
    if (!seen.insert(id.value()).second) return invalid(fmt::format("Duplicate offer {} in offer list", id.value()));
  }
  const Offer* first = nullptr;
  for (const auto& id : accept.offer_ids()) {
    const auto known = state.offers.find(OfferId(id.value()));
    if (known == state.offers.end()) return invalid(fmt::format("Offer {} is no longer valid", id.value()));
    const Offer& offer = known->second;
    if (offer.framework != framework.id) {
      return invalid(fmt::format("Offer {} has invalid framework {} while framework {} is expected", id.value(),
                                 offer.framework.value, framework.id.value));
    }
    if (first == nullptr) first = &offer;
    if (offer.role != first->role) {
      return invalid(
          fmt::format("Aggregated offers must be allocated to the same role. Offer {} uses role '{}' but "
                      "another is using role '{}'",
                      id.value(), offer.role, first->role));
    }
    if (offer.agent != first->agent) {
      return invalid(
          fmt::format("Aggregated offers must belong to one single agent. Offer {} uses agent {} and agent "
                      "{}",
                      id.value(), offer.agent.value, first->agent.value));
    }
  }
  return {};
}

void carry_out(Context& context, Framework& framework, const OperationInfo& operation, Pool& pool) {
  switch (operation.type()) {
    case OperationInfo::LAUNCH:
      return launch(context, framework, operation, pool);
    case OperationInfo::LAUNCH_GROUP:
      return launch_group(context, framework, operation, pool);
    default:
      return apply_operation(context, framework, operation, pool);
  }
}

void refuse_invalid_offers(Context& context, Framework& framework, const Accept& accept, const std::string& why) {
  refuse_all(context, framework, accept,
             {mesos::v1::TASK_DROPPED, TaskStatus::REASON_INVALID_OFFERS, "Task launched with invalid offers: " + why,
              mesos::v1::OPERATION_ERROR, "Operation attempted with invalid offers: " + why});
  for (const auto& id : accept.offer_ids()) {
    if (framework.offers.contains(OfferId(id.value()))) return_offer(context, OfferId(id.value()), std::nullopt);
  }
}

}  // namespace

void on_accept(Context& context, Framework& framework, const CallMessage& call) {
  State& state = context.state;
  const Accept& accept = call->accept();
  if (auto valid = check_offers(state, framework, accept); !valid) {
    refuse_invalid_offers(context, framework, accept, valid.error().message);
    return;
  }
  const AgentId agent_id = state.offers.at(OfferId(accept.offer_ids(0).value())).agent;
  const auto agent = state.agents.find(agent_id);
  CHECK(agent != state.agents.end(), "an offer outlived its agent");
  Pool pool{agent->second};
  for (const auto& id : accept.offer_ids()) {
    Offer offer = take_offer(context, OfferId(id.value()));
    pool.role = offer.role;
    pool.add(offer.resources);
  }
  FrameworkCounters& counters = *framework.counters;
  (accept.operations().empty() ? counters.offers_declined : counters.offers_accepted) +=
      static_cast<std::uint64_t>(accept.offer_ids_size());
  for (const OperationInfo& operation : accept.operations()) {
    count(counters.operations, operation.type());
    carry_out(context, framework, operation, pool);
  }
  give_back_rest(context, framework, pool, refusal(accept.has_filters() ? &accept.filters() : nullptr));
}

}  // namespace stoa::master
