// What of an agent's free resources quota lets a role have: chopping to limits and headroom (ALC-072 to ALC-075).
#pragma once

#include "allocator/amounts.h"
#include "allocator/quota_tree.h"
#include "base/random.h"
#include "model/resources.h"

namespace stoa::allocator {

// Only these are counted and chopped (ALC-036, ALC-081).
inline bool counts_for_quota(const model::Resource& resource) {
  return resource.is_scalar() && !resource.is_reserved() && !resource.is_revocable();
}

// Who decides, and on what.
struct QuotaView {
  const QuotaTree& tree;
  Names& names;
  const Amounts& available;  // Cluster-wide and free, for the headroom. Ignored while nothing is required.
  Random* random = nullptr;  // For the order in which members of one name are taken (ALC-080); null: text order.
};

enum class QuotaRuling {
  nothing,     // It has no claim in stage one, or is at its limit in everything.
  everything,  // Take it as it is.
  part,        // Take `part`.
};

// `promised_only`: stage one, in which a role without unmet guarantee on this agent gets nothing (ALC-070).
QuotaRuling rule(const QuotaView& view, QuotaTree::Node role, const model::Resources& wanted, bool promised_only,
                 model::Resources& part);

}  // namespace stoa::allocator
