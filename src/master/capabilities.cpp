#include "master/capabilities.h"

#include "mesos/v1/mesos.pb.h"

namespace stoa::master {

Capabilities Capabilities::of(const mesos::v1::FrameworkInfo& info) {
  using Capability = mesos::v1::FrameworkInfo::Capability;
  Capabilities result;
  for (const Capability& capability : info.capabilities()) {
    switch (capability.type()) {
      case Capability::MULTI_ROLE:
        result.multi_role = true;
        break;
      case Capability::PARTITION_AWARE:
        result.partition_aware = true;
        break;
      case Capability::TASK_KILLING_STATE:
        result.task_killing_state = true;
        break;
      case Capability::GPU_RESOURCES:
        result.gpu_resources = true;
        break;
      case Capability::REVOCABLE_RESOURCES:
        result.revocable_resources = true;
        break;
      case Capability::SHARED_RESOURCES:
        result.shared_resources = true;
        break;
      case Capability::RESERVATION_REFINEMENT:
        result.reservation_refinement = true;
        break;
      case Capability::REGION_AWARE:
        result.region_aware = true;
        break;
      case Capability::UNKNOWN:
        break;
    }
  }
  return result;
}

}  // namespace stoa::master
