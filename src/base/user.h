// Users of the host, by name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace stoa {

struct User {
  uid_t id = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // All of them, `group` included.
};

// Fails with not_found and "No such user 'NAME'" (EXE-118); never falls back to another user. Asks the host's name
// service, which may read files.
Result<User> find_user(const std::string& name);

// The user to switch to, if any: nobody but root can, and nobody need become who they are. Fails like find_user, and
// with permission_denied if this process is not root and not that user.
Result<std::optional<User>> find_other_user(const std::optional<std::string>& name);

}  // namespace stoa
