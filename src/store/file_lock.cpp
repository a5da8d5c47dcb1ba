#include "store/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace stoa::store {

Result<FileLock> FileLock::acquire(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return fail(Code::internal, fmt::format("open lock '{}': {}", path, std::generic_category().message(errno)));
  }
  FileLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 16> pid{};
    const ssize_t count = ::pread(file, pid.data(), pid.size() - 1, 0);
    return fail(Code::failed_precondition,
                fmt::format("work directory '{}' is in use by pid {}",
                            std::filesystem::path(path).parent_path().string(), count > 0 ? pid.data() : "unknown"));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) < 0) {
    return fail(Code::internal, fmt::format("write lock '{}': {}", path, std::generic_category().message(errno)));
  }
  return lock;
}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace stoa::store
