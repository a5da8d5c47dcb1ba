#include "containers/posix/volumes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "containers/posix/system_error.h"
#include "containers/posix/tree_removal.h"

namespace stoa::containers {
namespace {

constexpr mode_t parent_mode = 0711;
constexpr mode_t volume_mode = 0755;

Result<Descriptor> open_root(const ports::VolumeDirectory& volume) {
  Descriptor root(::open(volume.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_failure(fmt::format("volume: open '{}'", volume.root), errno);
  return root;
}

std::string joined(const ports::SandboxPath& path) { return fmt::format("{}", fmt::join(path, "/")); }

Result<> check_parts(const ports::SandboxPath& path, const std::string& whole) {
  for (const std::string& part : path) {
    if (!ports::is_path_part(part)) return invalid(fmt::format("volume: '{}' may not be part of '{}'", part, whole));
  }
  return {};
}

// Opens one directory of the way, or makes it. `made` tells whether it is new.
Result<Descriptor> make_part(int parent, const std::string& part, mode_t mode, bool& made) {
  made = ::mkdirat(parent, part.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return system_failure(fmt::format("volume: make '{}'", part), errno);
  Descriptor directory(::openat(parent, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return system_failure(fmt::format("volume: open '{}'", part), errno);
  if (made && (::fchmod(directory.get(), mode) != 0 || ::fsync(parent) != 0)) {
    return system_failure(fmt::format("volume: make '{}'", part), errno);
  }
  return directory;
}

// Whether the directory itself is new.
Result<bool> make_volume(const ports::VolumeDirectory& volume) {
  TRY(check_parts(volume.path, path_of(volume)));
  LET(Descriptor directory, open_root(volume));
  bool made = false;
  for (std::size_t i = 0; i < volume.path.size(); ++i) {
    const mode_t mode = i + 1 == volume.path.size() ? volume_mode : parent_mode;
    LET(directory, make_part(directory.get(), volume.path[i], mode, made));
  }
  return made;
}

Result<> remove_volume(const ports::VolumeDirectory& volume) {
  TRY(check_parts(volume.path, path_of(volume)));
  LET(const Descriptor root, open_root(volume));
  if (volume.path.empty()) {
    TRY(remove_content(root.get()));
    ::fsync(root.get());
    return {};
  }
  struct stat status{};
  const std::string path = joined(volume.path);
  if (::fstatat(root.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) return {};
  LET(const Descriptor directory, open_below(root.get(), path));
  TRY(remove_content(directory.get()));
  if (::unlinkat(root.get(), path.c_str(), AT_REMOVEDIR) != 0) return system_failure("remove", errno);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {};
  LET(const Descriptor parent, open_below(root.get(), path.substr(0, slash)));
  if (::fsync(parent.get()) != 0) return system_failure("sync", errno);
  return {};
}

std::unexpected<Error> at(const ports::VolumeDirectory& volume, Error error) {
  error.message = fmt::format("volume '{}': {}", path_of(volume), error.message);
  return std::unexpected(std::move(error));
}

// To the container's user, if it is the first to use it.
Result<> give_volume(const ports::SandboxVolume& volume, const std::optional<User>& user) {
  LET(Descriptor directory, open_root(volume.source));
  if (!volume.source.path.empty()) {
    auto opened = open_below(directory.get(), joined(volume.source.path));
    if (!opened) {
      return fail(Code::failed_precondition,
                  fmt::format("volume '{}' is missing: {}", path_of(volume.source), opened.error().message));
    }
    directory = *std::move(opened);
  }
  if (!user || !volume.give_owner || ::fchown(directory.get(), user->id, user->group) == 0) return {};
  return system_failure(fmt::format("volume '{}': change owner", path_of(volume.source)), errno);
}

Result<ports::SandboxPath> parts_of(const std::string& container_path) {
  if (container_path.starts_with('/')) {
    return fail(
        Code::unimplemented,
        fmt::format("volume at '{}': without a file system of its own a container has volumes in its sandbox only",
                    container_path));
  }
  ports::SandboxPath parts;
  for (const std::string_view part : split(container_path, '/')) {
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  if (parts.empty()) return invalid(fmt::format("volume at '{}': the path is empty", container_path));
  TRY(check_parts(parts, container_path));
  return parts;
}

// What a link holds; empty if it is none.
std::string target_of(int directory, const std::string& name) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t size = ::readlinkat(directory, name.c_str(), buffer.data(), buffer.size());
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

Result<> link_volume(int sandbox, const ports::SandboxVolume& volume, const std::optional<User>& user) {
  LET(const ports::SandboxPath parts, parts_of(volume.container_path));
  Descriptor directory;
  int parent = sandbox;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    bool made = false;
    LET(directory, make_part(parent, parts[i], volume_mode, made));
    if (made && user && ::fchown(directory.get(), user->id, user->group) != 0) {
      return system_failure(fmt::format("volume at '{}': change owner", volume.container_path), errno);
    }
    parent = directory.get();
  }
  const std::string target = path_of(volume.source);
  if (::symlinkat(target.c_str(), parent, parts.back().c_str()) == 0) return {};
  const int number = errno;
  if (number == EEXIST && target_of(parent, parts.back()) == target) return {};
  if (number == EEXIST) {
    return fail(Code::failed_precondition,
                fmt::format("volume at '{}': the path is taken in the sandbox", volume.container_path));
  }
  return system_failure(fmt::format("volume at '{}'", volume.container_path), number);
}

}  // namespace

std::string path_of(const ports::VolumeDirectory& volume) {
  return volume.path.empty() ? volume.root : volume.root + "/" + joined(volume.path);
}

Result<> change_volumes(const std::vector<ports::VolumeDirectory>& make,
                        const std::vector<ports::VolumeDirectory>& remove) {
  std::vector<std::string> made;
  for (const ports::VolumeDirectory& volume : make) {
    const Result<bool> is_new = make_volume(volume);
    if (!is_new) {
      for (const std::string& path : made) ::rmdir(path.c_str());
      return at(volume, is_new.error());
    }
    if (*is_new) made.push_back(path_of(volume));
  }
  for (const ports::VolumeDirectory& volume : remove) {
    if (const Result<> removed = remove_volume(volume); !removed) return at(volume, removed.error());
  }
  return {};
}

Result<> link_volumes(int sandbox, const std::vector<ports::SandboxVolume>& volumes, const std::optional<User>& user) {
  for (const ports::SandboxVolume& volume : volumes) {
    TRY(give_volume(volume, user));
    TRY(link_volume(sandbox, volume, user));
  }
  return {};
}

void unlink_volumes(int sandbox, const std::vector<ports::SandboxVolume>& volumes) {
  for (const ports::SandboxVolume& volume : volumes) {
    Result<ports::SandboxPath> parts = parts_of(volume.container_path);
    if (!parts) continue;
    const std::string name = parts->back();
    parts->pop_back();
    Descriptor directory;
    int parent = sandbox;
    if (!parts->empty()) {
      Result<Descriptor> opened = open_below(sandbox, joined(*parts));
      if (!opened) continue;
      directory = *std::move(opened);
      parent = directory.get();
    }
    if (target_of(parent, name) == path_of(volume.source)) ::unlinkat(parent, name.c_str(), 0);
  }
}

}  // namespace stoa::containers
