// ACCEPT: offers are used up, operations are carried out one after another on what the previous ones left, and the rest
// goes back with a filter (SCH-103 to SCH-118, SCH-134 to SCH-152).
#include <set>

#include "base/check.h"
#include "master/calls.h"
#include "master/offers.h"
#include "master/send.h"
#include "master/statuses.h"
#include "master/task_rules.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::TaskInfo;
using mesos::v1::TaskStatus;
using mesos::v1::scheduler::Event;
using Accept = mesos::v1::scheduler::Call::Accept;
using Operation = mesos::v1::Offer::Operation;

// The tasks of a launching operation, of either kind.
const google::protobuf::RepeatedPtrField<TaskInfo>& tasks_of(const Operation& operation) {
  return operation.type() == Operation::LAUNCH_GROUP ? operation.launch_group().task_group().tasks()
                                                     : operation.launch().task_infos();
}

bool launches(const Operation& operation) {
  return operation.type() == Operation::LAUNCH || operation.type() == Operation::LAUNCH_GROUP;
}

// Feedback for an operation that asked for it (SCH-186, SCH-189).
void tell_operation(Context& context, const Framework& framework, const Operation& operation,
                    mesos::v1::OperationState state, const std::string& why) {
  log_info(context, "dropping {} of framework {}: {}", Operation::Type_Name(operation.type()), framework.id.value, why);
  if (!operation.has_id()) return;
  auto event = std::make_shared<Event>();
  event->set_type(Event::UPDATE_OPERATION_STATUS);
  auto& status = *event->mutable_update_operation_status()->mutable_status();
  *status.mutable_operation_id() = operation.id();
  status.set_state(state);
  status.set_message(why);
  send(context, framework, std::move(event));
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
  for (const Operation& operation : accept.operations()) {
    if (!launches(operation)) {
      tell_operation(context, framework, operation, refusal.operation_state, refusal.operation_message);
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

// What a health check is, is inferred where only one member says it (SCH-141).
void infer_type(mesos::v1::HealthCheck& check) {
  if (check.has_type()) return;
  if (check.has_command() && !check.has_http()) check.set_type(mesos::v1::HealthCheck::COMMAND);
  if (check.has_http() && !check.has_command()) check.set_type(mesos::v1::HealthCheck::HTTP);
}

// The task as the agent is to get it: resources in one form, each with its allocation role (SCH-113, SCH-114). A task
// whose resources are invalid stays as it is: the rules refuse it.
TaskInfo completed(const TaskInfo& given, const std::string& role) {
  TaskInfo task = given;
  for (auto& resource : *task.mutable_resources()) {
    if (!resource.has_allocation_info()) resource.mutable_allocation_info()->set_role(role);
  }
  if (task.has_health_check()) infer_type(*task.mutable_health_check());
  return task;
}

void refuse_task(Context& context, const Framework& framework, const TaskInfo& task, int reason,
                 const std::string& why) {
  StatusFacts facts{TaskId(task.task_id().value()), mesos::v1::TASK_ERROR, reason, why};
  facts.agent = AgentId(task.agent_id().value());
  context.state.metrics.count("master/tasks_error");
  tell_status(context, framework, facts);
}

// What an ACCEPT works on.
struct Pool {
  Agent& agent;
  std::string role;
  model::Resources left;
};

void launch(Context& context, Framework& framework, const Operation& operation, Pool& pool) {
  if (operation.has_id()) {
    for (const TaskInfo& task : operation.launch().task_infos()) {
      refuse_task(context, framework, task, TaskStatus::REASON_TASK_INVALID,
                  "The `id` field cannot be set on LAUNCH operations");
    }
    return;
  }
  for (const TaskInfo& given : operation.launch().task_infos()) {
    TaskInfo task = completed(given, pool.role);
    TaskCase validated{task, framework, pool.agent, pool.left, {}};
    if (auto valid = validate_task(validated); !valid) {
      refuse_task(context, framework, given, TaskStatus::REASON_TASK_INVALID, valid.error().message);
      continue;
    }
    pool.left -= validated.needed;
    task.clear_resources();
    validated.needed.to_messages(model::WireForm::new_form, *task.mutable_resources());
    launch_task(context, framework, pool.agent, task, std::move(validated.needed));
  }
}

void launch_group(Context& context, Framework& framework, const Operation& operation) {
  for (const TaskInfo& task : tasks_of(operation)) {
    refuse_task(context, framework, task, TaskStatus::REASON_TASK_GROUP_INVALID,
                operation.has_id() ? "The `id` field cannot be set on LAUNCH operations"
                                   : "Task groups are not supported by this version");
  }
}

void carry_out(Context& context, Framework& framework, const Operation& operation, Pool& pool) {
  switch (operation.type()) {
    case Operation::LAUNCH:
      launch(context, framework, operation, pool);
      break;
    case Operation::LAUNCH_GROUP:
      launch_group(context, framework, operation);
      break;
    default:
      tell_operation(context, framework, operation, mesos::v1::OPERATION_ERROR,
                     fmt::format("Operations of type {} are not supported by this version",
                                 Operation::Type_Name(operation.type())));
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
  Pool pool{agent->second, {}, {}};
  for (const auto& id : accept.offer_ids()) {
    Offer offer = take_offer(context, OfferId(id.value()));
    pool.role = offer.role;
    pool.left += offer.resources;
  }
  for (const Operation& operation : accept.operations()) carry_out(context, framework, operation, pool);
  if (pool.left.empty()) return;
  give_back(context, framework.id, agent_id, pool.left, refusal(accept.has_filters() ? &accept.filters() : nullptr));
}

}  // namespace stoa::master
