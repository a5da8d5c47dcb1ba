// The relay: a process that stands between a container's output and its files, and turns the files over at a size
// (AGT-156).
//
// A process of its own, since a disk that is slow or full may hold it for ever, and must hold nothing else (AGT-158).
// It is a child of the shim, so it survives the agent; it has the rights of the container's user, so that a file
// replaced by a link leads nowhere the user could not go; and it ends when nobody can write to it any more. Only then
// is the container's exit recorded: no output is lost.
#pragma once

#include <sys/types.h>

#include "containers/shim/child.h"

namespace stoa::containers::shim {

// Starts a relay for the streams that the instructions limit, and fills `outputs`, which the caller closes when the
// container's process has them. Returns the relay's pid, 0 if there is nothing to relay, -1 and errno if it fails.
pid_t start_relay(const Program& program, Outputs& outputs);

}  // namespace stoa::containers::shim
