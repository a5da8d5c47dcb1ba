// Pattern: a regular expression of a framework, that looks at the attributes of every agent. So it is RE2, whose time
// is linear, and both its size and its memory have a limit (SCH-054, ALC-143).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace stoa::master {

class Pattern {
 public:
  struct Limits {
    std::uint64_t memory_bytes_max = 4096;
    std::uint32_t program_size_max = 100;
  };

  // Fails with invalid_argument if it is no expression, or is too complex.
  static Result<Pattern> parse(const std::string& text, const Limits& limits);
  // Whether the expression describes the whole text. O(text).
  bool matches(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> expression) : expression_(std::move(expression)) {}

  std::shared_ptr<const re2::RE2> expression_;  // Immutable.
};

}  // namespace stoa::master
