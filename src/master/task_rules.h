// What makes a task acceptable: one small function for each rule of SCH-138, in one table, in its order. The first that
// refuses decides the text of the TASK_ERROR.
#pragma once

#include <string>

#include "base/result.h"
#include "master/state.h"
#include "proto/forward.h"

namespace stoa::master {

// What the rules look at. `task` is already complete: allocation roles and the executor's framework id filled in.
struct TaskCase {
  const mesos::v1::TaskInfo& task;
  const Framework& framework;
  const Agent& agent;
  const model::Resources& available;      // What is left of the offers.
  model::Resources needed = {};           // By the task; filled by the rule on resources, later rules rely on it.
  model::Resources executor_needed = {};  // By its own executor, whether it runs already or not.
  bool starts_executor = false;           // Its executor is not in the books yet.
};

// All rules, for a task of a LAUNCH. Fails with the text of the first rule broken.
Result<> validate_task(TaskCase& given);
// Rules 1 to 15, that look at nothing but the task itself: all that holds for one of a group (SCH-160).
Result<> validate_task_alone(TaskCase& given);

// Rules on parts, used for executors too. Each fails with the bare reason.
Result<> check_command(const mesos::v1::CommandInfo& command);        // SCH-139
Result<> check_container(const mesos::v1::ContainerInfo& container);  // SCH-143
Result<> check_check(const mesos::v1::CheckInfo& check);              // SCH-140
Result<> check_health_check(const mesos::v1::HealthCheck& check);     // SCH-141

}  // namespace stoa::master
