// What can be set on `stoa up`, a whole cluster of one machine: what matters of master and agent, under one roof.
#pragma once

#include <cstdint>
#include <string>

#include "base/flags/table.h"
#include "daemon/agent_flags.h"
#include "daemon/master_flags.h"

namespace stoa::daemon {

// master.common says where the master listens; agent N is on its port + N.
struct UpFlags {
  MasterFlags master;
  AgentFlags agent;
  flags::Path work_dir;  // Holds `master/` and one `agent-N/` for each agent.
  std::uint32_t agents = 1;
};

// The table over `flags`, which must outlive it.
flags::Table up_table(UpFlags& flags);

}  // namespace stoa::daemon
