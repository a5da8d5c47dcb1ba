// Audits compare whole states: the master's books, what agents run, what schedulers believe. What they find goes to the
// laws of the environment. O(cluster).
#pragma once

#include <memory>
#include <vector>

#include "sim/agent_host.h"
#include "sim/master_host.h"
#include "sim/scheduler.h"

namespace stoa::sim {

struct Cluster {
  Environment& environment;
  MasterHost& master;
  const std::vector<std::unique_ptr<AgentHost>>& agents;
  const std::vector<std::unique_ptr<Scheduler>>& schedulers;
};

// Holds at any moment: no resource has two owners, neither in the books nor on the machines.
void audit_always(const Cluster& cluster);

// Holds when everything has healed and nothing new has happened for a while: nobody waits for anything, all believe the
// same, and no task is lost.
void audit_quiet(const Cluster& cluster);

}  // namespace stoa::sim
