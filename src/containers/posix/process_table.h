// ProcessTable: the processes of the host at one moment, and what a tree of them has used.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "containers/posix/process.h"
#include "ports/container_meter.h"

namespace stoa::containers {

// Times in ticks, those of `ended_*` of children that were waited for.
struct ProcessEntry {
  pid_t pid = -1;
  pid_t parent = -1;
  unsigned long long start_time = 0;
  unsigned long long user = 0;
  unsigned long long system = 0;
  unsigned long long ended_user = 0;
  unsigned long long ended_system = 0;
  unsigned threads = 0;
  unsigned long long resident_pages = 0;
};

// One line of /proc/PID/stat. Nothing if it is none.
std::optional<ProcessEntry> parse_process(std::string_view stat);

class ProcessTable {
 public:
  explicit ProcessTable(std::vector<ProcessEntry> processes);
  // Every process of the host that can be read. O(processes).
  static ProcessTable read();

  // What all processes below `root` use, and what those that have ended below it had used; `root` itself, the shim of a
  // container, is not counted, nor is `relay`. Nothing if the root does not run. O(tree * log(processes)).
  std::optional<ports::ContainerUsage> below(const ProcessName& root, const ProcessName& relay = {}) const;

 private:
  std::vector<ProcessEntry> by_parent_;
  std::map<pid_t, ProcessEntry> by_pid_;
};

}  // namespace stoa::containers
