#include "model/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/text.h"

namespace stoa::model {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

// Do the brackets of both kinds nest?
bool brackets_match(std::string_view text) {
  std::string open;
  for (const char c : text) {
    if (c == '[' || c == '{') open.push_back(c);
    if (c != ']' && c != '}') continue;
    if (open.empty() || open.back() != (c == ']' ? '[' : '{')) return false;
    open.pop_back();
  }
  return open.empty();
}

Result<std::uint64_t> parse_range_end(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return invalid(fmt::format("Expecting non-negative integers in '{}'", text));
  }
  return number;
}

Result<Ranges> parse_ranges(std::string_view inner) {
  std::vector<Range> ranges;
  for (const std::string_view part : split(inner, ',')) {
    if (part.empty()) continue;
    if (part.starts_with('-')) return invalid(fmt::format("Expecting non-negative integers in '{}'", part));
    const auto ends = split(part, '-');
    if (ends.size() != 2 || ends[1].empty()) return invalid("Expecting one or more \"ranges\"");
    LET(const std::uint64_t begin, parse_range_end(ends[0]));
    LET(const std::uint64_t end, parse_range_end(ends[1]));
    ranges.push_back({begin, end});
  }
  return Ranges::coalesced(std::move(ranges));
}

Result<ItemSet> parse_set(std::string_view inner) {
  std::vector<std::string> items;
  for (const std::string_view item : split(inner, ',')) {
    if (!item.empty()) items.emplace_back(item);
  }
  return ItemSet::distinct(std::move(items));
}

}  // namespace

std::string without_spaces(std::string_view text) {
  std::string result;
  std::ranges::copy_if(text, std::back_inserter(result), [](char c) { return !blanks.contains(c); });
  return result;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.starts_with('-')) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number != 0.0 && !std::isnormal(number)) return std::nullopt;
  return number;
}

Result<TextValue> parse_value(std::string_view text) {
  const std::string value = without_spaces(text);
  if (!brackets_match(value)) return invalid("Mismatched brackets");
  const std::string_view inner = value.size() < 2 ? "" : std::string_view(value).substr(1, value.size() - 2);
  if (value.starts_with('[') && value.ends_with(']')) {
    LET(Ranges ranges, parse_ranges(inner));
    return ranges;
  }
  if (value.starts_with('{') && value.ends_with('}')) {
    LET(ItemSet set, parse_set(inner));
    return set;
  }
  if (const auto number = parse_number(value); number.has_value()) return *number;
  return value;
}

}  // namespace stoa::model
