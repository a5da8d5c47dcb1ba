#include "base/user.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>

namespace stoa {

Result<User> find_user(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> strings;
  if (::getpwnam_r(name.c_str(), &entry, strings.data(), strings.size(), &found) != 0 || found == nullptr) {
    return fail(Code::not_found, "No such user '" + name + "'");
  }
  User user{.id = entry.pw_uid, .group = entry.pw_gid};
  int count = 64;
  user.groups.resize(64);
  if (::getgrouplist(name.c_str(), user.group, user.groups.data(), &count) < 0) {
    user.groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(name.c_str(), user.group, user.groups.data(), &count);
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

Result<std::optional<User>> find_other_user(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  LET(User user, find_user(*name));
  if (::geteuid() == 0) return user;
  if (user.id == ::geteuid()) return std::nullopt;
  return fail(Code::permission_denied, fmt::format("cannot run as user '{}': the agent does not run as root", *name));
}

}  // namespace stoa
