#include "master/operation_book.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "master/offers.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::OperationStatus;
using OperationInfo = mesos::v1::Offer_Operation;
using OperationRecord = mesos::v1::Operation;
using SchedulerEvent = mesos::v1::scheduler::Event;

// The framework that waits for the operation's feedback. Null if nobody does: it has no id, or its framework is gone.
Framework* owner_of(State& state, const Operation& operation) {
  if (!operation.message->has_framework_id() || !operation.message->info().has_id()) return nullptr;
  const auto found = state.frameworks.find(FrameworkId(operation.message->framework_id().value()));
  return found == state.frameworks.end() ? nullptr : &found->second;
}

// A framework that this master has not met yet, and that was not removed: after a failover agents may be back before
// it.
bool may_come(const State& state, const Operation& operation) {
  if (!operation.message->has_framework_id() || !operation.message->info().has_id()) return false;
  const FrameworkId id(operation.message->framework_id().value());
  return !state.frameworks.contains(id) && !state.completed_ids.contains(id);
}

Operation& enter(Context& context, Framework* framework, Agent& agent, OperationRecord record) {
  const OperationUuid uuid = record.uuid().value();
  Operation& operation = agent.operations[uuid];
  operation.sequence = context.state.next_sequence++;
  if (framework != nullptr && record.info().has_id()) {
    framework->operations.try_emplace(OperationId(record.info().id().value()), agent.id, uuid);
  }
  operation.message = std::make_shared<const OperationRecord>(std::move(record));
  agent.view.reset();
  return operation;
}

std::vector<const Operation*> in_order(const Agent& agent) {
  std::vector<const Operation*> operations;
  operations.reserve(agent.operations.size());
  for (const auto& [uuid, operation] : agent.operations) operations.push_back(&operation);
  std::ranges::sort(operations, {}, &Operation::sequence);
  return operations;
}

// Puts the total into force. Offers of what is no more are rescinded; if the rest is too much all of them are.
void settle_total(Context& context, Agent& agent) {
  model::Resources total = expected_total(agent);
  if (total == agent.total) return;
  const auto free_of_roles = [](const model::Resources& resources) {
    return resources.without_allocation_role().with_single_counts();
  };
  withdraw_offers(context, agent, [&](const Offer& offer) { return !total.contains(free_of_roles(offer.resources)); });
  if (!total.contains(free_of_roles(agent.allocated + agent.offered))) withdraw_offers(context, agent);
  agent.total = std::move(total);
  agent.shrunken = !agent.total.contains(free_of_roles(agent.allocated));
  agent.view.reset();
  context.state.allocator.update_agent_total(agent.id, agent.total, context.now.steady);
}

// What the operation, told by an agent alone, makes of the agent's resources. None if that cannot be said.
std::optional<model::Conversion> conversion_of(const OperationRecord& record) {
  model::OperationContext given;
  given.from_operator = !record.has_framework_id();
  given.framework_shared_resources = true;
  for (const auto& resource : record.info().reserve().resources()) {
    given.framework_roles.insert(resource.allocation_info().role());
  }
  // A volume to be destroyed is the agent's: it said so.
  auto volumes = model::Resources::from_messages(record.info().destroy().volumes());
  if (volumes) given.agent_total = *std::move(volumes);
  auto conversion = model::convert(record.info(), given);
  return conversion ? std::optional(unallocated(*conversion)) : std::nullopt;
}

// Notes a status. The same one again, and one from before the end, changes nothing but what is latest.
void note(Operation& operation, const OperationStatus& status, const OperationStatus& latest) {
  auto record = std::make_shared<OperationRecord>(*operation.message);
  const bool known = std::ranges::any_of(record->statuses(), [&status](const OperationStatus& other) {
    return other.uuid().value() == status.uuid().value() && other.state() == status.state();
  });
  if (!known) *record->add_statuses() = status;
  if (!is_terminal_operation(record->latest_status().state())) *record->mutable_latest_status() = latest;
  operation.message = std::move(record);
}

bool is_first_pending(const Agent& agent, const Operation& given) {
  return std::ranges::none_of(agent.operations, [&given](const auto& entry) {
    return entry.second.pending && entry.second.sequence < given.sequence;
  });
}

// The agent has said how a pending operation ended.
void end_pending(Context& context, Agent& agent, Operation& operation, bool finished) {
  if (!operation.pending) return;
  const model::Conversion conversion = *std::exchange(operation.pending, std::nullopt);
  if (finished) {
    const auto applied = model::apply(conversion, agent.confirmed);
    if (applied && is_first_pending(agent, operation)) return;  // As it mostly is: the total has it already.
    // It may have told its resources in the meantime, with this one already in them.
    if (!applied) {
      log_warning(context, "agent {}: an operation has finished that does not suit its resources: {}", agent.id.value,
                  applied.error().message);
    }
  }
  settle_total(context, agent);
}

void count_end(Metrics& metrics, const OperationRecord& record) {
  const std::string state = lower_case(mesos::v1::OperationState_Name(record.latest_status().state()));
  const std::string name = state.substr(std::string_view("operation_").size());
  metrics.count("master/operations/" + name);
  metrics.count("master/operations/" + lower_case(OperationInfo::Type_Name(record.info().type())) + "/" + name);
}

void acknowledge(Context& context, const Agent& agent, const OperationUuid& uuid, const OperationStatus& status) {
  auto message = std::make_shared<link::ToAgent>();
  message->mutable_acknowledge_operation()->set_operation_uuid(uuid);
  message->mutable_acknowledge_operation()->set_status_uuid(status.uuid().value());
  send(context, agent, std::move(message));
}

Result<model::Resources> parse_total(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& total,
                                     const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& oversubscribed) {
  LET(model::Resources resources, model::Resources::from_messages(total));
  LET(const model::Resources revocable, model::Resources::from_messages(oversubscribed));
  // A shared volume counts once, however often the agent names it.
  return (std::move(resources) + revocable.revocable()).with_single_counts();
}

// Enters an operation that only its agent knows, or takes over what the agent knows of it.
void adopt(Context& context, Agent& agent, const OperationRecord& claim) {
  const bool ended = is_terminal_operation(claim.latest_status().state());
  if (const auto known = agent.operations.find(claim.uuid().value()); known != agent.operations.end()) {
    if (ended) known->second.pending.reset();
    auto record = std::make_shared<OperationRecord>(*known->second.message);
    *record->mutable_latest_status() = claim.latest_status();
    *record->mutable_statuses() = claim.statuses();
    known->second.message = std::move(record);
    return;
  }
  OperationRecord record = claim;
  record.mutable_agent_id()->set_value(agent.id.value);
  const auto framework = context.state.frameworks.find(FrameworkId(record.framework_id().value()));
  Operation& operation =
      enter(context, framework == context.state.frameworks.end() ? nullptr : &framework->second, agent, record);
  if (!ended) operation.pending = conversion_of(record);
}

}  // namespace

bool is_terminal_operation(int state) {
  switch (state) {
    case mesos::v1::OPERATION_FINISHED:
    case mesos::v1::OPERATION_FAILED:
    case mesos::v1::OPERATION_ERROR:
    case mesos::v1::OPERATION_DROPPED:
    case mesos::v1::OPERATION_GONE_BY_OPERATOR:
      return true;
    default:
      return false;
  }
}

model::Conversion unallocated(const model::Conversion& conversion) {
  return {conversion.consumed.without_allocation_role(), conversion.converted.without_allocation_role()};
}

model::Resources expected_total(const Agent& agent) {
  model::Resources total = agent.confirmed;
  for (const Operation* operation : in_order(agent)) {
    // One that does not apply any more was built on one that failed; its own failure is on the way.
    if (operation->pending) static_cast<void>(model::apply(*operation->pending, total));
  }
  return total;
}

const Operation* find_operation(const State& state, const Framework& framework, const OperationId& id) {
  const auto known = framework.operations.find(id);
  if (known == framework.operations.end()) return nullptr;
  return &state.agents.at(known->second.first).operations.at(known->second.second);
}

void begin_operation(Context& context, Framework* framework, Agent& agent, const OperationInfo& info,
                     const model::Conversion& conversion) {
  OperationRecord record;
  if (framework != nullptr) record.mutable_framework_id()->set_value(framework->id.value);
  record.mutable_agent_id()->set_value(agent.id.value);
  *record.mutable_info() = info;
  OperationStatus& status = *record.mutable_latest_status();
  if (info.has_id()) *status.mutable_operation_id() = info.id();
  status.set_state(mesos::v1::OPERATION_PENDING);
  status.mutable_agent_id()->set_value(agent.id.value);
  OperationUuid uuid = context.state.random.uuid_bytes();
  while (agent.operations.contains(uuid)) uuid = context.state.random.uuid_bytes();
  record.mutable_uuid()->set_value(uuid);

  auto message = std::make_shared<link::ToAgent>();
  auto& order = *message->mutable_apply_operation();
  if (framework != nullptr) *order.mutable_framework_id() = record.framework_id();
  *order.mutable_info() = info;
  order.set_operation_uuid(uuid);
  enter(context, framework, agent, std::move(record)).pending = unallocated(conversion);
  send(context, agent, std::move(message));
}

void put_registered(Context& context, Agent& agent, const link::ToMaster& registration) {
  const link::Register& claim = registration.register_();
  std::set<OperationUuid> named;
  for (const OperationRecord& record : claim.operations()) {
    named.insert(record.uuid().value());
    adopt(context, agent, record);
  }
  std::vector<OperationUuid> over;
  for (auto& [uuid, operation] : agent.operations) {
    if (named.contains(uuid)) continue;
    operation.pending.reset();  // Whatever became of it, it is not in what the agent has.
    if (is_terminal_operation(operation.message->latest_status().state())) over.push_back(uuid);
  }
  for (const OperationUuid& uuid : over) forget_operation(context, agent, uuid);
  auto confirmed = parse_total(claim.total_resources(), claim.oversubscribed_resources());
  CHECK(confirmed, "a registration with bad resources was taken");
  agent.confirmed = *std::move(confirmed);
  agent.view.reset();
  settle_total(context, agent);
}

void ask_back(Context& context, Agent& agent) {
  auto message = std::make_shared<link::ToAgent>();
  for (const Operation* operation : in_order(agent)) {
    const OperationRecord& record = *operation->message;
    if (operation->pending || is_terminal_operation(record.latest_status().state())) continue;
    auto& asked = *message->mutable_reconcile_operations()->add_operations();
    if (record.has_framework_id()) *asked.mutable_framework_id() = record.framework_id();
    asked.set_operation_uuid(record.uuid().value());
    if (record.info().has_id()) *asked.mutable_operation_id() = record.info().id();
  }
  if (message->has_reconcile_operations()) send(context, agent, std::move(message));
}

void on_update_resources(Context& context, Agent& agent, const link::ToMaster& message) {
  context.state.metrics.count("master/messages_update_slave");
  const link::UpdateResources& update = message.update_resources();
  auto confirmed = parse_total(update.total_resources(), update.oversubscribed_resources());
  if (!confirmed) {
    log_warning(context, "agent {} reports bad resources: {}", agent.id.value, confirmed.error().message);
    return;
  }
  const bool revocable_changed = confirmed->revocable() != agent.confirmed.revocable();
  agent.confirmed = *std::move(confirmed);
  if (revocable_changed) {
    withdraw_offers(context, agent, [](const Offer& offer) { return !offer.resources.revocable().empty(); });
  }
  settle_total(context, agent);
}

void on_update_operation(Context& context, Agent& agent, const link::ToMaster& message) {
  State& state = context.state;
  const link::UpdateOperation& update = message.update_operation();
  state.metrics.count("master/messages_operation_status_update");
  const OperationUuid uuid = update.operation_uuid();
  const auto known = agent.operations.find(uuid);
  if (known == agent.operations.end()) {
    state.metrics.count("master/invalid_operation_status_updates");
    return;
  }
  state.metrics.count("master/valid_operation_status_updates");
  Operation& operation = known->second;
  OperationStatus status = update.status();
  if (operation.message->info().has_id()) *status.mutable_operation_id() = operation.message->info().id();
  status.mutable_agent_id()->set_value(agent.id.value);
  const bool had_ended = is_terminal_operation(operation.message->latest_status().state());
  note(operation, status, update.has_latest_status() ? update.latest_status() : status);
  const OperationRecord& record = *operation.message;
  if (is_terminal_operation(record.latest_status().state())) {
    if (!had_ended) count_end(state.metrics, record);
    end_pending(context, agent, operation, record.latest_status().state() == mesos::v1::OPERATION_FINISHED);
  }
  agent.view.reset();
  const Framework* owner = owner_of(state, operation);
  if (owner != nullptr) tell_operation_status(context, *owner, status);
  // Nobody else acknowledges what has no owner (SCH-077).
  const bool is_orphan = owner == nullptr && !may_come(state, operation);
  if (is_orphan && status.has_uuid()) acknowledge(context, agent, uuid, status);
  const bool over = is_orphan || !status.has_uuid();
  if (over && is_terminal_operation(status.state())) forget_operation(context, agent, uuid);
}

void lose_operations(Context& context, Agent& agent, int state, const std::string& why) {
  for (const Operation* operation : in_order(agent)) {
    const Framework* owner = owner_of(context.state, *operation);
    if (owner == nullptr) continue;
    OperationStatus status;
    *status.mutable_operation_id() = operation->message->info().id();
    status.set_state(static_cast<mesos::v1::OperationState>(state));
    status.set_message(why);
    status.mutable_agent_id()->set_value(agent.id.value);
    tell_operation_status(context, *owner, std::move(status));
  }
  while (!agent.operations.empty()) forget_operation(context, agent, OperationUuid(agent.operations.begin()->first));
}

void orphan_operations(Context& context, Framework& framework) {
  const auto operations = std::exchange(framework.operations, {});
  for (const auto& [id, where] : operations) {
    Agent& agent = context.state.agents.at(where.first);
    const OperationStatus& latest = agent.operations.at(where.second).message->latest_status();
    if (!is_terminal_operation(latest.state())) continue;
    if (latest.has_uuid()) acknowledge(context, agent, where.second, latest);
    forget_operation(context, agent, where.second);
  }
}

void find_operations(Context& context, Framework& framework) {
  for (const auto& [id, agent] : context.state.agents) {
    for (const auto& [uuid, operation] : agent.operations) {
      const OperationRecord& record = *operation.message;
      if (record.framework_id().value() == framework.id.value && record.info().has_id())
        framework.operations.try_emplace(OperationId(record.info().id().value()), id, uuid);
    }
  }
}

void forget_operation(Context& context, Agent& agent, const OperationUuid& uuid) {
  auto node = agent.operations.extract(uuid);
  if (node.empty()) return;
  agent.view.reset();
  Framework* owner = owner_of(context.state, node.mapped());
  if (owner == nullptr) return;
  const auto entry = owner->operations.find(OperationId(node.mapped().message->info().id().value()));
  if (entry != owner->operations.end() && entry->second.second == uuid) owner->operations.erase(entry);
}

void tell_operation_status(Context& context, const Framework& framework, OperationStatus status) {
  const auto resources = model::Resources::from_messages(status.converted_resources());
  if (resources && !resources->empty()) {
    status.clear_converted_resources();
    const auto& capabilities = framework.capabilities;
    const model::Resources shown = capabilities.multi_role ? *resources : resources->without_allocation_role();
    shown.to_messages(capabilities.reservation_refinement ? model::WireForm::new_form : model::WireForm::old_form,
                      *status.mutable_converted_resources());
  }
  auto event = std::make_shared<SchedulerEvent>();
  event->set_type(SchedulerEvent::UPDATE_OPERATION_STATUS);
  *event->mutable_update_operation_status()->mutable_status() = std::move(status);
  send(context, framework, std::move(event));
}

}  // namespace stoa::master
