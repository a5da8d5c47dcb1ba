#include "containers/posix/disk_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "containers/posix/descriptor.h"
#include "containers/posix/tree_removal.h"

namespace stoa::containers {
namespace {

constexpr std::size_t files_max = 5'000'000;
constexpr std::size_t linked_max = 100'000;    // Files of several names that are told apart.
constexpr std::size_t deferred_max = 100'000;  // Directories that are walked later.
constexpr int depth_max = 32;                  // Each level holds a descriptor.
constexpr std::uint64_t block_bytes = 512;

using Stream = std::unique_ptr<DIR, int (*)(DIR*)>;

class Walk {
 public:
  explicit Walk(const std::atomic<bool>& stop) : stop_(stop) {}

  std::optional<std::uint64_t> run(const std::string& directory) {
    const Descriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (!root || ::fstat(root.get(), &status) != 0) return std::nullopt;
    device_ = status.st_dev;
    bytes_ = static_cast<std::uint64_t>(status.st_blocks) * block_bytes;
    deferred_.emplace_back(".");
    while (!deferred_.empty() && !given_up_) {
      std::string path = std::move(deferred_.back());
      deferred_.pop_back();
      // What vanished meanwhile takes nothing.
      if (const Result<Descriptor> found = open_below(root.get(), path)) enter(found->get(), ".", path, 0);
    }
    if (given_up_) return std::nullopt;
    return bytes_;
  }

 private:
  // `path` is the directory's below the root, and is the same afterwards.
  void walk(const Stream& stream, std::string& path, int depth) {
    const int descriptor = ::dirfd(stream.get());
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat status{};
      if (::fstatat(descriptor, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (stop_ || ++files_ > files_max) given_up_ = true;
      if (given_up_) return;
      count(status);
      if (!S_ISDIR(status.st_mode) || status.st_dev != device_) continue;
      const std::size_t length = path.size();
      path.append("/").append(name);
      enter(descriptor, entry->d_name, path, depth + 1);
      path.resize(length);
    }
  }

  void enter(int parent, const char* name, std::string& path, int depth) {
    if (depth >= depth_max) {
      given_up_ = given_up_ || deferred_.size() >= deferred_max;
      if (!given_up_) deferred_.push_back(path);
      return;
    }
    const int descriptor = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) return;
    const Stream stream(::fdopendir(descriptor), ::closedir);
    if (stream) return walk(stream, path, depth);
    ::close(descriptor);
  }

  void count(const struct stat& status) {
    const std::uint64_t bytes = static_cast<std::uint64_t>(status.st_blocks) * block_bytes;
    if (S_ISDIR(status.st_mode) || status.st_nlink <= 1) {
      bytes_ += bytes;
    } else if (linked_.size() < linked_max) {
      if (linked_.insert(status.st_ino).second) bytes_ += bytes;
    } else if (!linked_.contains(status.st_ino)) {
      bytes_ += bytes / status.st_nlink;  // Of so many only their share is counted for each name.
    }
  }

  const std::atomic<bool>& stop_;
  dev_t device_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t files_ = 0;
  bool given_up_ = false;
  std::set<ino_t> linked_;
  std::vector<std::string> deferred_;
};

}  // namespace

std::optional<std::uint64_t> bytes_below(const std::string& directory, const std::atomic<bool>& stop) {
  return Walk(stop).run(directory);
}

}  // namespace stoa::containers
