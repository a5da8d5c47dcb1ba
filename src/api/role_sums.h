// RoleSums: which roles there are, who is in them, and what their subtrees hold (OPR-097, OPR-098, V0-066).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/reading_context.h"
#include "master/snapshot.h"
#include "model/quantities.h"

namespace stoa::api {

struct RoleSum {
  double weight = 1.0;
  allocator::Quota quota;
  std::optional<int> priority;  // Its own.
  int effective_priority = 0;
  std::vector<FrameworkId> frameworks;  // Subscribed to exactly this role, or with an allocation in it.
  model::Quantities allocated;          // Scalars of the whole subtree; likewise the others.
  model::Quantities offered;
  model::Quantities reserved;
  model::Quantities consumed;  // Of a quota: what is reserved, and what is allocated without being reserved.
};

// By name. O(agents + tasks).
std::map<std::string, RoleSum> role_sums(const master::Snapshot& state, const ReadingContext& context);

}  // namespace stoa::api
