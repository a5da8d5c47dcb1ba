#include "agent/sandbox_paths.h"

#include <fmt/format.h>

namespace stoa::agent {

namespace {

std::string runs_directory(const SandboxName& name) { return executor_directory(name) + "/runs"; }

}  // namespace

std::string sandbox_directory(const SandboxName& name) { return runs_directory(name) + "/" + name.container.value; }

std::string sandbox_latest_link(const SandboxName& name) { return runs_directory(name) + "/latest"; }

std::string nested_sandbox_directory(const std::string& executor_directory, const std::string& own_name) {
  return executor_directory + "/containers/" + own_name;
}

std::string task_link(const std::string& executor_directory, const TaskId& task) {
  return executor_directory + "/tasks/" + task.value;
}

std::string executor_directory(const SandboxName& name) {
  return fmt::format("{}/executors/{}", framework_directory(name), name.executor.value);
}

std::string framework_directory(const SandboxName& name) {
  return fmt::format("{}/frameworks/{}", agent_directory(name.agent), name.framework.value);
}

std::string agent_directory(const AgentId& agent) { return "slaves/" + agent.value; }

std::string agent_meta_directory(const AgentId& agent) { return "meta/slaves/" + agent.value; }

}  // namespace stoa::agent
