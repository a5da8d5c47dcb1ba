// Ranges: a set of unsigned numbers, such as ports, kept as its shortest list of intervals.
//
// The normal form is sorted and coalesced, touching intervals joined, so that equality is equality of lists and every
// operation is one linear merge (RES-021, RES-181).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace stoa::model {

// All numbers from `begin` to `end`, both inclusive.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  auto operator<=>(const Range&) const = default;
};

class Ranges {
 public:
  Ranges() = default;
  // Accepts any order; touching and overlapping intervals are joined. Fails with invalid_argument if one is inverted
  // (RES-020). O(n log n), O(n) if sorted.
  static Result<Ranges> coalesced(std::vector<Range> ranges);
  // The same, and fails if two of the intervals share a number (RES-020).
  static Result<Ranges> disjoint(std::vector<Range> ranges);

  bool empty() const { return ranges_.empty(); }
  const std::vector<Range>& intervals() const { return ranges_; }
  // How many numbers; saturates at 2^63 - 1.
  std::int64_t count() const;

  // True if each number of `other` is here. O(n + m).
  bool contains(const Ranges& other) const;
  bool contains(std::uint64_t number) const;  // O(log n).
  bool intersects(const Ranges& other) const;

  Ranges& operator+=(const Ranges& other);  // Union. O(n + m).
  Ranges& operator-=(const Ranges& other);  // Set difference. O(n + m).
  bool operator==(const Ranges&) const = default;

  // `[31000-31005, 31010-31010]`.
  std::string to_text() const;

 private:
  std::vector<Range> ranges_;
};

}  // namespace stoa::model
