// Processes of this host: names for them that a reused pid cannot take, and what kills them when their shim is gone.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "containers/posix/descriptor.h"

namespace stoa::containers {

// A process for as long as this boot lasts: pids are used again, a pid with a start time is not.
struct ProcessName {
  pid_t pid = -1;
  unsigned long long start_time = 0;  // Ticks since boot, field 22 of /proc/PID/stat.
};

// Changes with every boot of the host (AGT-082). Empty if the kernel does not tell.
std::string boot_id();

// 0 if there is no such process.
unsigned long long start_time(pid_t pid);

// Opens the process if it still is the one that was named.
std::optional<Descriptor> open_process(const ProcessName& name);

// Kills all processes of the session that `leader` made, if no other process has taken its pid since. For containers
// whose shim was killed: it does not reach what left the session. O(processes of the host).
void kill_session(const ProcessName& leader);

}  // namespace stoa::containers
