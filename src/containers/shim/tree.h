// The processes below the shim, found through the kernel's lists of children.
//
// The shim is a child subreaper: whatever a process does (double fork, new session), its nearest living ancestor is the
// shim in the end. So the tree below the shim is the container, and it is gone exactly when the shim has no child.
#pragma once

#include <sys/types.h>

namespace stoa::containers::shim {

// Start time of a process, in ticks since boot: with the pid, a name that is never used twice in one boot. 0 if there
// is no such process.
unsigned long long start_time(pid_t pid);

// This child of the shim is no process of the container; it ends by itself when none of those is left. 0: there is
// none.
void set_relay(pid_t pid);
// To be told of every child that was reaped.
void on_reaped(pid_t pid);

// Sends a signal once to every process of the tree, parents first. Of a tree of more than 32,768 processes, to that
// many.
void signal_tree(int signal);

// Sends SIGKILL until no process is left. Returns when all are reaped, and the relay has ended or taken 5 s for it;
// sets `main_status` if `main_process` was one.
void kill_tree(pid_t main_process, int& main_status);

}  // namespace stoa::containers::shim
