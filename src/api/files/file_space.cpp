#include "api/files/file_space.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "net/url.h"

namespace stoa::api {
namespace {

std::unexpected<Error> inaccessible(std::string_view path) {
  return invalid(fmt::format("'{}' is inaccessible", path.substr(0, 512)));
}

std::unexpected<Error> failed(std::string_view path, int error) {
  const std::string shown(path.substr(0, 512));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return fail(Code::not_found, "No such file or directory: " + shown);
    case EXDEV:
    case ELOOP:
    case EAGAIN:  // The tree was changed under the look-up, again and again.
      return inaccessible(path);
    case EACCES:
    case EPERM:
      return fail(Code::permission_denied, "Permission denied: " + shown);
    default:
      return fail(Code::internal, fmt::format("{}: {}", shown, std::strerror(error)));
  }
}

// Opens a handle without reading rights: looking at a FIFO or a device this way touches nothing (SEC-104). Returns -1
// and errno.
int open_beneath(int root, const std::string& rest, std::uint64_t resolve) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  const std::string path = rest.empty() ? "." : rest;
  for (int attempt = 0;; ++attempt) {
    const long opened = syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how));
    if (opened >= 0 || errno != EAGAIN || attempt == 16) return static_cast<int>(opened);
  }
}

// Where an absolute link inside the root points back into it, the kernel refuses: it cannot know. Resolve it by name,
// and open what came out without any link (SEC-103).
int open_through_absolute_links(const std::string& root_path, int root, const std::string& rest) {
  const auto real = [](const std::string& path) {
    std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
    return resolved ? std::string(resolved.get()) : std::string();
  };
  const std::string real_root = real(root_path);
  const std::string target = real(root_path + "/" + rest);
  if (real_root.empty() || !target.starts_with(real_root + "/")) {
    errno = EXDEV;
    return -1;
  }
  return open_beneath(root, target.substr(real_root.size() + 1), RESOLVE_NO_SYMLINKS);
}

// A root that is itself a file has nothing beneath it.
Result<Descriptor> open_handle(std::string_view path, const std::string& root_path, const std::string& rest) {
  Descriptor root(::open(root_path.c_str(), O_PATH | O_CLOEXEC));
  if (!root.is_open()) return failed(path, errno);
  if (rest.empty()) return root;
  Descriptor found(open_beneath(root.get(), rest, 0));
  if (!found.is_open() && errno == EXDEV) {
    found = Descriptor(open_through_absolute_links(root_path, root.get(), rest));
  }
  if (!found.is_open()) return failed(path, errno);
  return found;
}

// Turns a handle into something that can be read. The object is the same: no name is looked up again.
Descriptor reopen(const Descriptor& handle, int flags) {
  return Descriptor(::open(fmt::format("/proc/self/fd/{}", handle.get()).c_str(), flags | O_CLOEXEC));
}

bool climbs(std::string_view part) {
  const auto decoded = net::percent_decode(part);
  return part == ".." || (decoded && (*decoded == ".." || decoded->find("../") == 0));
}

template <typename Entry, typename Id>
std::string name_of(Id id, int (*look_up)(Id, Entry*, char*, std::size_t, Entry**), char* Entry::* name) {
  std::array<char, 4096> buffer{};
  Entry entry{};
  Entry* found = nullptr;
  if (look_up(id, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::to_string(id);
  return found->*name;
}

FileEntry entry_of(std::string path, const struct stat& status) {
  return {.path = std::move(path),
          .status = status,
          .user = name_of(status.st_uid, &getpwuid_r, &passwd::pw_name),
          .group = name_of(status.st_gid, &getgrgid_r, &group::gr_name)};
}

// Attributes of what a link means if that is inside, else of the link.
struct stat follow(const struct stat& link, const std::string& root, const std::string& rest) {
  struct stat target{};
  const auto handle = open_handle(rest, root, rest);
  return handle && fstat(handle->get(), &target) == 0 ? target : link;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (number_ >= 0) close(number_);
  number_ = -1;
}

FileSpace::FileSpace(Attachments attachments) {
  for (auto& [path, real] : attachments) {
    std::string clean;
    for (const std::string_view part : split(path, '/')) {
      if (!part.empty()) clean.append("/").append(part);
    }
    attachments_.insert_or_assign(std::move(clean), std::move(real));
  }
}

Result<FileSpace::Place> FileSpace::place_of(std::string_view path) const {
  if (path.find('\0') != std::string_view::npos || path.find('\\') != std::string_view::npos) {
    return inaccessible(path.substr(0, path.find('\0')));
  }
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '/')) {
    if (climbs(part)) return inaccessible(path);
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  std::string prefix;
  std::optional<Place> best;
  for (std::size_t count = 1; count <= parts.size(); ++count) {
    prefix.append("/").append(parts[count - 1]);
    const auto found = attachments_.find(prefix);
    if (found == attachments_.end()) continue;
    best = Place{.root = found->second, .rest = {}, .path = {}};
    for (std::size_t i = count; i < parts.size(); ++i) {
      best->rest.append(i == count ? "" : "/").append(parts[i]);
    }
  }
  if (!best) return failed(path, ENOENT);
  best->path = std::move(prefix);
  return *std::move(best);
}

Result<FileListing> FileSpace::list(std::string_view path) const {
  LET(const Place place, place_of(path));
  LET(const Descriptor handle, open_handle(path, place.root, place.rest));
  struct stat status{};
  if (fstat(handle.get(), &status) != 0) return failed(path, errno);
  FileListing listing;
  if (!S_ISDIR(status.st_mode)) return listing;
  Descriptor directory = reopen(handle, O_RDONLY | O_DIRECTORY);
  if (!directory.is_open()) return failed(path, errno);
  const int number = dup(directory.get());
  std::unique_ptr<DIR, int (*)(DIR*)> stream(number < 0 ? nullptr : fdopendir(number), &closedir);
  if (!stream) return failed(path, errno);
  while (const dirent* found = readdir(stream.get())) {
    const std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    if (listing.entries.size() == file_listing_entries_max) {
      listing.truncated = true;
      break;
    }
    struct stat each{};
    if (fstatat(number, name.c_str(), &each, AT_SYMLINK_NOFOLLOW) != 0) continue;  // Gone meanwhile.
    if (S_ISLNK(each.st_mode)) each = follow(each, place.root, place.rest.empty() ? name : place.rest + "/" + name);
    listing.entries.push_back(entry_of(place.path + "/" + name, each));
  }
  std::ranges::sort(listing.entries, {}, &FileEntry::path);
  return listing;
}

Result<OpenedFile> FileSpace::open(std::string_view path, std::string_view what) const {
  LET(const Place place, place_of(path));
  LET(const Descriptor handle, open_handle(path, place.root, place.rest));
  OpenedFile file;
  if (fstat(handle.get(), &file.status) != 0) return failed(path, errno);
  if (S_ISDIR(file.status.st_mode)) return invalid(fmt::format("Cannot {} a directory.", what));
  if (!S_ISREG(file.status.st_mode)) return invalid(fmt::format("Cannot {} what is not a regular file.", what));
  file.descriptor = reopen(handle, O_RDONLY | O_NONBLOCK);
  if (!file.descriptor.is_open()) return failed(path, errno);
  file.name = place.path.substr(place.path.rfind('/') + 1);
  return file;
}

Result<std::string> read_at(const OpenedFile& file, std::uint64_t offset, std::size_t bytes_max) {
  std::string bytes;
  if (offset > static_cast<std::uint64_t>(LLONG_MAX)) return bytes;
  bytes.resize(bytes_max);
  std::size_t size = 0;
  while (size < bytes_max) {
    const ssize_t got =
        pread(file.descriptor.get(), bytes.data() + size, bytes_max - size, static_cast<off_t>(offset + size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Code::internal, fmt::format("Failed to read {}: {}", file.name, std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace stoa::api
