// Scalar: an amount of something divisible, as a whole number of thousandths.
//
// Doubles drift: a thousand launches and ends of 0.1 cpus would not give back what was there. So a double is rounded
// once, where it enters, and everything inside counts thousandths (RES-010). Amounts are bounded at the entry
// (RES-013), so that no sum over a cluster of any size can overflow.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::model {

class Scalar {
 public:
  constexpr Scalar() = default;
  static constexpr Scalar from_thousandths(std::int64_t thousandths) { return Scalar(thousandths); }
  static constexpr Scalar from_whole(std::int64_t whole) { return Scalar(whole * 1000); }

  // Rounds to the nearest thousandth, halves away from zero. Fails with invalid_argument and a text of RES-012 or
  // RES-013 if `value` is negative, not finite, subnormal, rounds to nothing without being 0, or exceeds 2^40 for the
  // names `mem` and `disk` or 10^12 for any other `name`.
  static Result<Scalar> from_double(double value, std::string_view name);

  constexpr std::int64_t thousandths() const { return thousandths_; }
  constexpr bool is_zero() const { return thousandths_ == 0; }
  constexpr bool is_whole() const { return thousandths_ % 1000 == 0; }
  // The double nearest to the amount: it prints in its shortest form as at most three decimals (RES-011).
  double to_double() const { return static_cast<double>(thousandths_) / 1000.0; }
  // `2`, `0.5`, `1.512`.
  std::string to_text() const;

  constexpr Scalar& operator+=(Scalar other) {
    thousandths_ += other.thousandths_;
    return *this;
  }
  constexpr Scalar& operator-=(Scalar other) {
    thousandths_ -= other.thousandths_;
    return *this;
  }
  friend constexpr Scalar operator+(Scalar a, Scalar b) { return a += b; }
  friend constexpr Scalar operator-(Scalar a, Scalar b) { return a -= b; }
  constexpr auto operator<=>(const Scalar&) const = default;

 private:
  explicit constexpr Scalar(std::int64_t thousandths) : thousandths_(thousandths) {}

  std::int64_t thousandths_ = 0;
};

}  // namespace stoa::model
