// Audit compares what different parts believe: the master's books, what machines run, what schedulers were told. What
// it finds goes to the laws of the environment.
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

// Holds at any moment: no resource has two owners, neither in the books nor on the machines. Of the machines that the
// last step touched, itself or in the books; the master's host checks the books themselves. O(what was touched).
void audit_step(const Cluster& cluster);

// The same of everything. O(cluster).
void audit_always(const Cluster& cluster);

// Holds when everything has healed and nothing new has happened for a while: nobody waits for anything, all believe the
// same, and no task is lost. O(cluster).
void audit_quiet(const Cluster& cluster);

}  // namespace stoa::sim
