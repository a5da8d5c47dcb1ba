// Starting a shim, and signalling through one.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "containers/posix/descriptor.h"

namespace stoa::containers {

struct ShimProcess {
  pid_t pid = -1;
  Descriptor process;  // A pidfd: readable when the shim has ended.
  Descriptor socket;   // Reports come from here, one a packet (shim/protocol.h).
};

// Starts the program `path` as a child of this process, with the instructions and a descriptor of the sandbox. The
// container's runtime directory is its one argument: `ps` shows it, and recovery finds shims by it. Takes a fraction of
// a millisecond. The caller must reap it.
Result<ShimProcess> spawn_shim(const std::string& path, const std::string& runtime_directory,
                               const std::string& instructions, int sandbox);

// Has the shim send `signal` to every process of its container. False if the kernel's queue of signals is full: try
// again. True also if the shim has ended.
bool signal_container(int shim_process, int signal);

}  // namespace stoa::containers
