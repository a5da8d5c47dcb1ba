// Resources of the agent: what its flags say it has, with all dynamic reservations and volumes that were ever made on
// it applied (RES-101, RES-104).
//
// What a life leaves to the next is the whole total; the next one takes from it only what was converted, and applies
// that to what it has now. So an agent may have grown in between, and one that no longer has what a volume lies on
// refuses to start rather than forget the volume (RES-102).
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace stoa::agent {

// While `target` is there, directories are being made or removed for it (AGT-089).
struct StoredResources {
  model::Resources total;
  std::optional<model::Resources> target;
};

// Dynamic reservations and persistent volumes among `resources`: what an agent must not forget.
model::Resources conversions_of(const model::Resources& resources);

// `flags` with the conversions of `stored` applied. Fails with failed_precondition ("Checkpointed resources ... are
// incompatible with agent resources ...").
Result<model::Resources> with_conversions(const model::Resources& flags, const model::Resources& stored);

// What the `disk` of a task or executor comes to. Infinite and absurd amounts are the largest number.
std::uint64_t disk_bytes_of(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources);

}  // namespace stoa::agent
