// What can be set on `stoa up`, a whole cluster of one machine: what matters of master and agent, under one roof.
#pragma once

#include <cstdint>
#include <string>

#include "base/flags/table.h"
#include "daemon/agent_flags.h"
#include "daemon/master_flags.h"

namespace stoa::daemon {

// master.common says where both listen; finish() derives the rest of the agent's flags from it.
struct UpFlags {
  MasterFlags master;
  AgentFlags agent;
  flags::Path work_dir;             // Holds `master/`, `agent/` and `run/`.
  std::uint16_t agent_port = 5051;  // 0 picks a free one.
};

// The table over `flags`, which must outlive it.
flags::Table up_table(UpFlags& flags);

// Derives the folders, addresses and the agent's port. The agent's `master` is left to the caller, who knows the port
// the master got.
void finish(UpFlags& flags);

}  // namespace stoa::daemon
