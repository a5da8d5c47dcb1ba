// Values of flags: what a person writes for each type of setting, and how it is echoed (FE-124).
//
// read() takes the text of a flag, a variable or a file; write() gives the text that /flags and --help show. A type is
// usable for a flag as soon as it has both and a type_name().
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "base/time.h"

namespace stoa::flags {

// `512MB`; units are powers of 1024.
struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

// `12.5%`, from 0 to 100.
struct Percent {
  double value = 0;
  auto operator<=>(const Percent&) const = default;
};

// `5/10mins`.
struct Rate {
  double count = 0;
  Duration per{0};
  auto operator<=>(const Rate&) const = default;
};

// A file or folder: `/path` or `file:///path`. Its content is the business of whoever takes the flag (FE-123).
struct Path {
  std::string value;
  bool empty() const { return value.empty(); }
  auto operator<=>(const Path&) const = default;
};

// Each fails with invalid_argument and says what would have been right.
Result<> read(std::string_view text, bool& out);
Result<> read(std::string_view text, double& out);
Result<> read(std::string_view text, std::string& out);
Result<> read(std::string_view text, Duration& out);
Result<> read(std::string_view text, Bytes& out);
Result<> read(std::string_view text, Percent& out);
Result<> read(std::string_view text, Rate& out);
Result<> read(std::string_view text, Path& out);
Result<> read(std::string_view text, std::vector<std::string>& out);
Result<> read(std::string_view text, std::set<std::string>& out);

std::string write(bool value);
std::string write(double value);
std::string write(const std::string& value);
std::string write(Duration value);
std::string write(Bytes value);
std::string write(Percent value);
std::string write(Rate value);
std::string write(const Path& value);
std::string write(const std::vector<std::string>& value);
std::string write(const std::set<std::string>& value);

constexpr std::string_view type_name(const bool*) { return "boolean"; }
constexpr std::string_view type_name(const double*) { return "number"; }
constexpr std::string_view type_name(const std::string*) { return "text"; }
constexpr std::string_view type_name(const Duration*) { return "duration"; }
constexpr std::string_view type_name(const Bytes*) { return "size"; }
constexpr std::string_view type_name(const Percent*) { return "percent"; }
constexpr std::string_view type_name(const Rate*) { return "rate"; }
constexpr std::string_view type_name(const Path*) { return "path"; }
constexpr std::string_view type_name(const std::vector<std::string>*) { return "list"; }
constexpr std::string_view type_name(const std::set<std::string>*) { return "list"; }

template <typename T>
concept Whole = std::unsigned_integral<T> && !std::same_as<T, bool>;

// A decimal number from 0 to `limit`.
Result<std::uint64_t> read_whole(std::string_view text, std::uint64_t limit);

template <Whole T>
Result<> read(std::string_view text, T& out) {
  LET(const std::uint64_t value, read_whole(text, static_cast<T>(-1)));
  out = static_cast<T>(value);
  return {};
}
template <Whole T>
std::string write(T value) {
  return std::to_string(value);
}
template <Whole T>
constexpr std::string_view type_name(const T*) {
  return "integer";
}

template <typename T>
Result<> read(std::string_view text, std::optional<T>& out) {
  return read(text, out.emplace());
}
template <typename T>
constexpr std::string_view type_name(const std::optional<T>*) {
  return type_name(static_cast<const T*>(nullptr));
}

}  // namespace stoa::flags
