#include "ports/container_runtime.h"

#include <gtest/gtest.h>

namespace stoa::ports {
namespace {

// AGT-076 SEC-108
TEST(SandboxPath, PartsAreOneTo255BytesWithoutSeparatorsDotsAndControlCharacters) {
  for (const std::string good : {"a", "...", "1234-abc", "name with space", "t\xc3\xa9"})
    EXPECT_TRUE(is_path_part(good));
  EXPECT_TRUE(is_path_part(std::string(255, 'x')));
  EXPECT_FALSE(is_path_part(std::string(256, 'x')));
  EXPECT_FALSE(is_path_part(std::string("a\0b", 3)));
  for (const std::string bad : {"", ".", "..", "a/b", "/", "a\\b", "a\nb", "\x7f"})
    EXPECT_FALSE(is_path_part(bad)) << bad;
}

// AGT-070
TEST(SandboxPath, OfAnExecutorIsWhereOperatorsLookForIt) {
  const SandboxPath path = executor_sandbox_path(AgentId("a"), FrameworkId("f"), ExecutorId("e"), ContainerId("c"));
  EXPECT_EQ(sandbox_directory("/work", path), "/work/slaves/a/frameworks/f/executors/e/runs/c");
}

// AGT-071
TEST(SandboxPath, OfNestedAndStandaloneContainers) {
  const SandboxPath standalone = standalone_sandbox_path(ContainerId("c"));
  EXPECT_EQ(sandbox_directory("/work", standalone), "/work/containers/c");
  EXPECT_EQ(sandbox_directory("/work", nested_sandbox_path(nested_sandbox_path(standalone, "n"), "m")),
            "/work/containers/c/containers/n/containers/m");
}

}  // namespace
}  // namespace stoa::ports
