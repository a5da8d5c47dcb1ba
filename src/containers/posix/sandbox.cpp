#include "containers/posix/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "containers/posix/system_error.h"

namespace stoa::containers {
namespace {

constexpr mode_t parent_mode = 0711;
constexpr mode_t sandbox_mode = 0750;
constexpr mode_t output_mode = 0640;

Result<Descriptor> open_part(int parent, const std::string& part) {
  Descriptor directory(::openat(parent, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) {
    // With O_DIRECTORY the kernel says ENOTDIR of a link, too.
    if (errno == ENOTDIR || errno == ELOOP) {
      return fail(Code::permission_denied, fmt::format("sandbox: '{}' is a link or not a directory", part));
    }
    return system_failure(fmt::format("sandbox: open directory '{}'", part), errno);
  }
  return directory;
}

// Opens one directory, which is made if it is not there; `made` tells. To look first is cheaper: all but the last parts
// of a path are there nearly always, and a mkdir that fails takes the parent's lock.
Result<Descriptor> make_part(int parent, const std::string& part, mode_t mode, bool& made) {
  made = false;
  Descriptor there(::openat(parent, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (there) return there;
  if (errno != ENOENT) return open_part(parent, part);  // Says why.
  made = ::mkdirat(parent, part.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return system_failure(fmt::format("sandbox: make directory '{}'", part), errno);
  LET(Descriptor directory, open_part(parent, part));
  // Not by mkdir: the umask would have its say.
  if (made && ::fchmod(directory.get(), mode) != 0) {
    return system_failure(fmt::format("sandbox: set mode of '{}'", part), errno);
  }
  return directory;
}

Result<> give(int file, const std::optional<User>& user, mode_t mode, const std::string& name) {
  // The owner first: a change of owner may clear mode bits.
  if (user && ::fchown(file, user->id, ::getegid()) != 0) {
    return system_failure(fmt::format("sandbox: change owner of '{}'", name), errno);
  }
  if (::fchmod(file, mode) != 0) return system_failure(fmt::format("sandbox: set mode of '{}'", name), errno);
  return {};
}

Result<> make_output(int sandbox, const std::string& name, const std::optional<User>& user) {
  const Descriptor file(
      ::openat(sandbox, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, output_mode));
  if (!file) {
    if (errno == EEXIST) return {};
    return system_failure(fmt::format("sandbox: make file '{}'", name), errno);
  }
  return give(file.get(), user, output_mode, name);
}

Result<> check_parts(const ports::SandboxPath& path) {
  for (const std::string& part : path) {
    if (!ports::is_path_part(part)) return invalid(fmt::format("sandbox: '{}' may not be part of a path", part));
  }
  return {};
}

// Makes the directories of `path` but the last one, and opens that one's parent; `base` itself if it has none.
Result<Descriptor> make_parents(int base, const ports::SandboxPath& path) {
  Descriptor parent(::fcntl(base, F_DUPFD_CLOEXEC, 0));
  if (!parent) return system_failure("sandbox: open the work directory", errno);
  bool made = false;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    LET(Descriptor next, make_part(parent.get(), path[i], parent_mode, made));
    parent = std::move(next);
  }
  return parent;
}

// `to` as seen from the directory that `from` lies in.
std::string relative_path(const ports::SandboxPath& from, const ports::SandboxPath& to) {
  std::size_t common = 0;
  while (common + 1 < from.size() && common + 1 < to.size() && from[common] == to[common]) ++common;
  std::string result;
  for (std::size_t i = common; i + 1 < from.size(); ++i) result += "../";
  for (std::size_t i = common; i < to.size(); ++i) result += to[i] + (i + 1 < to.size() ? "/" : "");
  return result;
}

Result<> make_link(int base, const ports::SandboxPath& link, const ports::SandboxPath& path) {
  LET(const Descriptor parent, make_parents(base, link));
  const std::string& name = link.back();
  const std::string target = relative_path(link, path);
  if (::symlinkat(target.c_str(), parent.get(), name.c_str()) == 0) return {};
  const std::string fresh = name + ".new";
  ::unlinkat(parent.get(), fresh.c_str(), 0);
  if (::symlinkat(target.c_str(), parent.get(), fresh.c_str()) != 0 ||
      ::renameat(parent.get(), fresh.c_str(), parent.get(), name.c_str()) != 0) {
    return system_failure(fmt::format("sandbox: link '{}'", name), errno);
  }
  return {};
}

}  // namespace

Result<> make_sandbox(int base, const ports::SandboxPath& path, const std::optional<User>& user,
                      const ports::SandboxPath& link) {
  if (path.empty()) return invalid("sandbox: its path is empty");
  TRY(check_parts(path));
  TRY(check_parts(link));
  LET(const Descriptor parent, make_parents(base, path));
  bool made = false;
  // The files before the directory changes hands: until then nobody else can be in it.
  LET(const Descriptor sandbox, make_part(parent.get(), path.back(), sandbox_mode, made));
  TRY(make_output(sandbox.get(), "stdout", user));
  TRY(make_output(sandbox.get(), "stderr", user));
  if (made) TRY(give(sandbox.get(), user, sandbox_mode, path.back()));
  if (!link.empty()) TRY(make_link(base, link, path));
  return {};
}

Result<Descriptor> open_directory(int base, const ports::SandboxPath& path) {
  Descriptor directory;
  int number = base;
  for (const std::string& part : path) {
    LET(directory, open_part(number, part));
    number = directory.get();
  }
  if (!directory) return invalid("sandbox: its path is empty");
  return directory;
}

}  // namespace stoa::containers
