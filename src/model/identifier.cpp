#include "model/identifier.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::model {

Result<> validate_identifier(std::string_view id) {
  if (id.empty()) return invalid("ID must not be empty");
  if (id.size() > 255) return invalid("ID must not be greater than 255 characters");
  if (id == "." || id == "..") return invalid(fmt::format("'{}' is disallowed", id));
  const auto forbidden = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || c == '/' || c == '\\';
  };
  if (std::ranges::any_of(id, forbidden)) return invalid(fmt::format("'{}' contains invalid characters", id));
  return {};
}

}  // namespace stoa::model
