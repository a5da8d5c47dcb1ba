#include "fetcher/program/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/system_error.h"
#include "base/text.h"

namespace stoa::fetcher {
namespace {

constexpr mode_t directory_mode = 0755;
constexpr mode_t draft_mode = 0600;

std::string joined(Parts parts) { return join({parts.begin(), parts.end()}, "/"); }

}  // namespace

Result<Descriptor> open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int attempts_max = 16;
  for (int attempt = 0;; ++attempt) {
    Descriptor file(
        static_cast<int>(::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how)));
    if (file) return file;
    // The kernel could not be sure, since something was renamed meanwhile.
    if (errno == EAGAIN && attempt < attempts_max) continue;
    if (errno == EXDEV) return invalid(fmt::format("'{}' leads outside of the sandbox", path));
    return system_failure(fmt::format("open '{}'", path), errno);
  }
}

Draft::~Draft() {
  if (!name_.empty()) ::unlinkat(root_, name_.c_str(), 0);
}

Sandbox::Sandbox(Descriptor root) : root_(std::move(root)) {
  // As the container's own output is opened: never through a link, and a FIFO holds nobody up.
  Descriptor log(
      ::openat(root_.get(), "stderr", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640));
  struct stat status{};
  if (log && ::fstat(log.get(), &status) == 0 && S_ISREG(status.st_mode)) log_ = std::move(log);
}

void Sandbox::say(std::string_view line) const {
  if (!log_) return;
  const std::string text = fmt::format("{}\n", line);
  [[maybe_unused]] const ssize_t written = ::write(log_.get(), text.data(), text.size());
}

Result<Draft> Sandbox::draft() {
  std::string name = fmt::format(".fetch-{}-{}", ::getpid(), ++drafts_);
  ::unlinkat(root_.get(), name.c_str(), 0);
  Descriptor file(::openat(root_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, draft_mode));
  if (!file) return system_failure("make a file in the sandbox", errno);
  return Draft(root_.get(), std::move(name), std::move(file));
}

Result<Descriptor> Sandbox::directory(Parts path) const {
  constexpr int flags = O_RDONLY | O_DIRECTORY;
  if (Result<Descriptor> there = open_beneath(root_.get(), joined(path), flags);
      there || there.error().code != Code::not_found) {
    return there;
  }
  LET(Descriptor parent, open_beneath(root_.get(), "", flags));
  for (std::size_t count = 1; count <= path.size(); ++count) {
    if (::mkdirat(parent.get(), path[count - 1].c_str(), directory_mode) != 0 && errno != EEXIST) {
      return system_failure(fmt::format("make directory '{}'", joined(path.first(count))), errno);
    }
    // From the root each time: a part may be a link that leads elsewhere below it.
    LET(parent, open_beneath(root_.get(), joined(path.first(count)), flags));
  }
  return parent;
}

Result<> Sandbox::put(Draft draft, Parts path, mode_t mode) const {
  LET(const Descriptor parent, directory(path.first(path.size() - 1)));
  if (::fchmod(draft.file(), mode) != 0) return system_failure("set mode of a fetched file", errno);
  if (::renameat(root_.get(), draft.name_.c_str(), parent.get(), path.back().c_str()) != 0) {
    return system_failure(fmt::format("make '{}'", joined(path)), errno);
  }
  draft.name_.clear();
  return {};
}

Result<std::uint64_t> copy_file(int from, int to, std::uint64_t bytes_max) {
  constexpr std::size_t step = std::size_t{64} << 20;
  std::uint64_t total = 0;
  for (ssize_t count = 1; count > 0; total += static_cast<std::uint64_t>(std::max<ssize_t>(count, 0))) {
    count = ::copy_file_range(from, nullptr, to, nullptr, step, 0);
    if (total > bytes_max) return fail(Code::resource_exhausted, fmt::format("it has more than {} bytes", bytes_max));
  }
  // Some file systems cannot, or say that there is nothing.
  std::array<char, 128 * 1024> bytes;
  for (;;) {
    const ssize_t count = ::read(from, bytes.data(), bytes.size());
    if (count < 0) return system_failure("read", errno);
    if (count == 0) return total;
    total += static_cast<std::uint64_t>(count);
    if (total > bytes_max) return fail(Code::resource_exhausted, fmt::format("it has more than {} bytes", bytes_max));
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(to, bytes.data() + done, static_cast<std::size_t>(count - done));
      if (written < 0) return system_failure("write", errno);
      done += written;
    }
  }
}

}  // namespace stoa::fetcher
