#include "master/pool.h"

#include "base/check.h"
#include "master/offers.h"

namespace stoa::master {
namespace {

std::size_t count_in(const model::Resources& resources, const model::Resource& shared) {
  for (const auto& [resource, count] : resources) {
    if (resource == shared) return count;
  }
  return 0;
}

}  // namespace

void Pool::add(const model::Resources& resources) {
  offered += resources;
  left += resources;
  shared = left.shared().with_single_counts();
}

const model::Resources& Pool::usable(model::Resources& room) const {
  if (shared.empty()) return left;
  room = left;
  for (const auto& [volume, count] : shared) {
    if (count_in(left, volume) == 0) room.add(volume);
  }
  return room;
}

void take(Context& context, const Framework& framework, Pool& pool, const model::Resources& needed) {
  model::Resources further;
  for (const auto& [resource, count] : needed) {
    if (!resource.is_shared()) continue;
    const std::size_t present = count_in(pool.left, resource);
    if (present < count) further.add(resource, count - present);
  }
  if (!further.empty()) {
    const auto charged = context.state.allocator.charge(framework.id, pool.agent.id, further);
    CHECK(charged, charged.error().message);
    pool.left += further;
  }
  pool.left -= needed;
}

void give_back_rest(Context& context, const Framework& framework, const Pool& pool, double refuse_seconds) {
  model::Resources made = pool.left;
  made.subtract_floored(pool.offered);
  const model::Resources unused = pool.left - made;
  made += pool.set_aside;
  if (!made.empty()) give_back(context, framework.id, pool.agent.id, made, std::nullopt);
  if (!unused.empty()) give_back(context, framework.id, pool.agent.id, unused, refuse_seconds);
}

}  // namespace stoa::master
