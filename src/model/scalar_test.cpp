#include "model/scalar.h"

#include <gtest/gtest.h>

#include <limits>

namespace stoa::model {
namespace {

std::int64_t thousandths(double value) { return Scalar::from_double(value, "cpus")->thousandths(); }
std::string refusal(double value, std::string_view name = "cpus") {
  const auto scalar = Scalar::from_double(value, name);
  return scalar.has_value() ? "accepted" : scalar.error().message;
}

// RES-010 HTTP-158 AGT-014
TEST(Scalar, RoundsToTheNearestThousandthHalvesAwayFromZero) {
  EXPECT_EQ(thousandths(1.5123), 1512);
  EXPECT_EQ(thousandths(0.0005), 1);
  EXPECT_EQ(thousandths(0.3334), 333);
  EXPECT_EQ(thousandths(1.0004), 1000);
  EXPECT_EQ(thousandths(0.1) + thousandths(0.2), thousandths(0.3));
}

// AGT-014
TEST(Scalar, AThousandLaunchesAndEndsReturnTheStartValue) {
  const Scalar task = *Scalar::from_double(0.1, "cpus");
  Scalar pool = Scalar::from_whole(100);
  for (int i = 0; i < 1'000; ++i) pool -= task;
  EXPECT_EQ(pool, Scalar());
  for (int i = 0; i < 1'000; ++i) pool += task;
  EXPECT_EQ(pool.to_double(), 100.0);
}

// RES-011 HTTP-159
TEST(Scalar, PrintsShort) {
  for (std::int64_t n = 0; n < 200'000; n += 7) {
    const Scalar scalar = Scalar::from_thousandths(n);
    EXPECT_EQ(std::stod(scalar.to_text()), scalar.to_double());
    EXPECT_EQ(thousandths(scalar.to_double()), n);
  }
  EXPECT_EQ(Scalar::from_thousandths(300).to_double(), 0.3);
  EXPECT_EQ(Scalar::from_thousandths(300).to_text(), "0.3");
  EXPECT_EQ(Scalar::from_thousandths(4000).to_text(), "4");
  EXPECT_EQ(Scalar::from_thousandths(1'000'000'000'001).to_double(), 1'000'000'000.001);
}

// RES-012 HTTP-160
TEST(Scalar, NegativeAndVanishingAmountsAreRefused) {
  EXPECT_EQ(refusal(-1), "Invalid scalar resource: value <= 0");
  EXPECT_EQ(refusal(-0.0001), "Invalid scalar resource: value <= 0");
  EXPECT_EQ(refusal(0.0004), "Invalid scalar resource: value <= 0");
  EXPECT_EQ(refusal(0.0), "accepted");
  EXPECT_EQ(refusal(-0.0), "accepted");
  EXPECT_EQ(refusal(0.001), "accepted");
}

// RES-013 AGT-016
TEST(Scalar, WhatIsNotFiniteOrTooLargeIsRefused) {
  EXPECT_NE(refusal(std::numeric_limits<double>::quiet_NaN()), "accepted");
  EXPECT_NE(refusal(std::numeric_limits<double>::infinity()), "accepted");
  EXPECT_NE(refusal(-std::numeric_limits<double>::infinity()), "accepted");
  EXPECT_NE(refusal(std::numeric_limits<double>::denorm_min()), "accepted");
  EXPECT_EQ(refusal(1e12), "accepted");
  EXPECT_NE(refusal(1.0001e12), "accepted");
  EXPECT_EQ(refusal(1'099'511'627'776.0, "mem"), "accepted");
  EXPECT_NE(refusal(1'099'511'627'777.0, "disk"), "accepted");
  EXPECT_NE(refusal(9.3e15), "accepted");
}

TEST(Scalar, OneThousandthIsAnAmount) { EXPECT_EQ(thousandths(0.001), 1); }

}  // namespace
}  // namespace stoa::model
