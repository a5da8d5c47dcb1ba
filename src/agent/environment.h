// The environment of a command task's process: what the agent passes deliberately and what the task asks for, nothing
// inherited (EXE-088..092, EXE-116).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/config.h"
#include "base/id.h"
#include "base/result.h"
#include "proto/forward.h"

namespace mesos::v1 {
class Environment;
}  // namespace mesos::v1

namespace stoa::agent {

struct TaskEnvironment {
  std::map<std::string, std::string> variables;
  std::vector<std::string> command_names;  // Those of the task's command: stronger than an image's or an isolator's.
};

struct EnvironmentInput {
  const Config& config;
  const mesos::v1::FrameworkInfo& framework;
  const mesos::v1::TaskInfo& task;
  AgentId agent;
  std::string directory;  // The sandbox on the host, absolute.
};

// Sets each variable, in place of an earlier one. Fails with unimplemented like the next.
Result<> set_variables(const mesos::v1::Environment& environment, std::map<std::string, std::string>& variables);

// Fails with unimplemented if a variable is a secret by reference: there is nobody to ask for it (EXE-094).
Result<TaskEnvironment> task_environment(const EnvironmentInput& input);

// The task without the values of its secrets, which no store and no reader may see (EXE-094).
mesos::v1::TaskInfo without_secrets(const mesos::v1::TaskInfo& task);

// The executor that stands for a command task (EXE-112, EXE-113), made from a task without secrets.
mesos::v1::ExecutorInfo command_executor_info(const FrameworkId& framework, const mesos::v1::TaskInfo& task);

}  // namespace stoa::agent
