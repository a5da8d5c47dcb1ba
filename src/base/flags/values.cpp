#include "base/flags/values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace stoa::flags {
namespace {

constexpr std::array<std::string_view, 5> size_units{"B", "KB", "MB", "GB", "TB"};  // Each 1024 of the one before.

// A decimal number without sign and exponent at the start of `text`, and what follows it.
struct Measure {
  double number = 0;
  std::string_view unit;
};
std::optional<Measure> measure(std::string_view text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + length, number);
  if (error != std::errc{} || end != text.data() + length) return std::nullopt;
  return Measure{number, text.substr(length)};
}

std::vector<std::string> elements(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view part : split(text, ',')) {
    if (const std::string_view element = trim(part); !element.empty()) out.emplace_back(element);
  }
  return out;
}

}  // namespace

Result<> read(std::string_view text, bool& out) {
  if (text != "true" && text != "1" && text != "false" && text != "0") {
    return invalid("expecting true, false, 1 or 0");
  }
  out = text == "true" || text == "1";
  return {};
}

Result<> read(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(out)) {
    return invalid("expecting a number");
  }
  return {};
}

Result<> read(std::string_view text, std::string& out) {
  out = text;
  return {};
}

Result<> read(std::string_view text, Duration& out) {
  LET(out, parse_duration(text));
  return {};
}

Result<> read(std::string_view text, Bytes& out) {
  const std::optional<Measure> size = measure(text);
  double unit = 1;
  for (const std::string_view name : size_units) {
    if (size && size->unit == name) {
      const double bytes = size->number * unit;
      if (bytes >= 0x1p63) return invalid("too large");
      out.count = static_cast<std::uint64_t>(bytes);
      return {};
    }
    unit *= 1024;
  }
  return invalid("expecting a number and one of B, KB, MB, GB, TB");
}

Result<> read(std::string_view text, Percent& out) {
  const std::optional<Measure> part = measure(text);
  if (!part || part->unit != "%" || part->number > 100) return invalid("expecting 0% to 100%");
  out.value = part->number;
  return {};
}

Result<> read(std::string_view text, Rate& out) {
  const std::size_t slash = text.find('/');
  const std::optional<Measure> count = measure(text.substr(0, slash));
  if (slash == std::string_view::npos || !count || !count->unit.empty()) {
    return invalid("expecting NUMBER/DURATION, for example 1/10mins");
  }
  LET(const Duration per, parse_duration(text.substr(slash + 1)));
  if (per <= Duration::zero()) return invalid("the duration of a rate must be above zero");
  out = {count->number, per};
  return {};
}

Result<> read(std::string_view text, Path& out) {
  if (text.starts_with("file://")) text.remove_prefix(7);
  if (text.empty()) return invalid("expecting a path");
  out.value = text;
  return {};
}

Result<> read(std::string_view text, std::vector<std::string>& out) {
  out = elements(text);
  return {};
}

Result<> read(std::string_view text, std::set<std::string>& out) {
  const std::vector<std::string> all = elements(text);
  out = {all.begin(), all.end()};
  return {};
}

Result<std::uint64_t> read_whole(std::string_view text, std::uint64_t limit) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit) {
    return invalid(fmt::format("expecting a whole number from 0 to {}", limit));
  }
  return value;
}

std::string write(bool value) { return value ? "true" : "false"; }
std::string write(double value) { return fmt::format("{}", value); }
std::string write(const std::string& value) { return value; }
std::string write(Duration value) { return format_duration(value); }

std::string write(Bytes value) {
  std::uint64_t count = value.count;
  std::size_t unit = 0;
  while (count != 0 && count % 1024 == 0 && unit + 1 < size_units.size()) {
    count /= 1024;
    ++unit;
  }
  return fmt::format("{}{}", count, size_units[unit]);
}

std::string write(Percent value) { return fmt::format("{:g}%", value.value); }
std::string write(Rate value) { return fmt::format("{:g}/{}", value.count, format_duration(value.per)); }
std::string write(const Path& value) { return value.value; }
std::string write(const std::vector<std::string>& value) { return join(value, ","); }
std::string write(const std::set<std::string>& value) { return join({value.begin(), value.end()}, ","); }

}  // namespace stoa::flags
