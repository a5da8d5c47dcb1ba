#include "fetcher/program/local.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include "base/system_error.h"
#include "fetcher/program/sandbox.h"
#include "net/loop.h"

namespace stoa::fetcher {
namespace {

// A FIFO must not hold us, nor a terminal become ours.
constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

Result<Descriptor> open_below(const std::string& path, const std::vector<std::string>& local_paths) {
  for (std::string base : local_paths) {
    while (base.ends_with('/')) base.pop_back();
    if (!path.starts_with(base + "/")) continue;
    const Descriptor root(::open((base + "/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return system_failure("--fetcher_local_paths " + base, errno);
    return open_beneath(root.get(), path.substr(base.size() + 1), flags);
  }
  return fail(Code::permission_denied, "it is not below --fetcher_local_paths");
}

off_t size_of(int file) {
  struct stat status{};
  return ::fstat(file, &status) == 0 ? status.st_size : 0;
}

// Waits for the child's end, as long as its output grows, and not beyond `bytes_max` (0: any).
Result<int> wait_for(pid_t child, int output, Duration stall_timeout, std::uint64_t bytes_max) {
  constexpr std::chrono::milliseconds step{20};
  off_t size = size_of(output);
  TimePoint grown = net::now();
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended < 0) return system_failure("wait for the hadoop client", errno);
    if (bytes_max != 0 && std::cmp_greater(size_of(output), bytes_max)) {
      if (ended == 0) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
      }
      return fail(Code::resource_exhausted, fmt::format("it has more than {} bytes", bytes_max));
    }
    if (ended == child) return status;
    if (const off_t now = size_of(output); now != size) {
      size = now;
      grown = net::now();
    }
    if (net::now() - grown >= stall_timeout) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return fail(Code::timed_out, fmt::format("stalled: no data for {}", format_duration(stall_timeout)));
    }
    std::this_thread::sleep_for(step);
  }
}

// While it lives, and this process with it, nothing happens. When this process dies, by the end of the agent or a
// signal, everything in its group is killed: the client may have started programs that would go on.
class Guard {
 public:
  static Result<Guard> begin() {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) return system_failure("guard the hadoop client", errno);
    const Descriptor watched(pipe[0]);
    Descriptor alive(pipe[1]);
    const pid_t child = ::fork();
    if (child < 0) return system_failure("guard the hadoop client", errno);
    if (child == 0) watch(pipe[0]);
    return Guard(child, std::move(alive));
  }
  Guard(Guard&& other) noexcept : child_(std::exchange(other.child_, -1)), alive_(std::move(other.alive_)) {}
  ~Guard() {
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  Guard(pid_t child, Descriptor alive) : child_(child), alive_(std::move(alive)) {}

  // Only what may be called between fork and exec. Nothing else of this process stays open: others wait for its end.
  [[noreturn]] static void watch(int pipe) {
    if (::dup2(pipe, STDIN_FILENO) < 0 || ::close_range(STDIN_FILENO + 1, ~0u, 0) != 0) ::_exit(1);
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR) {
    }
    ::kill(0, SIGKILL);
    ::_exit(0);
  }

  pid_t child_;
  Descriptor alive_;
};

}  // namespace

Result<Descriptor> open_local(const std::string& path, const std::vector<std::string>& local_paths) {
  Descriptor file;
  if (local_paths.empty()) {
    file = Descriptor(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file) return system_failure("open", errno);
  } else {
    LET(file, open_below(path, local_paths));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_failure("open", errno);
  if (!S_ISREG(status.st_mode)) return invalid("it is not a regular file");
  return file;
}

Result<Version> version_of(int file) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return system_failure("open", errno);
  Version version;
  version.modified =
      fmt::format("{}.{:09} {} {}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_dev, status.st_ino);
  version.bytes = static_cast<std::uint64_t>(status.st_size);
  return version;
}

Result<> fetch_by_hadoop(const Settings& settings, const std::string& uri, int to, int log) {
  if (settings.hadoop_home.empty()) return invalid("its scheme needs the hadoop client, and --hadoop_home is not set");
  const std::string program = settings.hadoop_home + "/bin/hadoop";
  LET(const Guard guard, Guard::begin());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
  if (log >= 0) ::posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
  std::array<std::string, 4> words{program, "fs", "-cat", uri};
  std::array<char*, 5> arguments{words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  pid_t child = -1;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_failure("start " + program, error);
  LET(const int status, wait_for(child, to, settings.stall_timeout, settings.bytes_max));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Code::unavailable, fmt::format("the hadoop client ended with wait status {}", status));
}

}  // namespace stoa::fetcher
