#include "daemon/agent_flags.h"

#include "daemon/executor_variables.h"
#include "daemon/message_flags.h"
#include "model/resource_text.h"
#include "net/prefix.h"
#include "zookeeper/url.h"

namespace stoa::daemon {
namespace {

using namespace std::chrono_literals;

constexpr const char* no_isolation = "this version runs tasks without isolation";

std::string master_fault(const std::string& text) {
  if (zookeeper::is_url(text)) {
    const auto url = zookeeper::Url::parse(text);
    return url ? "" : url.error().message;
  }
  const Result<net::HostPort> parsed = net::HostPort::parse(text, 5050);
  return parsed ? "" : parsed.error().message;
}

std::string resources_fault(const std::string& text) {
  if (trim(text).starts_with('[')) return {};  // JSON: read where messages are known.
  const Result<model::FlagResources> parsed = model::parse_simple(text);
  return parsed ? "" : parsed.error().message;
}

std::string variables_fault(const std::string& text) {
  const auto parsed = parse_executor_variables(text);
  return parsed ? "" : parsed.error().message;
}

std::string networks_fault(const std::string& text) {
  for (const std::string_view part : split(text, ',')) {
    if (const auto prefix = net::Prefix::parse(trim(part)); !prefix && !trim(part).empty())
      return prefix.error().message;
  }
  return {};
}

std::string paths_fault(const std::string& text) {
  for (const std::string_view part : split(text, ',')) {
    if (!trim(part).empty() && !trim(part).starts_with('/')) return fmt::format("'{}' is not an absolute path", part);
  }
  return {};
}

std::string rotate_fault(const std::string& text) {
  const auto parsed = parse_rotate_options(text);
  return parsed ? "" : parsed.error().message;
}

std::string features_fault(const std::string& text) {
  const auto parsed = parse_agent_features(text);
  return parsed ? "" : parsed.error().message;
}

void add_logger_flags(flags::Table& table, AgentFlags& flags) {
  const flags::Bytes bytes_min{log_bytes_min};
  table
      .add("container_logger", flags.container_logger,
           "rotate: output files of containers turn over at a size; else they grow without end.")
      .one_of({"", "rotate", "sandbox", "org_apache_mesos_LogrotateContainerLogger"});
  table.add("max_stdout_size", flags.max_stdout_size, "Size at which stdout of a container turns over.",
            {.min = bytes_min});
  table.add("max_stderr_size", flags.max_stderr_size, "Size at which stderr of a container turns over.",
            {.min = bytes_min});
  table.add("logrotate_stdout_options", flags.logrotate_stdout_options, "How many files of stdout are kept: rotate N.")
      .check(rotate_fault);
  table.add("logrotate_stderr_options", flags.logrotate_stderr_options, "How many files of stderr are kept: rotate N.")
      .check(rotate_fault);
  table.add("container_logger_environment_prefix", flags.container_logger_environment_prefix,
            "Start of the names of variables by which a container overrides these.");
}

void add_registration_flags(flags::Table& table, AgentFlags& flags) {
  table.group("Master");
  table
      .add("master", flags.master,
           "Where the master is: host:port, [IPv6]:port, zk://host:port/path, or a file holding that.")
      .required()
      .example("[fd00::1]:5050")
      .check(master_fault);
  table.add("registration_backoff_factor", flags.registration_backoff_factor,
            "First wait before registration; it doubles up to a minute.", {.max = 1min});
  add_domain_flag(table, flags.domain);
  table.refuse("master_detector", "", "modules cannot be loaded");
  table.add("zk_session_timeout", flags.zk_session_timeout, "Silence after which ZooKeeper is believed no more.",
            {.min = 1s, .max = 10min});
}

void add_recovery_flags(flags::Table& table, AgentFlags& flags) {
  table.group("Recovery");
  table.add("recover", flags.recover, "After a restart: reconnect to live executors, or end them and exit.")
      .one_of({"reconnect", "cleanup"});
  table
      .add("reconfiguration_policy", flags.reconfiguration_policy,
           "Which changes of this agent's resources and attributes a restart may bring.")
      .one_of({"equal", "additive"});
  table.add("strict", flags.strict, "Whether unreadable stored state ends the agent.");
  table.add("recovery_timeout", flags.recovery_timeout,
            "How long executors wait for an agent to come back before they end.", {.min = 1s});
  table.add("executor_reregistration_timeout", flags.executor_reregistration_timeout,
            "How long a restarted agent waits for its executors.", {.max = 15s});
}

void add_isolation_flags(flags::Table& table) {
  table.group("Containers");
  table.ignore("effective_capabilities", "", no_isolation).old_name("allowed_capabilities");
  table.ignore("agent_subsystems", "", no_isolation).old_name("slave_subsystems");
  table.ignore("isolation", "posix/cpu,posix/mem", no_isolation);
  table.ignore("launcher", "posix", no_isolation);
  table.refuse("containerizers", "mesos", "only the built-in containerizer is there");
  table.refuse("image_providers", "", "container images are not available in this version");
  for (const auto& [name, initial] :
       std::vector<std::pair<const char*, const char*>>{{"image_provisioner_backend", "auto"},
                                                        {"docker_registry", "https://registry-1.docker.io"},
                                                        {"docker", "docker"},
                                                        {"docker_socket", "/var/run/docker.sock"},
                                                        {"docker_remove_delay", "6hrs"},
                                                        {"docker_stop_timeout", "0ns"},
                                                        {"docker_kill_orphans", "true"},
                                                        {"docker_config", ""},
                                                        {"docker_store_dir", ""},
                                                        {"docker_mesos_image", ""},
                                                        {"docker_volume_checkpoint_dir", ""},
                                                        {"appc_store_dir", ""},
                                                        {"appc_simple_discovery_uri_prefix", ""},
                                                        {"default_container_info", ""},
                                                        {"default_container_dns", ""}}) {
    table.ignore(name, initial, "container images are not available in this version");
  }
  for (const auto& [name, initial] :
       std::vector<std::pair<const char*, const char*>>{{"cgroups_hierarchy", "/sys/fs/cgroup"},
                                                        {"cgroups_root", "mesos"},
                                                        {"cgroups_enable_cfs", "false"},
                                                        {"cgroups_limit_swap", "false"},
                                                        {"cgroups_destroy_timeout", "1mins"},
                                                        {"cgroups_cpu_enable_pids_and_tids_count", "false"},
                                                        {"cgroups_net_cls_primary_handle", ""},
                                                        {"cgroups_net_cls_secondary_handles", ""},
                                                        {"allowed_devices", ""},
                                                        {"nvidia_gpu_devices", ""},
                                                        {"perf_events", ""},
                                                        {"perf_interval", "1mins"},
                                                        {"perf_duration", "10secs"},
                                                        {"revocable_cpu_low_priority", "true"},
                                                        {"systemd_enable_support", "true"},
                                                        {"systemd_runtime_directory", "/run/systemd/system"},
                                                        {"bounding_capabilities", ""},
                                                        {"disallow_sharing_agent_ipc_namespace", "false"},
                                                        {"disallow_sharing_agent_pid_namespace", "false"},
                                                        {"default_shm_size", ""},
                                                        {"enforce_container_disk_quota", "false"},
                                                        {"container_disk_watch_interval", "15secs"},
                                                        {"enforce_container_ports", "false"},
                                                        {"container_ports_watch_interval", "30secs"},
                                                        {"xfs_project_range", ""},
                                                        {"network_cni_plugins_dir", ""},
                                                        {"network_cni_config_dir", ""},
                                                        {"launcher_dir", ""},
                                                        {"ephemeral_ports_per_container", "1024"},
                                                        {"resource_estimator", ""},
                                                        {"qos_controller", ""},
                                                        {"qos_correction_interval_min", "0ns"},
                                                        {"oversubscribed_resources_interval", "15secs"},
                                                        {"resource_provider_config_dir", ""},
                                                        {"volume_gid_range", ""},
                                                        {"csi_plugin_config_dir", ""},
                                                        {"host_path_volume_force_creation", ""}}) {
    table.ignore(name, initial, no_isolation);
  }
}

void add_remaining(flags::Table& table) {
  table.refuse("authenticate_http_executors", "false", "executors cannot be authenticated in this version");
  table.ignore("credential", "", "agents are not authenticated");
  table.ignore("authenticatee", "crammd5", "agents are not authenticated");
  table.ignore("authentication_backoff_factor", "1secs", "agents are not authenticated");
  table.ignore("authentication_timeout_min", "5secs", "agents are not authenticated");
  table.ignore("authentication_timeout_max", "1mins", "agents are not authenticated");
  table.ignore("http_command_executor", "false", "plain commands run without an executor process");
  table.ignore("gc_non_executor_container_sandboxes", "false", "sandboxes of nested containers go with their executor");
}

}  // namespace

void add_resource_flags(flags::Table& table, AgentFlags& flags) {
  table.group("Resources");
  table.add("resources", flags.resources, "What the agent has to offer; what is not named is detected.")
      .path_or_text()
      .check(resources_fault)
      .example("cpus:24;mem:24576;ports:[21000-24000]");
  table.add("attributes", flags.attributes, "What frameworks may want to know of this machine.")
      .example("rack:abc;zone:west");
  table.add("agent_features", flags.agent_features, "JSON: the capabilities that the agent tells its master.")
      .path_or_text()
      .check(features_fault);
  table.add("default_role", flags.default_role, "Role of the resources that name none.");
}

void add_executor_flags(flags::Table& table, AgentFlags& flags) {
  table.group("Executors");
  table.add("runtime_dir", flags.runtime_dir, "Folder of run-time state; it must be lost at reboot.");
  table.add("switch_user", flags.switch_user, "Whether tasks run as the user that their framework names.");
  table.add("sandbox_directory", flags.sandbox_directory, "Where a sandbox appears inside an image.");
  table
      .add("executor_environment_variables", flags.executor_environment_variables,
           "JSON object: the environment that executors start with, instead of the agent's.")
      .path_or_text()
      .check(variables_fault)
      .example(R"({"PATH":"/bin:/usr/bin"})");
  table.add("executor_registration_timeout", flags.executor_registration_timeout,
            "How long a new executor may take to subscribe.", {.min = 1ms});
  table.add("executor_shutdown_grace_period", flags.executor_shutdown_grace_period,
            "How long an executor may take to shut down before it is killed.");
  table.add("gc_delay", flags.gc_delay, "Age at which sandboxes are removed.");
  table.add("gc_disk_headroom", flags.gc_disk_headroom, "Part of the disk that removal keeps free, by lower ages.",
            {.min = 0.0, .max = 1.0});
  table.add("disk_watch_interval", flags.disk_watch_interval, "Time between looks at the disk.", {.min = 1s});
  table.add("http_heartbeat_interval", flags.http_heartbeat_interval, "Time between heartbeats on event streams.",
            {.min = 1s});
  table.add("max_completed_executors_per_framework", flags.max_completed_executors_per_framework,
            "Completed executors of a framework remembered.");
  add_logger_flags(table, flags);
}

void add_fetcher_flags(flags::Table& table, AgentFlags& flags) {
  table.group("Fetcher");
  table.add("fetcher_cache_size", flags.fetcher_cache_size, "Most that the cache of fetched files takes; 0 for none.");
  table.add("fetcher_cache_dir", flags.fetcher_cache_dir, "Folder of the cache, which is emptied at start.");
  table.add("fetcher_stall_timeout", flags.fetcher_stall_timeout, "A transfer without a byte for so long fails.",
            {.min = 1ms});
  table.add("fetcher_max_size", flags.fetcher_max_size, "Most that one fetched file may have.");
  table
      .add("fetcher_local_paths", flags.fetcher_local_paths,
           "Folders from which local files may be fetched; all if empty.")
      .check(paths_fault)
      .example("/srv/artifacts,/etc/docker");
  table
      .add("fetcher_allowed_networks", flags.fetcher_allowed_networks,
           "Networks that fetches may connect to though they are loopback, link-local or the like.")
      .check(networks_fault)
      .example("127.0.0.0/8,fd00::/8");
  table.add("fetcher_denied_networks", flags.fetcher_denied_networks, "Networks that fetches may not connect to.")
      .check(networks_fault)
      .example("10.1.0.0/16");
  table.add("frameworks_home", flags.frameworks_home, "Folder in which relative paths of URIs begin.");
  table.add("hadoop_home", flags.hadoop_home, "Folder whose bin/hadoop fetches hdfs:// and other URIs.");
}

flags::Table agent_table(AgentFlags& flags) {
  flags::Table table("stoa agent", "Runs the agent: it offers this machine's resources and runs tasks on them.");
  add_registration_flags(table, flags);
  add_network_flags(table, flags.common);
  table.group("Files");
  table.add("work_dir", flags.work_dir, "Folder of sandboxes and of all that the agent remembers; made if missing.")
      .required()
      .example("/var/lib/stoa/agent");
  add_resource_flags(table, flags);
  add_executor_flags(table, flags);
  add_fetcher_flags(table, flags);
  add_recovery_flags(table, flags);
  add_logging_flags(table, flags.common);
  add_limit_flags(table, flags.common);
  add_isolation_flags(table);
  add_authentication_flags(table, flags.common.authentication, "http_credentials");
  add_security_flags(table);
  add_remaining(table);
  return table;
}

LogRotation log_rotation(const AgentFlags& flags) {
  return {.enabled = !flags.container_logger.empty() && flags.container_logger != "sandbox",
          .standard = {.bytes_max = flags.max_stdout_size.count,
                       .files = parse_rotate_options(flags.logrotate_stdout_options).value_or(0)},
          .error = {.bytes_max = flags.max_stderr_size.count,
                    .files = parse_rotate_options(flags.logrotate_stderr_options).value_or(0)},
          .prefix = flags.container_logger_environment_prefix};
}

std::vector<std::string> agent_problems(const AgentFlags& flags) {
  if (!flags.work_dir.value.starts_with('/') && !flags.work_dir.empty()) {
    return {fmt::format("invalid value '{}' of --work_dir: expecting an absolute path", flags.work_dir.value)};
  }
  return {};
}

}  // namespace stoa::daemon
