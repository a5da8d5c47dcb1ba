#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

namespace stoa {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Smallest first. The short names are accepted, never printed.
constexpr std::array<Unit, 8> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"ms", 1'000'000},
                                     {"secs", 1'000'000'000},
                                     {"mins", 60'000'000'000},
                                     {"hrs", 3'600'000'000'000},
                                     {"days", 86'400'000'000'000},
                                     {"weeks", 604'800'000'000'000}}};
constexpr std::array<Unit, 5> short_units{{{"s", 1'000'000'000},
                                           {"m", 60'000'000'000},
                                           {"h", 3'600'000'000'000},
                                           {"d", 86'400'000'000'000},
                                           {"w", 604'800'000'000'000}}};

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  for (const Unit& unit : short_units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, digits);
  if (digits == 0 || digits == std::string_view::npos) {
    return invalid(
        fmt::format("Invalid duration '{}': expecting a number and one of ns, us, ms, secs, mins, hrs, "
                    "days, weeks",
                    text));
  }
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) {
    return invalid(fmt::format("Invalid duration '{}': '{}' is not a number", text, number));
  }
  const Unit* unit = find_unit(text.substr(digits));
  if (unit == nullptr) {
    return invalid(fmt::format("Invalid duration '{}': unknown unit '{}'", text, text.substr(digits)));
  }
  const double nanoseconds = value * static_cast<double>(unit->nanoseconds);
  if (!(nanoseconds < 9.2e18)) return invalid(fmt::format("Invalid duration '{}': too long", text));
  return Duration(static_cast<std::int64_t>(std::llround(nanoseconds)));
}

std::string format_duration(Duration duration) {
  const std::int64_t count = duration.count();
  const std::uint64_t magnitude = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  const std::string_view sign = count < 0 ? "-" : "";
  if (magnitude == 0) return "0ns";
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    const auto size = static_cast<std::uint64_t>(unit->nanoseconds);
    if (magnitude % size == 0) return fmt::format("{}{}{}", sign, magnitude / size, unit->name);
  }
  return {};  // Not reached: every count is a multiple of one nanosecond.
}

std::string format_wall(WallSeconds seconds) {
  const auto whole = static_cast<std::time_t>(std::floor(seconds));
  const auto micros = static_cast<int>((seconds - static_cast<double>(whole)) * 1e6);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, micros);
}

}  // namespace stoa
