#include "model/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace stoa::model {
namespace {

constexpr std::uint64_t number_max = std::numeric_limits<std::uint64_t>::max();

// True if `next`, which does not begin before `last`, overlaps or touches it.
bool joins(const Range& last, const Range& next) { return last.end == number_max || next.begin <= last.end + 1; }

void append(std::vector<Range>& ranges, const Range& next) {
  if (!ranges.empty() && joins(ranges.back(), next)) {
    ranges.back().end = std::max(ranges.back().end, next.end);
  } else {
    ranges.push_back(next);
  }
}

}  // namespace

Result<Ranges> Ranges::coalesced(std::vector<Range> ranges) {
  for (const Range& range : ranges) {
    if (range.begin > range.end) return invalid("Invalid ranges resource: begin > end");
  }
  if (!std::ranges::is_sorted(ranges)) std::ranges::sort(ranges);
  Ranges result;
  result.ranges_.reserve(ranges.size());
  for (const Range& range : ranges) append(result.ranges_, range);
  return result;
}

Result<Ranges> Ranges::disjoint(std::vector<Range> ranges) {
  std::ranges::sort(ranges);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].begin > ranges[i].end) return invalid("Invalid ranges resource: begin > end");
    if (i > 0 && ranges[i].begin <= ranges[i - 1].end) return invalid("Invalid ranges resource: overlapping ranges");
  }
  return coalesced(std::move(ranges));
}

std::int64_t Ranges::count() const {
  constexpr std::uint64_t count_max = std::numeric_limits<std::int64_t>::max();
  std::uint64_t sum = 0;
  for (const Range& range : ranges_) {
    const std::uint64_t size_less_one = range.end - range.begin;
    if (size_less_one >= count_max - sum) return static_cast<std::int64_t>(count_max);
    sum += size_less_one + 1;
  }
  return static_cast<std::int64_t>(sum);
}

bool Ranges::contains(const Ranges& other) const {
  auto mine = ranges_.begin();
  for (const Range& theirs : other.ranges_) {
    while (mine != ranges_.end() && mine->end < theirs.begin) ++mine;
    if (mine == ranges_.end() || mine->begin > theirs.begin || mine->end < theirs.end) return false;
  }
  return true;
}

bool Ranges::contains(std::uint64_t number) const {
  const auto after = std::ranges::upper_bound(ranges_, number, {}, &Range::begin);
  return after != ranges_.begin() && std::prev(after)->end >= number;
}

bool Ranges::intersects(const Ranges& other) const {
  auto mine = ranges_.begin();
  for (const Range& theirs : other.ranges_) {
    while (mine != ranges_.end() && mine->end < theirs.begin) ++mine;
    if (mine != ranges_.end() && mine->begin <= theirs.end) return true;
  }
  return false;
}

Ranges& Ranges::operator+=(const Ranges& other) {
  if (other.empty()) return *this;
  if (empty()) return *this = other;
  std::vector<Range> merged;
  merged.reserve(ranges_.size() + other.ranges_.size());
  auto mine = ranges_.begin();
  auto theirs = other.ranges_.begin();
  while (mine != ranges_.end() && theirs != other.ranges_.end()) {
    append(merged, *mine < *theirs ? *mine++ : *theirs++);
  }
  for (; mine != ranges_.end(); ++mine) append(merged, *mine);
  for (; theirs != other.ranges_.end(); ++theirs) append(merged, *theirs);
  ranges_ = std::move(merged);
  return *this;
}

Ranges& Ranges::operator-=(const Ranges& other) {
  if (empty() || other.empty()) return *this;
  std::vector<Range> rest;
  rest.reserve(ranges_.size() + other.ranges_.size());
  auto theirs = other.ranges_.begin();
  for (const Range& mine : ranges_) {
    std::uint64_t begin = mine.begin;
    bool consumed = false;
    while (theirs != other.ranges_.end() && theirs->end < begin) ++theirs;
    for (; theirs != other.ranges_.end() && theirs->begin <= mine.end; ++theirs) {
      if (theirs->begin > begin) rest.push_back({begin, theirs->begin - 1});
      if (theirs->end >= mine.end) {
        consumed = true;  // `theirs` may reach into the next of mine: keep it.
        break;
      }
      begin = theirs->end + 1;
    }
    if (!consumed) rest.push_back({begin, mine.end});
  }
  ranges_ = std::move(rest);
  return *this;
}

std::string Ranges::to_text() const {
  std::string text = "[";
  for (const Range& range : ranges_) {
    fmt::format_to(std::back_inserter(text), "{}{}-{}", text.size() > 1 ? ", " : "", range.begin, range.end);
  }
  return text + "]";
}

}  // namespace stoa::model
