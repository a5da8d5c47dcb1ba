#include "containers/posix/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace stoa::containers {
namespace {

std::string read_text(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer;
  const ssize_t count = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

// A numbered field of /proc/PID/stat, from 3 on. The second is the program's name in parentheses, which may hold
// anything.
std::string stat_field(pid_t pid, int number) {
  const std::string text = read_text(fmt::format("/proc/{}/stat", pid));
  std::size_t at = text.rfind(')');
  for (int field = 2; field < number && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

}  // namespace

std::string boot_id() {
  std::string text = read_text("/proc/sys/kernel/random/boot_id");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

unsigned long long start_time(pid_t pid) { return std::strtoull(stat_field(pid, 22).c_str(), nullptr, 10); }

std::optional<Descriptor> open_process(const ProcessName& name) {
  if (name.pid <= 0 || name.start_time == 0) return std::nullopt;
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, name.pid, 0)));
  // Asked after opening: if the time is right now, the pid had not changed hands before.
  if (!process || start_time(name.pid) != name.start_time) return std::nullopt;
  return process;
}

void kill_session(const ProcessName& leader) {
  if (leader.pid <= 1) return;
  const unsigned long long now = start_time(leader.pid);
  if (now != 0 && now != leader.start_time) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
  if (!processes) return;
  const std::string session = std::to_string(leader.pid);
  while (const dirent* entry = ::readdir(processes.get())) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid > 1 && stat_field(pid, 6) == session) ::kill(pid, SIGKILL);
  }
}

}  // namespace stoa::containers
