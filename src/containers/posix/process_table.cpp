#include "containers/posix/process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/text.h"

namespace stoa::containers {
namespace {

// Fields of /proc/PID/stat behind the program's name, the first of which has number 3 in proc(5).
constexpr std::size_t field_first = 3;
constexpr std::size_t fields_needed = 24;

std::string read_stat(const std::string& pid) {
  const Descriptor file(::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer;
  const ssize_t count = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

}  // namespace

std::optional<ProcessEntry> parse_process(std::string_view stat) {
  // The name is in parentheses and may hold anything, so fields count from its end.
  const std::size_t name_end = stat.rfind(") ");
  ProcessEntry entry;
  const auto [end, error] = std::from_chars(stat.data(), stat.data() + stat.size(), entry.pid);
  if (name_end == std::string_view::npos || error != std::errc() || *end != ' ') return std::nullopt;
  const std::vector<std::string_view> fields = split(stat.substr(name_end + 2), ' ');
  if (fields.size() + field_first <= fields_needed) return std::nullopt;
  const auto number = [&](std::size_t field) {
    const std::string_view text = fields[field - field_first];
    unsigned long long value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  entry.parent = static_cast<pid_t>(number(4));
  entry.user = number(14);
  entry.system = number(15);
  entry.ended_user = number(16);
  entry.ended_system = number(17);
  entry.threads = static_cast<unsigned>(number(20));
  entry.start_time = number(22);
  entry.resident_pages = number(24);
  return entry;
}

ProcessTable::ProcessTable(std::vector<ProcessEntry> processes) : by_parent_(std::move(processes)) {
  std::ranges::sort(by_parent_, {}, &ProcessEntry::parent);
  for (const ProcessEntry& entry : by_parent_) by_pid_.emplace(entry.pid, entry);
}

ProcessTable ProcessTable::read() {
  std::vector<ProcessEntry> processes;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), ::closedir);
  while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (const auto process = parse_process(read_stat(entry->d_name))) processes.push_back(*process);
  }
  return ProcessTable(std::move(processes));
}

std::optional<ports::ContainerUsage> ProcessTable::below(const ProcessName& root, const ProcessName& relay) const {
  const auto found = by_pid_.find(root.pid);
  if (found == by_pid_.end() || found->second.start_time != root.start_time) return std::nullopt;
  ports::ContainerUsage usage;
  unsigned long long user = found->second.ended_user;
  unsigned long long system = found->second.ended_system;
  unsigned long long pages = 0;
  std::vector<pid_t> tree{root.pid};
  // A table is no snapshot of the kernel's: with the pids changing hands meanwhile it could hold a circle.
  for (std::size_t i = 0; i < tree.size() && tree.size() <= by_parent_.size(); ++i) {
    for (const ProcessEntry& child : std::ranges::equal_range(by_parent_, tree[i], {}, &ProcessEntry::parent)) {
      if (child.pid == relay.pid && child.start_time == relay.start_time) continue;
      tree.push_back(child.pid);
      user += child.user + child.ended_user;
      system += child.system + child.ended_system;
      pages += child.resident_pages;
      usage.threads += child.threads;
      ++usage.processes;
    }
  }
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.user_seconds = static_cast<double>(user) / ticks;
  usage.system_seconds = static_cast<double>(system) / ticks;
  usage.memory_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return usage;
}

}  // namespace stoa::containers
