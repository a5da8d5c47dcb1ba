#include "store/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

namespace stoa::store {
namespace {

// A process that is killed while it starts another leaves its files open in that one until the program is loaded.
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::milliseconds pause{10};

// Who says that it has the lock; 0: nobody yet.
pid_t owner_of(int file) {
  std::array<char, 16> text{};
  if (::pread(file, text.data(), text.size() - 1, 0) <= 0) return 0;
  return static_cast<pid_t>(std::strtol(text.data(), nullptr, 10));
}

// Who has ended, and only waits for its parent to look, is not.
bool is_alive(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string stat;
  if (!std::getline(file, stat)) return false;
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.substr(name_end + 1, 2) != " Z";
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return fail(Code::internal, fmt::format("open lock '{}': {}", path, std::generic_category().message(errno)));
  }
  FileLock lock(file);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const pid_t owner = owner_of(file);
    if (is_alive(owner) || std::chrono::steady_clock::now() >= deadline) {
      return fail(Code::failed_precondition, fmt::format("work directory '{}' is in use by pid {}",
                                                         std::filesystem::path(path).parent_path().string(), owner));
    }
    std::this_thread::sleep_for(pause);
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
