#include "base/time.h"

#include <gtest/gtest.h>

namespace stoa {
namespace {

using namespace std::chrono_literals;

// EXE-089
TEST(Duration, ParsesDecimalsWithEveryUnit) {
  EXPECT_EQ(parse_duration("2secs"), Duration(2s));
  EXPECT_EQ(parse_duration("1.5hrs"), Duration(90min));
  EXPECT_EQ(parse_duration("15mins"), Duration(15min));
  EXPECT_EQ(parse_duration("500ms"), Duration(500ms));
  EXPECT_EQ(parse_duration("1weeks"), Duration(168h));
  EXPECT_EQ(parse_duration("10s"), Duration(10s));
  EXPECT_EQ(parse_duration("0ns"), Duration(0));
  for (const char* bad : {"", "5", "secs", "-5secs", "5parsecs", "1.2.3secs", "5 secs", "1e30weeks", "999999weeks"}) {
    EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
  }
}

// EXE-089
TEST(Duration, PrintsTheLargestUnitThatKeepsItWhole) {
  EXPECT_EQ(format_duration(2s), "2secs");
  EXPECT_EQ(format_duration(15min), "15mins");
  EXPECT_EQ(format_duration(90s), "90secs");
  EXPECT_EQ(format_duration(90min), "90mins");
  EXPECT_EQ(format_duration(0s), "0ns");
  EXPECT_EQ(format_duration(-90s), "-90secs");
}

TEST(WallTime, PrintsRfc3339) { EXPECT_EQ(format_wall(1700000000.25), "2023-11-14T22:13:20.250000Z"); }

}  // namespace
}  // namespace stoa
