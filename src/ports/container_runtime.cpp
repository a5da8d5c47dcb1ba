#include "ports/container_runtime.h"

#include <algorithm>

namespace stoa::ports {
namespace {

constexpr std::size_t path_part_bytes_max = 255;

}  // namespace

bool is_path_part(std::string_view id) {
  if (id.empty() || id.size() > path_part_bytes_max || id == "." || id == "..") return false;
  return std::ranges::none_of(id, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '/' || c == '\\'; });
}

SandboxPath executor_sandbox_path(const AgentId& agent, const FrameworkId& framework, const ExecutorId& executor,
                                  const ContainerId& container) {
  return {"slaves", agent.value, "frameworks", framework.value, "executors", executor.value, "runs", container.value};
}

SandboxPath nested_sandbox_path(SandboxPath parent, const std::string& nested_id) {
  parent.emplace_back("containers");
  parent.push_back(nested_id);
  return parent;
}

SandboxPath standalone_sandbox_path(const ContainerId& container) { return {"containers", container.value}; }

std::string sandbox_directory(std::string_view work_directory, const SandboxPath& path) {
  std::string directory(work_directory);
  for (const std::string& part : path) {
    directory += '/';
    directory += part;
  }
  return directory;
}

}  // namespace stoa::ports
