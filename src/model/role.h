// Roles: who resources belong to and compete for. A role is `*` or a path such as `eng/db`.
#pragma once

#include <string_view>

#include "base/result.h"

namespace stoa::model {

inline constexpr std::size_t role_length_max = 1024;

// Fails with invalid_argument and a text of RES-080, or if the name is longer than 1024 bytes (RES-082).
Result<> validate_role(std::string_view role);

// True if `role` lies strictly below `ancestor`: `a/b` below `a` (RES-083). `*` has nothing below it.
bool is_strict_subrole(std::string_view role, std::string_view ancestor);

// True if something reserved to `owner` may be allocated to `role`: the same role or one below (RES-092).
bool may_use(std::string_view role, std::string_view owner);

// `eng` for `eng/db/test`; a role without '/' itself.
std::string_view top_level(std::string_view role);

}  // namespace stoa::model
