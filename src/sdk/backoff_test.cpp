#include "sdk/backoff.h"

#include <gtest/gtest.h>

namespace stoa::sdk {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, StaysBelowALimitThatDoublesUpToTheMostUntilASuccess) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff({.first = 100ms, .most = 350ms}, seed);
    for (const Duration limit : {100ms, 200ms, 350ms, 350ms}) EXPECT_LT(backoff.next(), limit);
    backoff.succeeded();
    EXPECT_LT(backoff.next(), 100ms);
  }
}

TEST(Backoff, SpreadsThoseWhoLostTheSameMaster) {
  Duration least = 1h, most = 0s;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Duration delay = Backoff({.first = 100ms, .most = 1s}, seed).next();
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_LT(least, 10ms);
  EXPECT_GT(most, 90ms);
}

}  // namespace
}  // namespace stoa::sdk
