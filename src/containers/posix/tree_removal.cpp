#include "containers/posix/tree_removal.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>
#include <ranges>
#include <vector>

#include "containers/posix/mount_table.h"
#include "containers/posix/system_error.h"

namespace stoa::containers {
namespace {

constexpr int depth_max = 32;  // Deeper directories are moved up before they are emptied.

Descriptor open_directory(int base, const char* path, std::uint64_t resolve) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = resolve;
  return Descriptor(static_cast<int>(::syscall(SYS_openat2, base, path, &how, sizeof how)));
}

class Removal {
 public:
  explicit Removal(int top) : top_(top) {}

  // Moving a directory up makes a new entry of the top, so it is read until there is none.
  void run() {
    do {
      moved_ = false;
      empty(top_, 0);
    } while (moved_);
  }

  std::optional<Error> failure;

 private:
  void empty(int directory, int depth) {
    // A descriptor of its own: closing a stream closes its descriptor, and the position is shared.
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
    if (!stream) return fail(".", errno);
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) continue;
      if (errno == EISDIR || errno == EPERM) {
        remove_directory(directory, name, depth);
      } else {
        fail(name, errno);
      }
    }
  }

  void remove_directory(int parent, const std::string& name, int depth) {
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) return;
    if (errno == ENOTDIR) return fail(name, EPERM);  // A file that may not be unlinked.
    if (depth >= depth_max) {
      if (!move_up(parent, name)) fail(name, errno);
      return;
    }
    Descriptor directory = open_directory(parent, name.c_str(), RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    if (!directory && errno == EACCES && ::fchmodat(parent, name.c_str(), 0700, 0) == 0) {
      directory = open_directory(parent, name.c_str(), RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    }
    if (!directory) return fail(name, errno);
    empty(directory.get(), depth + 1);
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) fail(name, errno);
  }

  bool move_up(int parent, const std::string& name) {
    for (;;) {
      const std::string target = fmt::format(".stoa-removing-{}", ++moves_);
      if (::renameat2(parent, name.c_str(), top_, target.c_str(), RENAME_NOREPLACE) == 0) return moved_ = true;
      if (errno != EEXIST) return false;
    }
  }

  void fail(const std::string& name, int number) {
    if (!failure) failure = system_failure(fmt::format("remove '{}'", name), number).error();
  }

  int top_;
  bool moved_ = false;
  unsigned long long moves_ = 0;
};

}  // namespace

Result<Descriptor> open_below(int base, const std::string& path) {
  Descriptor directory = open_directory(base, path.c_str(), RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  if (!directory) return system_failure(fmt::format("open '{}'", path), errno);
  return directory;
}

Result<> remove_content(int directory) {
  Removal removal(directory);
  removal.run();
  if (removal.failure) return std::unexpected(*std::move(removal.failure));
  return {};
}

Result<> unmount_below(const std::string& path) {
  std::ifstream table("/proc/self/mountinfo");
  const std::vector<std::string> mounts = mount_points(table);
  for (const std::string& target : mounts | std::views::reverse) {
    if (!target.starts_with(path + "/")) continue;
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW) != 0) return system_failure("unmount '" + target + "'", errno);
  }
  return {};
}

}  // namespace stoa::containers
