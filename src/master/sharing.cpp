#include "master/sharing.h"

#include <utility>
#include <vector>

#include "base/text.h"
#include "master/offers.h"
#include "master/quota.h"
#include "master/send.h"
#include "mesos/v1/quota/quota.pb.h"
#include "model/role.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

std::string bytes_of(const std::string& role, const allocator::Quota& quota) {
  mesos::v1::quota::QuotaConfig record;
  record.set_role(role);
  for (const auto& [name, amount] : quota.guarantees) {
    (*record.mutable_guarantees())[name.text()].set_value(amount.to_double());
  }
  for (const auto& [name, amount] : quota.limits) {
    (*record.mutable_limits())[name.text()].set_value(amount.to_double());
  }
  return record.SerializeAsString();
}

Result<allocator::Quota> quota_of(const std::string& bytes) {
  mesos::v1::quota::QuotaConfig record;
  if (!record.ParseFromString(bytes)) return fail(Code::malformed, "no quota");
  allocator::Quota quota;
  for (const auto& [name, amount] : record.guarantees()) {
    LET(const model::Scalar scalar, model::Scalar::from_double(amount.value(), name));
    quota.guarantees.add(name, scalar);
  }
  for (const auto& [name, amount] : record.limits()) {
    LET(const model::Scalar scalar, model::Scalar::from_double(amount.value(), name));
    quota.limits.set(name, scalar);
  }
  return quota;
}

template <typename Map>
bool put(Map& map, const std::string& key, const typename Map::mapped_type& value) {
  const auto known = map.find(key);
  if (known != map.end() && known->second == value) return false;
  map.insert_or_assign(key, value);
  return true;
}

// What the change makes another than it was.
SharingChange apply(const SharingChange& change, Sharing& sharing) {
  SharingChange effect;
  for (const auto& [role, weight] : change.weights) {
    if (put(sharing.weights, role, weight)) effect.weights[role] = weight;
  }
  for (const auto& [role, quota] : change.quotas) {
    const bool changed = quota.empty() ? sharing.quotas.erase(role) > 0 : put(sharing.quotas, role, quota);
    if (changed) effect.quotas[role] = quota;
  }
  for (const auto& [role, priority] : change.priorities) {
    const bool changed =
        priority.has_value() ? put(sharing.priorities, role, *priority) : sharing.priorities.erase(role) > 0;
    if (changed) effect.priorities[role] = priority;
  }
  return effect;
}

bool is_nothing(const SharingChange& change) {
  return change.weights.empty() && change.quotas.empty() && change.priorities.empty();
}

std::vector<RegistryChange> records_of(const SharingChange& change) {
  std::vector<RegistryChange> records;
  for (const auto& [role, weight] : change.weights) {
    registry::Weight record;
    record.set_weight(weight);
    records.push_back({"weight", role, record.SerializeAsString()});
  }
  for (const auto& [role, quota] : change.quotas) {
    records.push_back({"quota", role, quota.empty() ? std::string() : bytes_of(role, quota)});
  }
  for (const auto& [role, priority] : change.priorities) {
    registry::Priority record;
    record.set_priority(priority.value_or(0));
    records.push_back({"priority", role, priority.has_value() ? record.SerializeAsString() : std::string()});
  }
  return records;
}

}  // namespace

void change_sharing(Context& context, SharingChange change, std::optional<ReplyNumber> reply) {
  State& state = context.state;
  const bool is_settled = state.sharing_planned == *state.sharing;
  if (is_nothing(apply(change, state.sharing_planned)) && is_settled) {
    if (reply) context.effects.push_back(Reply{*reply, {}});
    return;
  }
  std::vector<RegistryChange> records = records_of(change);
  persist(context, std::move(records), ApplySharing{std::move(change), reply});
}

void finish_change_sharing(Context& context, const ApplySharing& applied) {
  State& state = context.state;
  auto sharing = std::make_shared<Sharing>(*state.sharing);
  const SharingChange effect = apply(applied.change, *sharing);
  state.sharing = std::move(sharing);
  bool any_known = false;
  for (const auto& [role, weight] : effect.weights) {
    state.allocator.set_weight(role, weight);
    any_known = any_known || state.allocator.knows_role(role);
    log_info(context, "weight of role {} is {}", role, weight);
  }
  for (const auto& [role, priority] : effect.priorities) {
    state.allocator.set_priority(role, priority);
    log_info(context, "priority of role {} is {}", role, priority ? std::to_string(*priority) : "inherited");
  }
  for (const auto& [role, quota] : effect.quotas) {
    state.allocator.set_quota(role, quota);
    log_info(context, "quota of role {}: guarantees '{}', limits '{}'", role, quota.guarantees.to_text(),
             quota.limits.to_text());
  }
  if (any_known) {  // ALC-231: new shares hold from the next allocation.
    for (auto& [id, agent] : state.agents) withdraw_offers(context, agent);
  }
  if (!effect.quotas.empty()) rescind_for_quotas(context, effect.quotas);
  if (applied.reply) context.effects.push_back(Reply{*applied.reply, {}});
}

Result<bool> load_sharing(State& state, const RegistryRecord& record) {
  const auto unreadable = [&record] {
    return fail(Code::malformed, fmt::format("the registry's {} of role {} cannot be read", record.kind, record.id));
  };
  Sharing& sharing = state.sharing_planned;
  if (record.kind == "weight") {
    registry::Weight weight;
    if (!weight.ParseFromString(record.bytes) || !(weight.weight() > 0)) return unreadable();
    sharing.weights[record.id] = weight.weight();
    state.allocator.set_weight(record.id, weight.weight());
  } else if (record.kind == "quota") {
    auto quota = quota_of(record.bytes);
    if (!quota) return unreadable();
    state.allocator.set_quota(record.id, *quota);
    sharing.quotas[record.id] = *std::move(quota);
  } else if (record.kind == "priority") {
    registry::Priority priority;
    if (!priority.ParseFromString(record.bytes)) return unreadable();
    sharing.priorities[record.id] = priority.priority();
    state.allocator.set_priority(record.id, priority.priority());
  } else {
    return false;
  }
  return true;
}

void begin_sharing(Context& context) {
  State& state = context.state;
  state.sharing = std::make_shared<const Sharing>(state.sharing_planned);
  const auto warn = [&](const char* what) {
    log_warning(context, "--{} is ignored: the registry has {} already", what, what);
  };
  SharingChange change;
  if (state.sharing->weights.empty()) {
    change.weights = state.config.weights;
  } else if (!state.config.weights.empty()) {
    warn("weights");
  }
  if (state.sharing->priorities.empty()) {
    change.priorities = {state.config.role_priorities.begin(), state.config.role_priorities.end()};
  } else if (!state.config.role_priorities.empty()) {
    warn("role_priorities");
  }
  change_sharing(context, std::move(change), std::nullopt);
}

Result<std::string> check_role(const State& state, const std::string& role) {
  std::string trimmed(trim(role));
  TRY(model::validate_role(trimmed));
  const auto& whitelist = state.config.roles;
  if (whitelist && trimmed != "*" && !whitelist->contains(trimmed)) {
    return invalid(fmt::format("Unknown role '{}': '{}' is not on the roles whitelist", trimmed, trimmed));
  }
  return trimmed;
}

}  // namespace stoa::master
