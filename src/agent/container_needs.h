// What the container of an executor is to have: what is requested for all that runs in it, and the limits that follow.
#pragma once

#include <optional>
#include <span>

#include "proto/forward.h"

namespace stoa::agent {

struct ContainerNeeds {
  double cpus = 0;
  double mem_megabytes = 0;
  // Nothing: no limit is asked for. May be infinite, where a task asks for that.
  std::optional<double> cpus_limit;
  std::optional<double> mem_limit_megabytes;
};

// A limit is the sum of the limits of tasks, of the requests of those without one, and of the executor's own request
// (AGT-054). For CPUs, unless `limits_cpus` says that every container gets a hard limit, there is none as soon as one
// task has none: it must not be throttled by its neighbours (AGT-059). `executor` may be null.
ContainerNeeds container_needs(const mesos::v1::ExecutorInfo* executor,
                               std::span<const mesos::v1::TaskInfo* const> tasks, bool limits_cpus);

}  // namespace stoa::agent
