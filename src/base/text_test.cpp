#include "base/text.h"

#include <gtest/gtest.h>

namespace stoa {
namespace {

TEST(Text, Basics) {
  EXPECT_EQ(lower_case("TASK_Running"), "task_running");
  EXPECT_EQ(trim("  a b\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_EQ(split("", ',').size(), 1u);
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
}

}  // namespace
}  // namespace stoa
