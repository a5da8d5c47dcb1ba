#include "agent/sandbox_paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::agent {

namespace {

std::string runs_directory(const SandboxName& name) {
  return fmt::format("slaves/{}/frameworks/{}/executors/{}/runs", name.agent.value, name.framework.value,
                     name.executor.value);
}

}  // namespace

bool is_path_safe(std::string_view id) {
  if (id.empty() || id.size() > 255 || id == "." || id == "..") return false;
  return std::ranges::none_of(id, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '/'; });
}

std::string sandbox_directory(const SandboxName& name) { return runs_directory(name) + "/" + name.container.value; }

std::string sandbox_latest_link(const SandboxName& name) { return runs_directory(name) + "/latest"; }

}  // namespace stoa::agent
