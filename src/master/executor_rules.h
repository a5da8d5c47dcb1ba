// What makes an executor acceptable, in a LAUNCH or a LAUNCH_GROUP (SCH-153 to SCH-157): one small function for each
// rule, in one table. The first that refuses decides the text.
#pragma once

#include "base/result.h"
#include "master/state.h"
#include "proto/forward.h"

namespace stoa::master {

// What the rules look at. `executor` is already complete: framework id and allocation roles filled in.
struct ExecutorCase {
  const mesos::v1::ExecutorInfo& executor;
  const Framework& framework;
  const Agent& agent;
  model::Resources needed;  // Filled by the rule on resources.
};

// Fails with the text of the first rule broken.
Result<> validate_executor(ExecutorCase& given);

// The least that an executor of a task group must have, and of which others are warned (SCH-158, SCH-162).
inline constexpr std::int64_t executor_cpus_min = 10;     // Thousandths.
inline constexpr std::int64_t executor_mem_min = 32'000;  // Thousandths of MB.

}  // namespace stoa::master
