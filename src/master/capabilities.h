// What a framework declared that it understands (SCH-039 to SCH-048), as a set of bits.
#pragma once

#include "proto/forward.h"

namespace stoa::master {

struct Capabilities {
  bool multi_role = false;
  bool partition_aware = false;
  bool task_killing_state = false;
  bool gpu_resources = false;
  bool revocable_resources = false;
  bool shared_resources = false;
  bool reservation_refinement = false;
  bool region_aware = false;

  // Unknown types are ignored; order and duplicates do not matter (SCH-039).
  static Capabilities of(const mesos::v1::FrameworkInfo& info);
};

}  // namespace stoa::master
