#include "daemon/master_flags.h"

#include "daemon/rate_limits_flag.h"
#include "daemon/sharing_flags.h"
#include "model/quantities.h"
#include "zookeeper/url.h"

namespace stoa::daemon {
namespace {

using namespace std::chrono_literals;

std::string quantities_fault(const std::string& text) {
  for (const std::string_view alternative : split(text, '|')) {
    const Result<model::Quantities> parsed = model::Quantities::parse(alternative);
    if (!parsed) return parsed.error().message;
  }
  return {};
}

std::string rate_limits_fault(const std::string& text) {
  const auto parsed = parse_rate_limits(text);
  return parsed ? std::string() : parsed.error().message;
}

void add_registry_flags(flags::Table& table, MasterFlags& flags) {
  table.group("Registry");
  table.add("work_dir", flags.work_dir, "Folder of all that the master remembers; made if missing.")
      .example("/var/lib/stoa/master");
  table.add("registry", flags.registry, "Where agents are remembered: on disk, or not at all (for tests).")
      .one_of({"replicated_log", "in_memory"});
  table.add("registry_fetch_timeout", flags.registry_fetch_timeout, "How long reading the registry may take.",
            {.min = 1s});
  table.add("registry_store_timeout", flags.registry_store_timeout, "How long a write to the registry may take.",
            {.min = 1s});
  table.ignore("registry_gc_interval", "15mins", "unreachable and gone agents are kept without limit of time");
  table.ignore("registry_max_agent_age", "2weeks", "unreachable and gone agents are kept without limit of time");
  table.ignore("registry_max_agent_count", "102400", "unreachable and gone agents are kept without limit of number");
  constexpr const char* registry_place = "the registry is in ZooKeeper with --zk, else in one SQLite file";
  table.ignore("quorum", "", registry_place);
  table.ignore("log_auto_initialize", "true", registry_place);
}

std::string zk_fault(const std::string& text) {
  const auto parsed = zookeeper::Url::parse(text);
  return parsed ? std::string() : parsed.error().message;
}

std::string zk_path_fault(const std::string& text) {
  const auto parsed = zookeeper::Url::parse("zk://host" + text);
  if (!text.starts_with('/') || text == "/") return "expecting the path of a znode, such as /stoa/registry";
  return parsed ? std::string() : parsed.error().message;
}

void add_election_flags(flags::Table& table, MasterFlags& flags) {
  table.group("Standby masters");
  table.add("zk", flags.zk, "ZooKeeper servers and path by which masters elect one leader; default: a single master.")
      .check(zk_fault)
      .example("zk://[fd00::1]:2181,[fd00::2]:2181/stoa");
  table.add("zk_session_timeout", flags.zk_session_timeout, "Silence after which ZooKeeper takes a master for dead.",
            {.min = 1s, .max = 10min});
  table
      .add("registry_zk_path", flags.registry_zk_path,
           "Where in ZooKeeper the registry is; default: log_replicas/registry below the path of --zk.")
      .check(zk_path_fault)
      .example("/stoa/registry");
  table.add("leader_guardian", flags.leader_guardian,
            "Whether a small process beside this one frees the lead at once when this one dies.");
  table.add("exit_on_lost_leadership", flags.exit_on_lost_leadership,
            "Whether a master that lost the lead exits; else it starts anew as a standby.");
}

void add_agent_health_flags(flags::Table& table, MasterFlags& flags) {
  table.group("Agents");
  table
      .add("agent_reregister_timeout", flags.agent_reregister_timeout,
           "How long after a failover agents may take to come back.", {.min = 10min})
      .old_name("slave_reregister_timeout");
  table
      .add("agent_ping_timeout", flags.agent_ping_timeout, "Time between pings of an agent.", {.min = 1s, .max = 15min})
      .old_name("slave_ping_timeout");
  table
      .add("max_agent_ping_timeouts", flags.max_agent_ping_timeouts,
           "Pings without answer after which an agent is unreachable.", {.min = 1u})
      .old_name("max_slave_ping_timeouts");
  table.refuse("agent_removal_rate_limit", "", "lost agents are removed as they are found")
      .old_name("slave_removal_rate_limit");
  table.refuse("recovery_agent_removal_limit", "100%", "removal of agents after a failover has no limit")
      .old_name("recovery_slave_removal_limit");
  table.refuse("whitelist", "", "agents cannot be left out of allocation by a file");
  table.refuse("require_agent_domain", "false", "domains are not checked");
  add_domain_flag(table, flags.domain);
  table.refuse("authenticate_agents", "false", "agents cannot be authenticated in this version; use --insecure")
      .old_name("authenticate_slaves");
  table.refuse("max_executors_per_agent", "", "executors per agent have no limit").old_name("max_executors_per_slave");
}

void add_remaining(flags::Table& table) {
  table.ignore("authenticators", "crammd5", "agents are not authenticated");
  table.ignore("max_operator_event_stream_subscribers", "1000", "connections are limited by --http_max_connections");
  table.ignore("webui_dir", "", "pages are inside the program");
  table.ignore("http_heartbeat_interval", "15secs", "heartbeats come every 15 seconds");
}

}  // namespace

void add_cluster_flags(flags::Table& table, MasterFlags& flags) {
  table.group("Cluster");
  table.add("cluster", flags.cluster, "Name of the cluster, as shown.").example("production");
  table.add("roles", flags.roles, "The only roles that frameworks may have; default: every role.").example("eng,ads");
  table.add("root_submissions", flags.root_submissions, "Whether frameworks may run tasks as root.");
  table.add("rate_limits", flags.rate_limits, "Rates of the calls of frameworks, by principal, as JSON.")
      .check(rate_limits_fault)
      .example(R"({"limits":[{"principal":"batch","qps":10,"capacity":1000}]})");
  table.add("publish_per_framework_metrics", flags.publish_per_framework_metrics,
            "Whether there are metrics of each single framework.");
}

void add_allocation_flags(flags::Table& table, MasterFlags& flags) {
  table.group("Allocation");
  table.add("allocation_interval", flags.allocation_interval,
            "Longest time between allocations; changes are acted upon at once.", {.min = 1ms});
  table
      .add("offer_timeout", flags.offer_timeout, "How long a framework may hold an offer; default: for ever.",
           {.min = 1ms})
      .example("30secs");
  table
      .add("min_allocatable_resources", flags.min_allocatable_resources,
           "Least amounts worth an offer; alternatives are separated by |.")
      .check(quantities_fault)
      .example("cpus:0.1;mem:64|gpus:1");
  table.add("fair_sharing_excluded_resource_names", flags.fair_sharing_excluded_resource_names,
            "Resources that do not count as dominant shares.");
  table.add("filter_gpu_resources", flags.filter_gpu_resources,
            "Whether agents with GPUs are offered only to frameworks that can use them.");
  table
      .add("offer_constraints_re2_max_mem", flags.offer_constraints_re2_max_mem,
           "Memory of the matcher of one regular expression in offer constraints.")
      .example("4KB");
  table.add("offer_constraints_re2_max_program_size", flags.offer_constraints_re2_max_program_size,
            "Steps of the program of one regular expression in offer constraints.");
  table.add("allocation_min_interval", flags.allocation_min_interval,
            "Shortest time between allocations that changes ask for.", {.min = 1ms});
  add_policy_flags(table, flags);
  add_preemption_flags(table, flags);
}

namespace {

std::string weights_fault(const std::string& text) {
  const auto parsed = parse_weights(text);
  return parsed ? std::string() : parsed.error().message;
}

std::string priorities_fault(const std::string& text) {
  const auto parsed = parse_priorities(text);
  return parsed ? std::string() : parsed.error().message;
}

}  // namespace

void add_policy_flags(flags::Table& table, MasterFlags& flags) {
  table
      .add("allocator", flags.allocator,
           "The policy by a word: priority is the same as --role_sorter=priority, all others are hierarchical DRF.")
      .one_of({"hierarchical", "HierarchicalDRF", "drf", "priority"});
  table
      .add("role_sorter", flags.role_sorter,
           "Which role is asked first: the one with the lowest dominant share, one drawn by weight, or the most "
           "important.")
      .old_name("user_sorter")
      .one_of({"drf", "random", "priority"});
  table
      .add("framework_sorter", flags.framework_sorter,
           "Which framework of a role is asked first: the one with the lowest dominant share, or one drawn by lot.")
      .one_of({"drf", "random"});
  table.add("weights", flags.weights, "Weights of roles at the first start; later they are set with PUT /weights.")
      .check(weights_fault)
      .example("eng=2,ads=3.5");
  table
      .add("role_priorities", flags.role_priorities,
           "Priorities of roles at the first start; later they are set with PUT /role_priorities.")
      .check(priorities_fault)
      .example("prod=10,batch/night=-5");
  table
      .add("nested_quota", flags.nested_quota,
           "Whether roles below others may have quotas of their own, within those above.")
      .old_name("allow_nested_quota");
  table
      .add("allocation_order", flags.allocation_order,
           "In which order agents are given away: by chance, or by id (for tests).")
      .one_of({"random", "id"});
  table.add("allocator_seed", flags.allocator_seed, "Seed of all chance in allocation; default: a new one each time.")
      .example("7");
  table.add("allocator_agent_recovery_factor", flags.allocator_agent_recovery_factor,
            "With quotas, allocation waits after a failover for this part of the agents.", {.min = 0.0, .max = 1.0});
  table.add("allocator_recovery_timeout", flags.allocator_recovery_timeout, "But not longer than this.", {.min = 0ms});
  table.add("hold_after", flags.hold_after,
            "Who needs more at once than any agent has free gets one kept together after this long; 0 means never.",
            {.min = 0ms});
}

void add_preemption_flags(flags::Table& table, MasterFlags& flags) {
  table
      .add("preemption", flags.preemption,
           "Whether declared need may end running tasks: never, within guarantees, or also of less important roles; "
           "default: priority with --role_sorter=priority, else off.")
      .one_of({"off", "guarantees", "priority"});
  table.add("preemption_delay", flags.preemption_delay, "How long a need must be unmet before it takes from others.",
            {.min = 0ms});
  table.add("preemption_grace_period", flags.preemption_grace_period,
            "Time between the notice to a framework and the end of its tasks.", {.min = 0ms});
  table.add("preemption_kill_grace_max", flags.preemption_kill_grace_max,
            "Longest time that a preempted task may take to end.", {.min = 0ms});
  table.add("preemption_hold", flags.preemption_hold, "How long what was freed is kept for who needed it.",
            {.min = 0ms});
  table.add("preemption_max_victims", flags.preemption_max_victims, "Tasks that are being preempted at one time.",
            {.min = 1u});
}

void add_history_flags(flags::Table& table, MasterFlags& flags) {
  table.group("History");
  table.add("max_completed_frameworks", flags.max_completed_frameworks, "Completed frameworks remembered.");
  table.add("max_completed_tasks_per_framework", flags.max_completed_tasks_per_framework,
            "Completed tasks of a framework remembered.");
  table.add("max_unreachable_tasks_per_framework", flags.max_unreachable_tasks_per_framework,
            "Unreachable tasks of a framework remembered.");
}

// The older flag asks for the same: a cluster moved over with its old flags is not silently opened (SEC-042).
void add_framework_authentication_flags(flags::Table& table, MasterFlags& flags) {
  table.add("authenticate_http_frameworks", flags.common.authentication.frameworks,
            "Whether frameworks must prove who they are.");
  table.add("authenticate_frameworks", flags.authenticate_frameworks, "The same, as older start scripts say it.")
      .old_name("authenticate");
  table.add("http_framework_authenticators", flags.http_framework_authenticators, "How frameworks prove who they are.")
      .one_of({"basic"});
}

flags::Table master_table(MasterFlags& flags) {
  flags::Table table("stoa master", "Runs the master: it knows the cluster's agents and offers what they have.");
  add_network_flags(table, flags.common);
  add_registry_flags(table, flags);
  add_election_flags(table, flags);
  add_cluster_flags(table, flags);
  add_allocation_flags(table, flags);
  add_agent_health_flags(table, flags);
  add_history_flags(table, flags);
  add_logging_flags(table, flags.common);
  add_limit_flags(table, flags.common);
  add_authentication_flags(table, flags.common.authentication, "credentials");
  add_framework_authentication_flags(table, flags);
  add_security_flags(table);
  add_remaining(table);
  return table;
}

std::vector<std::string> master_problems(const MasterFlags& flags) {
  if (flags.allocator == "priority" && flags.role_sorter == "random") {
    return {"--allocator=priority contradicts --role_sorter=random"};
  }
  if (flags.allocation_min_interval > flags.allocation_interval) {
    return {"--allocation_min_interval must not be longer than --allocation_interval"};
  }
  if (flags.work_dir.empty() && flags.registry != "in_memory" && flags.zk.empty()) {
    return {"missing required flag --work_dir (or give --registry=in_memory, which remembers nothing)"};
  }
  return {};
}

}  // namespace stoa::daemon
