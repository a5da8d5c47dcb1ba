#include "model/scalar.h"

#include <fmt/format.h>

#include <cmath>

namespace stoa::model {
namespace {

constexpr double megabytes_max = 1'099'511'627'776.0;  // 2^40 MB, one exabyte.
constexpr double amount_max = 1e12;

}  // namespace

Result<Scalar> Scalar::from_double(double value, std::string_view name) {
  if (value == 0.0) return Scalar();
  if (!std::isfinite(value)) return invalid("Invalid scalar resource: value is not a finite number");
  const bool megabytes = name == "mem" || name == "disk";
  if (std::fabs(value) > (megabytes ? megabytes_max : amount_max)) {
    return invalid(megabytes ? "Invalid scalar resource: values greater than 1 exabyte are not supported"
                             : "Invalid scalar resource: values greater than 1 trillion are not supported");
  }
  const auto thousandths = static_cast<std::int64_t>(std::llround(value * 1000.0));
  if (thousandths <= 0) return invalid("Invalid scalar resource: value <= 0");
  return Scalar(thousandths);
}

std::string Scalar::to_text() const {
  const std::uint64_t magnitude = thousandths_ < 0 ? 0 - static_cast<std::uint64_t>(thousandths_) : thousandths_;
  const char* sign = thousandths_ < 0 ? "-" : "";
  const auto fraction = magnitude % 1000;
  if (fraction == 0) return fmt::format("{}{}", sign, magnitude / 1000);
  std::string text = fmt::format("{}{}.{:03}", sign, magnitude / 1000, fraction);
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace stoa::model
