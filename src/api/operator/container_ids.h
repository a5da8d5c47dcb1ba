// Ids of containers as operators' calls name them (AGT-208).
#pragma once

#include "base/result.h"
#include "proto/forward.h"

namespace mesos::v1 {
class ContainerID;
}  // namespace mesos::v1

namespace stoa::api {

// Whether the id and each of its parents can name a container: 1 to 242 characters without dot, blank, slash, backslash
// and control characters, and at most 32 levels. Fails with invalid_argument.
Result<> check_container_id(const mesos::v1::ContainerID& id);

}  // namespace stoa::api
