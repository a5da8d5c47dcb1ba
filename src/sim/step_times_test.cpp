#include "sim/step_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoa::sim {
namespace {

TEST(StepTimes, TellsTheMedianThe99thPercentileAndTheMaximumOfEachKindAndOfAll) {
  StepTimes times;
  for (int i = 101; i > 0; --i) times.add("Tick", std::chrono::microseconds(i));
  times.add("ACCEPT", std::chrono::milliseconds(2));
  const std::string report = times.report();
  EXPECT_THAT(report, testing::ContainsRegex("Tick +101 +0.005 +51.0 +100.0 +101.0"));
  EXPECT_THAT(report, testing::ContainsRegex("ACCEPT +1 +0.002 +2000.0 +2000.0 +2000.0"));
  EXPECT_THAT(report, testing::ContainsRegex("all +102 +0.007 +51.0 +100.0 +2000.0"));
}

TEST(StepTimes, OfNothingIsAnEmptyTable) { EXPECT_THAT(StepTimes().report(), testing::Not(testing::HasSubstr("all"))); }

}  // namespace
}  // namespace stoa::sim
