#include "allocator/quota.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace stoa::allocator {
namespace {

struct Bound {
  std::int64_t wanted = 0;
  std::int64_t left = 0;  // Of what may be given.
};

// One entry a name of `wanted`; there are a few.
using Bounds = std::vector<std::pair<std::size_t, Bound>>;

Bounds wanted_by_name(Names& names, const model::Resources& wanted) {
  Bounds bounds;
  for (const auto& [resource, count] : wanted) {
    if (!counts_for_quota(resource)) continue;
    const std::size_t name = names.index_of(resource.name_symbol());
    auto bound = std::ranges::find(bounds, name, &Bounds::value_type::first);
    if (bound == bounds.end()) bound = bounds.insert(bounds.end(), {name, {}});
    bound->second.wanted += resource.scalar().thousandths();
  }
  return bounds;
}

// Takes members while the bound of their name lasts; what is indivisible is taken whole or not at all.
model::Resources chop(const QuotaView& view, const model::Resources& wanted, Bounds& bounds) {
  std::vector<const model::Resource*> members;
  model::Resources result;
  for (const auto& [resource, count] : wanted) {
    if (counts_for_quota(resource)) {
      members.push_back(&resource);
    } else {
      result.add(resource, count);
    }
  }
  if (members.size() > bounds.size()) {  // Names with several members: whose turn is first?
    std::ranges::sort(members, {}, [](const model::Resource* member) { return member->to_text(); });
    if (view.random != nullptr) {
      for (std::size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[view.random->below(i)]);
    }
  }
  for (const model::Resource* member : members) {
    const std::size_t name = view.names.index_of(member->name_symbol());
    std::int64_t& left = std::ranges::find(bounds, name, &Bounds::value_type::first)->second.left;
    const std::int64_t amount = member->scalar().thousandths();
    if (left <= 0 || (amount > left && !member->is_divisible())) continue;
    const std::int64_t taken = std::min(amount, left);
    left -= taken;
    result.add(member->with_value(model::Scalar::from_thousandths(taken)));
  }
  return result;
}

}  // namespace

QuotaRuling rule(const QuotaView& view, QuotaTree::Node role, const model::Resources& wanted, bool promised_only,
                 model::Resources& part) {
  Bounds bounds = wanted_by_name(view.names, wanted);
  bool any_promise = false;
  bool chopped = false;
  for (auto& [name, bound] : bounds) {
    const std::int64_t allowed = std::min(bound.wanted, view.tree.allowance(role, name));
    const std::int64_t required = view.tree.required(name);
    bound.left = allowed;
    if (required > 0) {
      const std::int64_t promised = std::min(allowed, view.tree.promise(role, name));
      const std::int64_t available = name < view.available.size() ? view.available[name] : 0;
      bound.left = std::min(allowed, promised + std::max(available - required, std::int64_t{0}));
      any_promise = any_promise || promised > 0;
    }
    chopped = chopped || bound.left < bound.wanted;
  }
  if (promised_only && !any_promise) return QuotaRuling::nothing;
  if (!chopped) return QuotaRuling::everything;
  part = chop(view, wanted, bounds);
  return part.empty() ? QuotaRuling::nothing : QuotaRuling::part;
}

}  // namespace stoa::allocator
