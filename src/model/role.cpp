#include "model/role.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::model {
namespace {

bool is_whitespace(char c) { return (c >= '\x09' && c <= '\x0d') || c == ' ' || c == '\x7f'; }

Result<> validate_component(std::string_view role, std::string_view component) {
  if (component == "." || component == "..") {
    return invalid(fmt::format("Role name '{}' is invalid: cannot include '{}' as a component", role, component));
  }
  if (component == "*")
    return invalid(fmt::format("Role name '{}' is invalid: cannot include '*' as a component", role));
  if (component.starts_with('-')) {
    return invalid(fmt::format("Role name '{}' is invalid: component '{}' starts with a dash", role, component));
  }
  return {};
}

}  // namespace

Result<> validate_role(std::string_view role) {
  if (role == "*") return {};
  if (role.empty()) return invalid("Role names cannot be the empty string");
  if (role.size() > role_length_max) return invalid("Role names cannot be longer than 1024 bytes");
  if (role.starts_with('/')) return invalid(fmt::format("Role name '{}' is invalid: cannot start with a slash", role));
  if (role.ends_with('/')) return invalid(fmt::format("Role name '{}' is invalid: cannot end with a slash", role));
  if (role.contains("//")) {
    return invalid(fmt::format("Role name '{}' is invalid: cannot contain two adjacent slashes", role));
  }
  if (std::ranges::any_of(role, is_whitespace)) {
    return invalid(fmt::format("Role name '{}' is invalid: contains backspace or whitespace", role));
  }
  for (std::string_view rest = role;;) {
    const auto slash = rest.find('/');
    TRY(validate_component(role, rest.substr(0, slash)));
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

bool is_strict_subrole(std::string_view role, std::string_view ancestor) {
  return role.size() > ancestor.size() && role[ancestor.size()] == '/' && role.starts_with(ancestor);
}

bool may_use(std::string_view role, std::string_view owner) { return role == owner || is_strict_subrole(role, owner); }

std::string_view top_level(std::string_view role) { return role.substr(0, role.find('/')); }

}  // namespace stoa::model
