#include "daemon/up_flags.h"

namespace stoa::daemon {

flags::Table up_table(UpFlags& flags) {
  flags::Table table("stoa up", "Runs a whole cluster on this machine: a master and agents in one process.");
  add_network_flags(table, flags.master.common);
  table.add("agents", flags.agents, "How many agents to run, on the ports behind the master's.",
            {.min = 1, .max = 100});
  table.group("Files");
  table.add("work_dir", flags.work_dir, "Folder of all that the cluster remembers; made if missing.")
      .required()
      .example("/var/lib/stoa");
  add_resource_flags(table, flags.agent);
  add_executor_flags(table, flags.agent);
  add_fetcher_flags(table, flags.agent);
  add_cluster_flags(table, flags.master);
  add_allocation_flags(table, flags.master);
  add_history_flags(table, flags.master);
  add_logging_flags(table, flags.master.common);
  add_limit_flags(table, flags.master.common);
  add_authentication_flags(table, flags.master.common.authentication, "credentials");
  add_framework_authentication_flags(table, flags.master);
  add_security_flags(table);
  return table;
}

}  // namespace stoa::daemon
