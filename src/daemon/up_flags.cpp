#include "daemon/up_flags.h"

namespace stoa::daemon {

flags::Table up_table(UpFlags& flags) {
  flags::Table table("stoa up", "Runs a whole cluster on this machine: one master and one agent in one process.");
  add_network_flags(table, flags.master.common);
  table.add("agent_port", flags.agent_port, "Port of the agent; 0 picks a free one.");
  table.group("Files");
  table.add("work_dir", flags.work_dir, "Folder of all that the cluster remembers; made if missing.")
      .required()
      .example("/var/lib/stoa");
  add_resource_flags(table, flags.agent);
  add_executor_flags(table, flags.agent);
  add_cluster_flags(table, flags.master);
  add_allocation_flags(table, flags.master);
  add_history_flags(table, flags.master);
  add_logging_flags(table, flags.master.common);
  add_limit_flags(table, flags.master.common);
  add_security_flags(table);
  return table;
}

void finish(UpFlags& flags) {
  const std::string& root = flags.work_dir.value;
  flags.master.work_dir = {root + "/master"};
  flags.agent.work_dir = {root + "/agent"};
  const flags::Path default_runtime = AgentFlags().runtime_dir;
  if (flags.agent.runtime_dir == default_runtime) flags.agent.runtime_dir = {root + "/run"};
  flags.agent.common = flags.master.common;
  flags.agent.common.port = flags.agent_port;
  flags.agent.common.advertise_port.reset();
  flags.agent.common.port_file = {};
}

}  // namespace stoa::daemon
