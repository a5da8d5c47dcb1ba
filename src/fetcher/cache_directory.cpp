#include "fetcher/cache_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "base/system_error.h"

namespace stoa::fetcher {
namespace {

constexpr const char* own_prefix = "agent-";
constexpr const char* lock_name = "lock";

std::vector<std::string> names_in(int directory) {
  std::vector<std::string> names;
  DIR* listing = ::fdopendir(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (listing == nullptr) return names;
  while (const dirent* each = ::readdir(listing)) {
    if (std::string name = each->d_name; name != "." && name != "..") names.push_back(std::move(name));
  }
  ::closedir(listing);
  return names;
}

Descriptor open_directory(int parent, const std::string& name) {
  return Descriptor(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

void remove_directory(int parent, const std::string& name, int directory) {
  for (const std::string& each : names_in(directory)) ::unlinkat(directory, each.c_str(), 0);
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

void remove_dead(int parent) {
  for (const std::string& name : names_in(parent)) {
    if (!name.starts_with(own_prefix)) continue;
    const Descriptor directory = open_directory(parent, name);
    if (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0) remove_directory(parent, name, directory.get());
  }
}

std::string file_of(EntryNumber entry) { return fmt::format("{}", entry.value); }

}  // namespace

Result<CacheDirectory> CacheDirectory::open(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  ::mkdir(path.c_str(), 0700);
  Descriptor parent(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!parent || ::fstat(parent.get(), &status) != 0)
    return system_failure(fmt::format("cache directory '{}'", path), errno);
  if (status.st_uid != ::geteuid() || (status.st_mode & 022) != 0) {
    return fail(Code::permission_denied,
                fmt::format("cache directory '{}' belongs to another user, or others may write to it", path));
  }
  // So that nobody takes an agent that is just starting for a dead one. Freed with the descriptor of this call alone. A
  // file that no other user can open: whoever may read the directory could lock that, and hold us up for ever.
  const Descriptor starting(
      ::openat(parent.get(), lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!starting || ::flock(starting.get(), LOCK_EX) != 0) return system_failure("lock the cache directory", errno);
  remove_dead(parent.get());
  std::string name;
  for (int number = 1;; ++number) {
    name = fmt::format("{}{}-{}", own_prefix, ::getpid(), number);
    if (::mkdirat(parent.get(), name.c_str(), 0700) == 0) break;
    if (errno != EEXIST) return system_failure(fmt::format("make a directory in '{}'", path), errno);
  }
  Descriptor own = open_directory(parent.get(), name);
  if (!own || ::flock(own.get(), LOCK_EX | LOCK_NB) != 0) return system_failure("lock the cache directory", errno);
  return CacheDirectory(std::move(parent), std::move(name), std::move(own));
}

CacheDirectory::~CacheDirectory() {
  if (own_) remove_directory(parent_.get(), name_, own_.get());
}

Result<Descriptor> CacheDirectory::create(EntryNumber entry) const {
  Descriptor file(
      ::openat(own_.get(), file_of(entry).c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return system_failure("make a file in the cache", errno);
  return file;
}

Result<Descriptor> CacheDirectory::read(EntryNumber entry) const {
  Descriptor file(::openat(own_.get(), file_of(entry).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return system_failure("read a file of the cache", errno);
  return file;
}

void CacheDirectory::remove(EntryNumber entry) const { ::unlinkat(own_.get(), file_of(entry).c_str(), 0); }

}  // namespace stoa::fetcher
