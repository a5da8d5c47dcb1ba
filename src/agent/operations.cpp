#include "agent/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/checkpoint.h"
#include "agent/volumes.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

std::shared_ptr<const link::ToMaster> update_of(const OperationKey& key, const v1::OperationStatus& status) {
  auto message = std::make_shared<link::ToMaster>();
  link::UpdateOperation& body = *message->mutable_update_operation();
  if (!key.framework.empty()) body.mutable_framework_id()->set_value(key.framework.value);
  body.set_operation_uuid(key.uuid);
  *body.mutable_status() = status;
  *body.mutable_latest_status() = status;
  return message;
}

std::string record_id(const std::string& uuid) {
  std::string text;
  for (const char byte : uuid) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

}  // namespace

Result<> Operations::recover(const model::Resources& flags, const Checkpoint& known, bool new_identity,
                             Effects& effects) {
  set_total(flags);
  if (known.resources) {
    LET(model::Resources total, with_conversions(flags, known.resources->total));
    set_total(std::move(total));
    if (known.resources->target) {
      LET(target_, with_conversions(flags, *known.resources->target));
      change_ = Change{.number = ++changes_};
    }
  }
  if (!new_identity)
    for (const auto& stored : known.operations) recover_entry(*stored.operation, stored.pending);
  done_ = last_;
  if (!change_) return {};
  if (Entry* entry = find(change_->uuid); entry != nullptr) entry->number = ++last_;
  emit_change(effects);
  return {};
}

void Operations::recover_entry(const v1::Operation& operation,
                               std::vector<std::shared_ptr<const v1::OperationStatus>> pending) {
  const std::string& uuid = operation.uuid().value();
  if (pending.empty()) {
    if (!change_ || !change_->uuid.empty()) return journal_.erase(operation_kind, record_id(uuid));
    change_->uuid = uuid;
  }
  Entry& entry = entries_[uuid];
  entry.key = {FrameworkId(operation.framework_id().value()), uuid};
  entry.number = ++last_;
  entry.operation = std::make_shared<const v1::Operation>(operation);
  entry.feedback = operation.info().has_id();
  if (pending.empty()) {
    ++unsettled_;
    return;
  }
  entry.outcome = pending.back();
  entry.durable = true;
  entry.feedback = entry.outcome->has_uuid();
  if (entry.feedback) {
    streams_.recover(entry.key, std::move(pending));
  } else {
    untold_.push_back(uuid);
  }
}

bool Operations::apply(const link::ApplyOperation& message, const model::Resources& in_use) {
  const std::string& uuid = message.operation_uuid();
  if (entries_.contains(uuid) || entries_.size() >= options_.operations_max) return false;
  Entry& entry = entries_[uuid];
  entry.key = {FrameworkId(message.framework_id().value()), uuid};
  entry.number = ++last_;
  entry.in_use = in_use.without_allocation_role();
  entry.feedback = message.info().has_id();
  auto operation = std::make_shared<v1::Operation>();
  if (message.has_framework_id()) *operation->mutable_framework_id() = message.framework_id();
  operation->mutable_agent_id()->set_value(agent_.value);
  *operation->mutable_info() = message.info();
  operation->mutable_uuid()->set_value(uuid);
  v1::OperationStatus& status = *operation->mutable_latest_status();
  if (message.info().has_id()) *status.mutable_operation_id() = message.info().id();
  status.set_state(v1::OPERATION_PENDING);
  status.mutable_agent_id()->set_value(agent_.value);
  entry.operation = std::move(operation);
  waiting_.push_back(uuid);
  ++unsettled_;
  proceed();
  return true;
}

void Operations::proceed() {
  while (!change_ && !waiting_.empty()) {
    Entry* entry = find(waiting_.front());
    waiting_.pop_front();
    if (entry == nullptr) continue;
    const model::OperationContext context{.from_operator = true,  // The master has checked who may do what.
                                          .agent_total = *total_,
                                          .resources_in_use = std::exchange(entry->in_use, {})};
    const auto conversion = model::convert(model::without_allocation(entry->operation->info()), context);
    if (!conversion.has_value()) {
      finish(*entry, v1::OPERATION_ERROR, conversion.error().message);
      continue;
    }
    model::Resources after = *total_;
    if (const auto applied = model::apply(*conversion, after); !applied.has_value()) {
      finish(*entry, v1::OPERATION_DROPPED, applied.error().message);
      continue;
    }
    begin_change(*entry, std::move(after));
  }
}

void Operations::begin_change(Entry& entry, model::Resources target) {
  if (volume_changes(*total_, target, options_.work_dir).empty()) {
    set_total(std::move(target));
    store_total();
    return finish(entry, v1::OPERATION_FINISHED, {});
  }
  target_ = std::move(target);
  change_ = Change{.number = ++changes_, .uuid = entry.key.uuid};
  store_total();
  store_entry(entry);
  journal_.then(OperationStored{.what = OperationStored::What::target, .number = change_->number});
}

void Operations::changed(const VolumesChanged& event) {
  if (!change_ || change_->number != event.number) return;
  const Change change = *std::exchange(change_, std::nullopt);
  if (event.result.has_value()) set_total(*std::move(target_));
  target_.reset();
  store_total();
  if (Entry* entry = find(change.uuid); entry != nullptr) {
    if (event.result.has_value()) {
      finish(*entry, v1::OPERATION_FINISHED, {});
    } else {
      finish(*entry, v1::OPERATION_FAILED, event.result.error().message);
    }
  }
  proceed();
}

void Operations::finish(Entry& entry, v1::OperationState state, const std::string& message) {
  auto status = std::make_shared<v1::OperationStatus>();
  if (entry.operation->info().has_id()) *status->mutable_operation_id() = entry.operation->info().id();
  status->set_state(state);
  if (!message.empty()) status->set_message(message);
  status->mutable_agent_id()->set_value(agent_.value);
  if (entry.feedback) status->mutable_uuid()->set_value(random_.uuid_bytes());
  auto operation = std::make_shared<v1::Operation>(*entry.operation);
  *operation->mutable_latest_status() = *status;
  *operation->add_statuses() = *status;
  entry.operation = std::move(operation);
  entry.outcome = std::move(status);
  store_entry(entry);
  OperationStored stored{.what = OperationStored::What::outcome, .uuid = entry.key.uuid, .number = entry.number};
  if (entry.feedback) stored.added = streams_.add(entry.key, entry.outcome);
  journal_.then(std::move(stored));
  if (state != v1::OPERATION_FINISHED) total_is_news_ = true;
}

void Operations::stored(const OperationStored& stored, TimePoint now, Effects& effects, Sends& sends) {
  Entry* entry = find(stored.uuid);
  switch (stored.what) {
    case OperationStored::What::target:
      if (change_ && change_->number == stored.number) emit_change(effects);
      return;
    case OperationStored::What::outcome: {
      done_ = std::max(done_, stored.number);
      if (entry == nullptr) return;
      entry->durable = true;
      --unsettled_;
      OperationStreams::Sends updates;
      if (entry->feedback) {
        streams_.durable(entry->key, stored.added, now, updates);
        send(updates, sends);
      } else {
        untold_.push_back(stored.uuid);
        tell_once(sends);
      }
      return tell_total(sends);
    }
    case OperationStored::What::erased:
      if (entry == nullptr || !entry->closing) return;
      streams_.drop(entry->key);
      entries_.erase(stored.uuid);
  }
}

bool Operations::acknowledge(const std::string& uuid, const std::string& status_uuid) {
  Entry* entry = find(uuid);
  if (entry == nullptr || entry->closing) return false;
  if (streams_.acknowledge(entry->key, status_uuid) == Acknowledged::no) return false;
  forget(*entry);
  return true;
}

void Operations::reconcile(const link::ReconcileOperations& message, Sends& sends) const {
  for (const auto& asked : message.operations()) {
    if (entries_.contains(asked.operation_uuid())) continue;
    v1::OperationStatus status;
    if (asked.has_operation_id()) *status.mutable_operation_id() = asked.operation_id();
    status.set_state(v1::OPERATION_DROPPED);
    status.set_message("Reconciliation: operation unknown to the agent");
    status.mutable_agent_id()->set_value(agent_.value);
    sends.push_back(update_of({FrameworkId(asked.framework_id().value()), asked.operation_uuid()}, status));
  }
}

void Operations::resume(TimePoint now, Sends& sends) {
  linked_ = true;
  OperationStreams::Sends updates;
  streams_.resume(now, updates);
  send(updates, sends);
  tell_once(sends);
  tell_total(sends);
}

void Operations::pause() {
  linked_ = false;
  streams_.pause();
}

void Operations::resend(const FrameworkId& framework, TimePoint now, Sends& sends) {
  OperationStreams::Sends updates;
  streams_.resend(framework, now, updates);
  send(updates, sends);
}

void Operations::remove_framework(const FrameworkId& framework) {
  for (auto& [uuid, entry] : entries_) {
    if (entry.key.framework != framework || entry.closing) continue;
    streams_.drop(entry.key);
    entry.feedback = false;
    // The master waits for the end of what it ordered: an outcome that is being written is told, once.
    if (entry.durable) forget(entry);
  }
}

void Operations::clear() {
  for (const auto& [uuid, entry] : entries_) journal_.erase(operation_kind, record_id(uuid));
  streams_.clear();
  entries_.clear();
  waiting_.clear();
  untold_.clear();
  unsettled_ = 0;
}

void Operations::advance(TimePoint now, Sends& sends) {
  OperationStreams::Sends updates;
  streams_.advance(now, updates);
  send(updates, sends);
}

void Operations::describe(link::Register& message) {
  total_is_news_ = false;
  for (const auto& operation : all()) *message.add_operations() = *operation;
  total_->to_messages(model::WireForm::new_form, *message.mutable_total_resources());
}

std::vector<std::shared_ptr<const v1::Operation>> Operations::all() const {
  std::vector<const Entry*> known;
  for (const auto& [uuid, entry] : entries_)
    if (!entry.closing) known.push_back(&entry);
  std::ranges::sort(known, {}, &Entry::number);
  std::vector<std::shared_ptr<const v1::Operation>> result;
  for (const Entry* entry : known) result.push_back(entry->operation);
  return result;
}

void Operations::store_total() {
  journal_.put(resources_kind, agent_record_id, encode(StoredResources{.total = *total_, .target = target_}));
}

void Operations::store_entry(const Entry& entry) {
  StoredOperation stored{.operation = entry.operation};
  if (entry.outcome) stored.pending.push_back(entry.outcome);
  journal_.put(operation_kind, record_id(entry.key.uuid), encode(stored));
}

void Operations::emit_change(Effects& effects) const {
  const VolumeChanges changes = volume_changes(*total_, *target_, options_.work_dir);
  effects.push_back(ChangeVolumes{.number = change_->number, .make = changes.make, .remove = changes.remove});
}

void Operations::forget(Entry& entry) {
  entry.closing = true;
  journal_.erase(operation_kind, record_id(entry.key.uuid));
  journal_.then(OperationStored{.what = OperationStored::What::erased, .uuid = entry.key.uuid});
}

void Operations::tell_once(Sends& sends) {
  if (!linked_) return;
  for (const auto& uuid : std::exchange(untold_, {})) {
    Entry* entry = find(uuid);
    if (entry == nullptr || entry->closing) continue;
    sends.push_back(update_of(entry->key, *entry->outcome));
    forget(*entry);
  }
}

// A total that the master cannot know. Only when nothing is under way, so that it does not take back what the master
// counts on rightly.
void Operations::tell_total(Sends& sends) {
  if (!linked_ || !total_is_news_ || unsettled_ > 0) return;
  total_is_news_ = false;
  auto message = std::make_shared<link::ToMaster>();
  total_->to_messages(model::WireForm::new_form, *message->mutable_update_resources()->mutable_total_resources());
  sends.push_back(std::move(message));
}

void Operations::send(OperationStreams::Sends& updates, Sends& sends) const {
  for (const auto& update : updates) sends.push_back(update_of(update.key, *update.status));
}

Operations::Entry* Operations::find(const std::string& uuid) {
  const auto found = entries_.find(uuid);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace stoa::agent
