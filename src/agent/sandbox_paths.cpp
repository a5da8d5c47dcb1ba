#include "agent/sandbox_paths.h"

#include <fmt/format.h>

namespace stoa::agent {

namespace {

std::string runs_directory(const SandboxName& name) {
  return fmt::format("slaves/{}/frameworks/{}/executors/{}/runs", name.agent.value, name.framework.value,
                     name.executor.value);
}

}  // namespace

std::string sandbox_directory(const SandboxName& name) { return runs_directory(name) + "/" + name.container.value; }

std::string sandbox_latest_link(const SandboxName& name) { return runs_directory(name) + "/latest"; }

std::string nested_sandbox_directory(const std::string& executor_directory, const std::string& own_name) {
  return executor_directory + "/containers/" + own_name;
}

std::string task_link(const std::string& executor_directory, const TaskId& task) {
  return executor_directory + "/tasks/" + task.value;
}

}  // namespace stoa::agent
