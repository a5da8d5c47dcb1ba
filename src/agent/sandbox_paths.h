// Where things lie below the work directory. Operators, tools and the UI depend on these paths (AGT-070).
#pragma once

#include <string>

#include "base/id.h"

namespace stoa::agent {

struct SandboxName {
  AgentId agent;
  FrameworkId framework;
  ExecutorId executor;
  ContainerId container;
};

// All relative to the work directory: the sandbox of one run, and the link to the newest run beside it.
std::string sandbox_directory(const SandboxName& name);
std::string sandbox_latest_link(const SandboxName& name);
// What holds them: the directories of the executor, of the framework, of the agent, and of the agent's metadata.
std::string executor_directory(const SandboxName& name);
std::string framework_directory(const SandboxName& name);
std::string agent_directory(const AgentId& agent);
std::string agent_meta_directory(const AgentId& agent);

// Below the sandbox of an executor: that of a container nested in its own (AGT-071), and the link to that of a task
// (EXE-140).
std::string nested_sandbox_directory(const std::string& executor_directory, const std::string& own_name);
std::string task_link(const std::string& executor_directory, const TaskId& task);

}  // namespace stoa::agent
