// What makes a task group acceptable: all of it or nothing (SCH-159 to SCH-167). One small function for each rule, in
// one table; the first that refuses decides the text that every task of the group gets.
#pragma once

#include <vector>

#include "base/result.h"
#include "master/state.h"
#include "proto/forward.h"

namespace stoa::master {

// What the rules look at. Executor and tasks are already complete: framework id and allocation roles filled in.
struct GroupCase {
  const mesos::v1::ExecutorInfo& executor;
  const google::protobuf::RepeatedPtrField<mesos::v1::TaskInfo>& tasks;  // At least one.
  const Framework& framework;
  const Agent& agent;
  const model::Resources& available;  // What is left of the offers.

  // Filled by the rules.
  model::Resources executor_needed = {};
  std::vector<model::Resources> needed = {};  // By task.
  bool starts_executor = false;
};

// Fails with the text of the first rule broken.
Result<> validate_group(GroupCase& given);

}  // namespace stoa::master
