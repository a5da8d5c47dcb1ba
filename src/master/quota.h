// Quotas: what roles are promised and may not exceed, as operators set them (ALC-060 to ALC-065).
#pragma once

#include <map>
#include <string>

#include "master/state.h"

namespace stoa::master {

// What the role with all below it consumes, as operators see it: what is only offered does not count (ALC-071).
// O(offers).
model::Quantities consumed_by(const State& state, const std::string& role);

// Best effort: offers of these roles until what they consume and are offered is within their limits, then offers of
// others, agent by agent, until the guarantees could be met (ALC-065).
void rescind_for_quotas(Context& context, const std::map<std::string, allocator::Quota>& changed);

}  // namespace stoa::master
