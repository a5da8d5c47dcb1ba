#include "codec/json_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

namespace stoa::codec {
namespace {

// Whether a number outside the range of normal doubles is too small rather than too large: where its first digit other
// than 0 stands, relative to the point.
bool is_tiny(std::string_view token) {
  const std::size_t e = token.find_first_of("eE");
  const std::string_view mantissa = token.substr(0, e);
  const std::size_t first = mantissa.find_first_not_of("-0.");
  if (first == std::string_view::npos) return true;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  long exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = token.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto status = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
    if (status == std::errc::result_out_of_range) return digits.starts_with('-');
  }
  // Compared without a sum, which could overflow.
  return exponent < static_cast<long>(first) - static_cast<long>(point);
}

template <typename Integer>
std::optional<Integer> to_integer(std::string_view token) {
  const char* end = token.data() + token.size();
  Integer value = 0;
  const auto [stopped, status] = std::from_chars(token.data(), end, value);
  if (stopped == end) return status == std::errc() ? std::optional(value) : std::nullopt;
  const std::optional<double> number = to_double(token);
  if (!number) return std::nullopt;
  const double whole = std::trunc(*number);
  // The greatest value itself may not be a double; the power of two behind it is.
  const double above = std::ldexp(1.0, std::numeric_limits<Integer>::digits);
  const double least = std::is_signed_v<Integer> ? -above : 0.0;
  if (!(whole >= least && whole < above)) return std::nullopt;
  return static_cast<Integer>(whole);
}

}  // namespace

std::optional<double> to_double(std::string_view token) {
  double value = 0;
  const auto status = std::from_chars(token.data(), token.data() + token.size(), value).ec;
  if (status == std::errc::result_out_of_range) return is_tiny(token) ? std::optional(0.0) : std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int32_t> to_int32(std::string_view token) { return to_integer<std::int32_t>(token); }
std::optional<std::int64_t> to_int64(std::string_view token) { return to_integer<std::int64_t>(token); }
std::optional<std::uint32_t> to_uint32(std::string_view token) { return to_integer<std::uint32_t>(token); }
std::optional<std::uint64_t> to_uint64(std::string_view token) { return to_integer<std::uint64_t>(token); }

}  // namespace stoa::codec
