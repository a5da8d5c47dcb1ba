// The life of a daemon process: start, one line that says where it serves, wait for a signal, stop in order.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/options.h"

namespace stoa::daemon {

// Exit codes of daemons (FE-141).
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_needs_restart = 75;

struct ServeOptions {
  std::string port_file;       // Where the port is written once it is known; empty: nowhere (FE-133).
  std::size_t io_threads = 0;  // 0: one for each processor, at least two.
};

// Each runs until SIGTERM or SIGINT, or until the daemon must end, and returns the exit code. SIGUSR1 makes an agent
// leave the cluster (AGT-184).
int serve_master(MasterOptions options, const ServeOptions& serve);
int serve_agent(AgentOptions options, const ServeOptions& serve);

// A whole cluster in one process: a master and `agents` agents. Agent N serves on the master's port + N and keeps its
// state below `work_dir`/agent-N, so that a second start finds everything again.
struct UpOptions {
  MasterOptions master;
  AgentOptions agent;  // What all agents have in common.
  std::size_t agents = 1;
  std::string work_dir;
};
int serve_up(UpOptions options, const ServeOptions& serve);

}  // namespace stoa::daemon
