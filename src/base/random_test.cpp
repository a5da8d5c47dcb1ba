#include "base/random.h"

#include <gtest/gtest.h>

namespace stoa {
namespace {

TEST(Random, SameSeedSameSequence) {
  Random a(7);
  Random b(7);
  Random c(8);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(a.next(), c.next());
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  Random random(1);
  std::array<int, 5> seen{};
  for (int i = 0; i < 1000; ++i) ++seen[random.below(5)];
  for (int count : seen) EXPECT_GT(count, 100);
}

TEST(Random, UuidsAreVersionFour) {
  Random random(1);
  const std::string text = uuid_text(random.uuid_bytes());
  ASSERT_EQ(text.size(), 36u);
  EXPECT_EQ(text[14], '4');
  EXPECT_TRUE(std::string("89ab").contains(text[19]));
  EXPECT_NE(text, uuid_text(random.uuid_bytes()));
}

}  // namespace
}  // namespace stoa
