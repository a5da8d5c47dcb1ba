// The environment of a process that the agent starts, a task's or an executor's: what the agent passes deliberately and
// what the command asks for, nothing inherited (EXE-088..093, EXE-116).
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
  std::vector<std::string> command_names;  // Those of the command: stronger than an image's or an isolator's.
};

struct EnvironmentInput {
  const Config& config;
  const mesos::v1::FrameworkInfo& framework;
  const mesos::v1::TaskInfo& task;
  const mesos::v1::ExecutorInfo* executor = nullptr;  // Of a task of the default executor.
  AgentId agent;
  std::string directory;  // The sandbox on the host, absolute.
};

struct ExecutorEnvironmentInput {
  const Config& config;
  const mesos::v1::FrameworkInfo& framework;
  const mesos::v1::ExecutorInfo& executor;
  AgentId agent;
  std::string directory;
};

// Sets each variable, in place of an earlier one. Fails with unimplemented like the next.
Result<> set_variables(const mesos::v1::Environment& environment, std::map<std::string, std::string>& variables);

// Both fail with unimplemented if a variable is a secret by reference: there is nobody to ask for it (EXE-094).
Result<TaskEnvironment> task_environment(const EnvironmentInput& input);
Result<TaskEnvironment> executor_environment(const ExecutorEnvironmentInput& input);

// The same without the values of secrets, which no store and no reader may see (EXE-094).
mesos::v1::TaskInfo without_secrets(const mesos::v1::TaskInfo& task);
mesos::v1::ExecutorInfo without_secrets(const mesos::v1::ExecutorInfo& executor);

// The executor that stands for a command task (EXE-112, EXE-113), made from a task without secrets.
mesos::v1::ExecutorInfo command_executor_info(const FrameworkId& framework, const mesos::v1::TaskInfo& task);

}  // namespace stoa::agent
