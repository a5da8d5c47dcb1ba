#include "master/quota.h"

#include <vector>

#include "master/offers.h"
#include "master/operators.h"
#include "master/send.h"
#include "mesos/v1/mesos.pb.h"
#include "model/role.h"

namespace stoa::master {
namespace {

using allocator::Quota;
using Quotas = std::map<std::string, Quota>;

bool is_within(const std::string& role, const std::string& subtree) {
  return role == subtree || model::is_strict_subrole(role, subtree);
}

// What of an offer counts for quota.
model::Quantities counted(const model::Resources& resources) {
  return resources.without_allocation_role().unreserved().non_revocable().scalar_quantities();
}

// Of all registered agents, connected or not, and of those that are expected back (ALC-062).
model::Quantities capacity(const State& state) {
  model::Quantities sum;
  for (const auto& [id, agent] : state.agents) sum += agent.total.non_revocable().scalar_quantities();
  for (const auto& [id, agent] : state.recovered_agents) {
    const auto total = model::Resources::from_messages(agent.info->resources());
    if (total) sum += total->non_revocable().scalar_quantities();
  }
  return sum;
}

model::Quantities guaranteed(const Quotas& quotas) {
  model::Quantities sum;
  for (const auto& [role, quota] : quotas) {
    if (!role.contains('/')) sum += quota.guarantees;  // Those below are part of it.
  }
  return sum;
}

Result<> check_within_itself(const std::string& role, const Quota& quota) {
  if (quota.limits.contains(quota.guarantees)) return {};
  return invalid(
      fmt::format("Invalid QuotaConfig: the 'QuotaConfig.guarantees' {} of role '{}' is not contained within the "
                  "'QuotaConfig.limits' {}",
                  quota.guarantees.to_text(), role, quota.limits.to_text()));
}

// What the roles right below each role are promised, and limited to, must fit into what it is.
Result<> check_nesting(const Quotas& quotas) {
  struct Sums {
    model::Quantities guarantees;
    model::Quantities limits;
  };
  std::map<std::string, Sums> below;
  for (const auto& [role, quota] : quotas) {
    if (!role.contains('/')) continue;
    Sums& sums = below[role.substr(0, role.rfind('/'))];
    sums.guarantees += quota.guarantees;
    for (const auto& [name, limit] : quota.limits) sums.limits.add(name, limit);
  }
  for (const auto& [role, sums] : below) {
    const auto own = quotas.find(role);
    const Quota quota = own == quotas.end() ? Quota() : own->second;
    if (!quota.guarantees.contains(sums.guarantees)) {
      return invalid(
          fmt::format("Invalid QuotaConfig: the guarantees of the children of role '{}' are {} in all, "
                      "more than its own {}",
                      role, sums.guarantees.to_text(), quota.guarantees.to_text()));
    }
    if (!quota.limits.contains(sums.limits)) {
      return invalid(
          fmt::format("Invalid QuotaConfig: the limits of the children of role '{}' are {} in all, more "
                      "than its own {}",
                      role, sums.limits.to_text(), quota.limits.to_text()));
    }
  }
  return {};
}

Result<> check_consumption(const State& state, const std::string& role, const Quota& quota) {
  const model::Quantities consumed = consumed_by(state, role);
  if (quota.limits.contains(consumed)) return {};
  return invalid(
      fmt::format("Invalid QuotaConfig: Role '{}' is already consuming {}, which is more than the requested limits {} "
                  "(use 'force' flag to bypass this check)",
                  role, consumed.to_text(), quota.limits.to_text()));
}

// Whoever only takes promises back is not held up by what was promised too much before.
Result<> check_capacity(const State& state, const Quotas& before, const Quotas& after) {
  const model::Quantities promised = guaranteed(after);
  const model::Quantities room = capacity(state);
  if (room.contains(promised) || guaranteed(before).contains(promised)) return {};
  return invalid(
      fmt::format("Invalid QuotaConfig: total quota guarantees {} exceed cluster capacity {} (use 'force' flag to "
                  "bypass this check)",
                  promised.to_text(), room.to_text()));
}

Result<std::string> check_quota_role(const State& state, const std::string& name) {
  auto role = check_role(state, name);
  if (!role) return invalid("Invalid QuotaConfig: " + role.error().message);
  if (role->contains('/') && !state.config.nested_quota) {
    return invalid(fmt::format("Updating quota on nested role '{}' is not supported yet", *role));
  }
  return role;
}

// The change, if every part of it is valid.
Result<SharingChange> checked(const State& state, const UpdateQuota& event) {
  SharingChange change;
  const Quotas& before = state.sharing_planned.quotas;
  Quotas after = before;
  for (const auto& [name, quota] : event.quotas) {
    LET(const std::string role, check_quota_role(state, name));
    TRY(check_within_itself(role, quota));
    change.quotas[role] = quota;
    after[role] = quota;
  }
  TRY(check_nesting(after));
  if (event.force) return change;
  for (const auto& [role, quota] : change.quotas) TRY(check_consumption(state, role, quota));
  TRY(check_capacity(state, before, after));
  return change;
}

void rescind_beyond(Context& context, const std::string& role, const model::Limits& limits) {
  State& state = context.state;
  std::vector<OfferId> ids;
  for (const auto& [id, offer] : state.offers) {
    if (is_within(offer.role, role)) ids.push_back(id);
  }
  for (const OfferId& id : ids) {
    model::Quantities over = state.allocator.consumed_quota(role);
    for (const auto& [name, limit] : limits) over.subtract(name, limit);
    const model::Quantities offered = counted(state.offers.at(id).resources);
    bool helps = false;
    for (const auto& [name, limit] : limits) {
      helps = helps || (!over.get(name.text()).is_zero() && !offered.get(name.text()).is_zero());
    }
    if (helps) withdraw_offer(context, id);
  }
}

void rescind_for_guarantees(Context& context) {
  State& state = context.state;
  const model::Quantities required = state.allocator.headroom_required();
  model::Quantities available = state.allocator.headroom_available();
  const auto is_promised = [&state](const Offer& offer) {
    const auto quota = state.sharing->quotas.find(std::string(model::top_level(offer.role)));
    return quota != state.sharing->quotas.end() && !quota->second.guarantees.empty();
  };
  for (auto& [id, agent] : state.agents) {
    if (available.contains(required)) return;
    withdraw_offers(context, agent, [&](const Offer& offer) {
      if (is_promised(offer)) return false;
      available += counted(offer.resources);
      return true;
    });
  }
}

}  // namespace

model::Quantities consumed_by(const State& state, const std::string& role) {
  model::Quantities consumed = state.allocator.consumed_quota(role);
  for (const auto& [id, offer] : state.offers) {
    if (is_within(offer.role, role)) consumed -= counted(offer.resources);
  }
  return consumed;
}

void rescind_for_quotas(Context& context, const Quotas& changed) {
  bool any_guarantee = false;
  for (const auto& [role, quota] : changed) {
    if (!quota.limits.empty()) rescind_beyond(context, role, quota.limits);
    any_guarantee = any_guarantee || !quota.guarantees.empty();
  }
  if (any_guarantee) rescind_for_guarantees(context);
}

void on_update_quota(Context& context, const UpdateQuota& event) {
  auto change = checked(context.state, event);
  if (!change) {
    context.effects.push_back(Reply{event.reply, std::unexpected(change.error())});
    return;
  }
  change_sharing(context, *std::move(change), event.reply);
}

void on_set_quota(Context& context, const SetQuota& event) {
  State& state = context.state;
  const auto answer = [&](Result<> outcome) { context.effects.push_back(Reply{event.reply, std::move(outcome)}); };
  const auto role = check_quota_role(state, event.role);
  if (!role) return answer(std::unexpected(role.error()));
  if (state.sharing_planned.quotas.contains(*role)) {
    return answer(invalid(fmt::format("Cannot set quota for role '{}' which already has quota", *role)));
  }
  Quotas after = state.sharing_planned.quotas;
  Quota& quota = after[*role];
  quota.guarantees = event.guarantee;
  for (const auto& [name, amount] : event.guarantee) quota.limits.set(name, amount);
  if (const auto nested = check_nesting(after); !nested) return answer(nested);
  if (!event.force) {
    const auto fits = check_capacity(state, state.sharing_planned.quotas, after);
    if (!fits) return answer(fail(Code::already_exists, fits.error().message));
  }
  change_sharing(context, {.weights = {}, .quotas = {{*role, quota}}, .priorities = {}}, event.reply);
}

void on_remove_quota(Context& context, const RemoveQuota& event) {
  if (!context.state.sharing_planned.quotas.contains(event.role)) {
    context.effects.push_back(
        Reply{event.reply, invalid(fmt::format("Cannot remove quota of role '{}': it has none", event.role))});
    return;
  }
  change_sharing(context, {.weights = {}, .quotas = {{event.role, {}}}, .priorities = {}}, event.reply);
}

}  // namespace stoa::master
