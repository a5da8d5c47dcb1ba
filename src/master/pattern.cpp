#include "master/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <utility>

namespace stoa::master {

Result<Pattern> Pattern::parse(const std::string& text, const Limits& limits) {
  re2::RE2::Options options;
  options.set_max_mem(static_cast<std::int64_t>(limits.memory_bytes_max));
  options.set_log_errors(false);
  auto expression = std::make_shared<const re2::RE2>(text, options);
  if (!expression->ok()) {
    return invalid(fmt::format("Failed to construct regex from pattern '{}': {}", text, expression->error()));
  }
  if (std::cmp_greater(expression->ProgramSize(), limits.program_size_max)) {
    return invalid(fmt::format("Regex '{}' is too complex: its program has {} steps, at most {} are allowed", text,
                               expression->ProgramSize(), limits.program_size_max));
  }
  return Pattern(std::move(expression));
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

}  // namespace stoa::master
