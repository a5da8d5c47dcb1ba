#include <gtest/gtest.h>

#include "base/text.h"
#include "daemon/agent_flags.h"
#include "daemon/master_flags.h"
#include "daemon/message_flags.h"
#include "daemon/sharing_flags.h"
#include "daemon/up_flags.h"

namespace stoa::daemon {
namespace {

using Strings = std::vector<std::string>;

flags::Outcome master(const Strings& arguments, const Strings& environment = {}, MasterFlags flags = {}) {
  return flags::parse(master_table(flags), {.arguments = arguments, .environment = environment});
}
flags::Outcome agent(Strings arguments, AgentFlags flags = {}) {
  arguments.insert(arguments.end(), {"--master=[::1]:5050", "--work_dir=/w"});
  return flags::parse(agent_table(flags), {.arguments = arguments});
}

void expect_defaults(const flags::Table& table, const std::vector<std::pair<std::string, std::string>>& defaults) {
  for (const auto& [name, value] : defaults) {
    const flags::Flag* flag = table.find(name);
    ASSERT_NE(flag, nullptr) << name;
    EXPECT_EQ(flag->default_text.value_or(""), value) << name;
  }
}

// HTTP-210 HTTP-001
TEST(Flags, DefaultPortsAreThoseThatClientsAssume) {
  MasterFlags master;
  AgentFlags agent;
  EXPECT_EQ(master_table(master).find("port")->default_text, "5050");
  EXPECT_EQ(agent_table(agent).find("port")->default_text, "5051");
}

// FE-129 HA-004
TEST(MasterFlags, NamesAndDefaultsAreThoseOfOldStartScripts) {
  MasterFlags flags;
  expect_defaults(master_table(flags), {{"ip", ""},
                                        {"port", "5050"},
                                        {"advertise_ip", ""},
                                        {"advertise_port", ""},
                                        {"ip_discovery_command", ""},
                                        {"hostname", ""},
                                        {"hostname_lookup", "true"},
                                        {"cluster", ""},
                                        {"work_dir", ""},
                                        {"quorum", ""},
                                        {"zk", ""},
                                        {"zk_session_timeout", "10secs"},
                                        {"registry", "replicated_log"},
                                        {"registry_fetch_timeout", "1mins"},
                                        {"registry_store_timeout", "20secs"},
                                        {"registry_gc_interval", "15mins"},
                                        {"registry_max_agent_age", "2weeks"},
                                        {"registry_max_agent_count", "102400"},
                                        {"log_auto_initialize", "true"},
                                        {"agent_reregister_timeout", "10mins"},
                                        {"recovery_agent_removal_limit", "100%"},
                                        {"agent_removal_rate_limit", ""},
                                        {"agent_ping_timeout", "15secs"},
                                        {"max_agent_ping_timeouts", "5"},
                                        {"allocator", "HierarchicalDRF"},
                                        {"allocation_interval", "1secs"},
                                        {"allocator_agent_recovery_factor", "0.8"},
                                        {"allocator_recovery_timeout", "10mins"},
                                        {"role_sorter", "drf"},
                                        {"framework_sorter", "drf"},
                                        {"min_allocatable_resources", "cpus:0.01|mem:32"},
                                        {"fair_sharing_excluded_resource_names", ""},
                                        {"filter_gpu_resources", "true"},
                                        {"offer_timeout", ""},
                                        {"offer_constraints_re2_max_mem", "4KB"},
                                        {"offer_constraints_re2_max_program_size", "100"},
                                        {"roles", ""},
                                        {"weights", ""},
                                        {"whitelist", ""},
                                        {"root_submissions", "true"},
                                        {"max_executors_per_agent", ""},
                                        {"max_completed_frameworks", "50"},
                                        {"max_completed_tasks_per_framework", "1000"},
                                        {"max_unreachable_tasks_per_framework", "1000"},
                                        {"max_operator_event_stream_subscribers", "1000"},
                                        {"publish_per_framework_metrics", "true"},
                                        {"require_agent_domain", "false"},
                                        {"domain", ""},
                                        {"webui_dir", ""},
                                        {"rate_limits", ""},
                                        {"firewall_rules", ""}});
}

// FE-130 AGT-004
TEST(AgentFlags, NamesAndDefaultsAreThoseOfOldStartScripts) {
  AgentFlags flags;
  expect_defaults(agent_table(flags), {{"master", ""},
                                       {"ip", ""},
                                       {"ip6", ""},
                                       {"port", "5051"},
                                       {"advertise_ip", ""},
                                       {"advertise_port", ""},
                                       {"hostname", ""},
                                       {"hostname_lookup", "true"},
                                       {"resources", ""},
                                       {"attributes", ""},
                                       {"default_role", "*"},
                                       {"work_dir", ""},
                                       {"runtime_dir", "/var/run/mesos"},
                                       {"containerizers", "mesos"},
                                       {"isolation", "posix/cpu,posix/mem"},
                                       {"image_providers", ""},
                                       {"executor_registration_timeout", "1mins"},
                                       {"executor_reregistration_timeout", "2secs"},
                                       {"executor_shutdown_grace_period", "5secs"},
                                       {"recover", "reconnect"},
                                       {"recovery_timeout", "15mins"},
                                       {"reconfiguration_policy", "equal"},
                                       {"strict", "true"},
                                       {"gc_delay", "1weeks"},
                                       {"gc_disk_headroom", "0.1"},
                                       {"disk_watch_interval", "1mins"},
                                       {"switch_user", "true"},
                                       {"sandbox_directory", "/mnt/mesos/sandbox"},
                                       {"fetcher_cache_size", "2GB"},
                                       {"fetcher_stall_timeout", "1mins"},
                                       {"registration_backoff_factor", "1secs"},
                                       {"oversubscribed_resources_interval", "15secs"},
                                       {"http_heartbeat_interval", "30secs"},
                                       {"max_completed_executors_per_framework", "150"},
                                       {"container_disk_watch_interval", "15secs"},
                                       {"systemd_enable_support", "true"},
                                       {"authentication_timeout_min", "5secs"},
                                       {"authentication_timeout_max", "1mins"},
                                       {"docker_remove_delay", "6hrs"},
                                       {"docker_stop_timeout", "0ns"},
                                       {"docker_kill_orphans", "true"},
                                       {"docker_registry", "https://registry-1.docker.io"},
                                       {"docker", "docker"},
                                       {"docker_socket", "/var/run/docker.sock"},
                                       {"image_provisioner_backend", "auto"},
                                       {"cgroups_hierarchy", "/sys/fs/cgroup"},
                                       {"cgroups_root", "mesos"},
                                       {"cgroups_enable_cfs", "false"},
                                       {"cgroups_limit_swap", "false"},
                                       {"cgroups_destroy_timeout", "1mins"},
                                       {"revocable_cpu_low_priority", "true"},
                                       {"qos_correction_interval_min", "0ns"},
                                       {"enforce_container_disk_quota", "false"},
                                       {"authentication_backoff_factor", "1secs"},
                                       {"authenticatee", "crammd5"},
                                       {"zk_session_timeout", "10secs"},
                                       {"authenticate_http_readonly", "false"},
                                       {"authenticate_http_readwrite", "false"},
                                       {"authenticate_http_executors", "false"},
                                       {"gc_non_executor_container_sandboxes", "false"},
                                       {"disallow_sharing_agent_ipc_namespace", "false"},
                                       {"disallow_sharing_agent_pid_namespace", "false"},
                                       {"fetcher_cache_dir", "/tmp/mesos/fetch"},
                                       {"http_command_executor", "false"}});
}

// AGT-003
TEST(AgentFlags, TheMasterIsNamedInOneWayOnly) {
  const auto parse = [](const Strings& arguments) {
    AgentFlags flags;
    const flags::Outcome outcome = flags::parse(
        agent_table(flags), {.arguments = arguments, .environment = {}, .read_file = [](const std::string& path) {
                               return path == "/etc/master" ? Result<std::string>("host:5050\n") : invalid("no file");
                             }});
    return std::pair(outcome.problems.size(), flags.master);
  };
  EXPECT_EQ(parse({"--work_dir=/w"}).first, 1U);
  EXPECT_EQ(parse({"--work_dir=/w", "--master=h:1", "--master_detector=x"}).first, 1U);
  EXPECT_EQ(parse({"--work_dir=/w", "--master=h:1"}), std::pair(std::size_t{0}, std::string("h:1")));
  EXPECT_EQ(parse({"--work_dir=/w", "--master=file:///etc/master"}),
            std::pair(std::size_t{0}, std::string("host:5050")));
  EXPECT_EQ(parse({"--work_dir=/w", "--master=file:///etc/none"}).first, 1U);
  EXPECT_EQ(parse({"--work_dir=/w", "--master=zk://a:1,[::1]:2/m"}).first, 0U);
  EXPECT_EQ(parse({"--work_dir=/w", "--master=zk://"}).first, 1U);
}

// AGT-007
TEST(AgentFlags, FeaturesMustHoldWhatEveryMasterCountsOn) {
  const auto features = [](const std::string& types) {
    std::string text = R"(--agent_features={"capabilities":[)";
    for (const std::string_view type : split(types, ' ')) text += fmt::format(R"({{"type":"{}"}},)", type);
    text.back() = ']';
    return agent({text + "}"}).problems;
  };
  const std::string all =
      "MULTI_ROLE HIERARCHICAL_ROLE RESERVATION_REFINEMENT RESOURCE_PROVIDER RESIZE_VOLUME AGENT_OPERATION_FEEDBACK "
      "AGENT_DRAINING";
  EXPECT_TRUE(features(all).empty());
  EXPECT_TRUE(features(all + " TASK_RESOURCE_LIMITS").empty());
  EXPECT_FALSE(*parse_agent_features(R"({"capabilities":[{"type":"MULTI_ROLE"},{"type":"HIERARCHICAL_ROLE"},)"
                                     R"({"type":"RESERVATION_REFINEMENT"},{"type":"RESOURCE_PROVIDER"},)"
                                     R"({"type":"RESIZE_VOLUME"},{"type":"AGENT_OPERATION_FEEDBACK"},)"
                                     R"({"type":"AGENT_DRAINING","more":[1]}],"others":{}})"));
  for (const std::string_view left_out : split(all, ' ')) {
    std::string others;
    for (const std::string_view type : split(all, ' ')) {
      if (type != left_out) others += std::string(others.empty() ? "" : " ") + std::string(type);
    }
    ASSERT_EQ(features(others).size(), 1U) << left_out;
    EXPECT_NE(features(others)[0].find(left_out), std::string::npos) << features(others)[0];
  }
  EXPECT_EQ(features(all + " FLYING").size(), 1U);
  for (const char* text : {"{", "[]", "{}", R"({"capabilities":{}})", R"({"capabilities":["MULTI_ROLE"]})",
                           R"({"capabilities":[{"type":1}]})"}) {
    EXPECT_EQ(agent({std::string("--agent_features=") + text}).problems.size(), 1U) << text;
  }
}

// AGT-025
TEST(AgentFlags, ADomainHasARegionAndAZone) {
  const char* good = R"(--domain={"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}})";
  EXPECT_TRUE(agent({good}).problems.empty());
  EXPECT_TRUE(master({good, "--work_dir=/w"}).problems.empty());
  for (const char* text : {"r/z", "{}", R"({"fault_domain":{"region":{"name":"r"},"zone":{"name":""}}})",
                           R"({"fault_domain":{"region":{"name":""},"zone":{"name":"z"}}})"}) {
    EXPECT_EQ(agent({std::string("--domain=") + text}).problems.size(), 1U) << text;
  }
}

// AGT-138
TEST(AgentFlags, JsonpIsOffUnlessItIsWanted) {
  AgentFlags flags;
  EXPECT_EQ(agent_table(flags).find("enable_jsonp")->default_text, "false");
  const Strings arguments{"--enable_jsonp", "--master=[::1]:5050", "--work_dir=/w"};
  EXPECT_TRUE(flags::parse(agent_table(flags), {.arguments = arguments}).problems.empty());
  EXPECT_TRUE(flags.common.enable_jsonp);
}

// HA-004
TEST(MasterFlags, LimitsAreNamedWithFlagAndValue) {
  EXPECT_EQ(master({"--agent_reregister_timeout=9mins"}).problems,
            Strings{"invalid value '9mins' of --agent_reregister_timeout: Must be at least 10mins"});
  EXPECT_EQ(master({"--agent_ping_timeout=500ms"}).problems,
            Strings{"invalid value '500ms' of --agent_ping_timeout: Must be at least 1secs"});
  EXPECT_EQ(master({"--max_agent_ping_timeouts=0"}).problems,
            Strings{"invalid value '0' of --max_agent_ping_timeouts: Must be at least 1"});
  EXPECT_EQ(master({"--slave_ping_timeout=16mins"}).problems,
            Strings{"invalid value '16mins' of --slave_ping_timeout: Must be at most 15mins"});
  EXPECT_EQ(master({"--min_allocatable_resources=cpus:x"}).problems.size(), 1u);
}

// HA-005 FE-128
TEST(MasterFlags, AnOldStartScriptStillStarts) {
  const flags::Outcome outcome =
      master({"--work_dir=/w", "--quorum=2", "--log_auto_initialize", "--registry=replicated_log"});
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_EQ(outcome.warnings.size(), 2u);
  EXPECT_EQ(outcome.shown.at("quorum"), "2");
}

// FE-128
TEST(MasterFlags, WhatCannotBeGivenFailsAtStart) {
  EXPECT_EQ(master({"--acls=/etc/acls"}).problems.size(), 1u);
  EXPECT_EQ(master({"--authenticate_agents"}).problems.size(), 1u);
  EXPECT_EQ(master({"--modules=x"}).problems.size(), 1u);
  EXPECT_TRUE(master({"--no-authenticate_agents", "--allocator=HierarchicalDRF"}).problems.empty());
}

// FE-125
TEST(MasterFlags, EveryOldNameWorks) {
  MasterFlags flags;
  const flags::Table table = master_table(flags);
  for (const char* name : {"slave_reregister_timeout", "recovery_slave_removal_limit", "slave_removal_rate_limit",
                           "slave_ping_timeout", "max_slave_ping_timeouts", "max_executors_per_slave", "user_sorter",
                           "authenticate", "authenticate_slaves", "authenticate_http", "executor_secret_key"}) {
    ASSERT_NE(table.find(name), nullptr) << name;
    EXPECT_NE(table.find(name)->name, name);
  }
}

// FE-125
TEST(AgentFlags, EveryOldNameWorks) {
  AgentFlags flags;
  const flags::Table table = agent_table(flags);
  EXPECT_EQ(table.find("slave_subsystems")->name, "agent_subsystems");
  EXPECT_EQ(table.find("allowed_capabilities")->name, "effective_capabilities");
}

// SCH-261
TEST(MasterFlags, RateLimitsAreCheckedBeforeTheMasterStarts) {
  const auto problems = [](const std::string& text) { return master({"--rate_limits=" + text}).problems.size(); };
  EXPECT_EQ(problems(R"({"limits":[{"principal":"a","qps":1.5,"capacity":9},{"principal":"b"}],)"
                     R"("aggregate_default_qps":10,"aggregate_default_capacity":100})"),
            0u);
  EXPECT_EQ(problems(R"({"limits":[{"principal":"a","qps":0}]})"), 1u);
  EXPECT_EQ(problems(R"({"limits":[{"principal":"a","qps":-1}]})"), 1u);
  EXPECT_EQ(problems(R"({"aggregate_default_qps":0})"), 1u);
  EXPECT_EQ(problems(R"({"limits":[{"principal":"a","qps":1},{"principal":"a","qps":2}]})"), 1u);
  EXPECT_EQ(problems(R"({"limits":[{"qps":1}]})"), 1u);
  EXPECT_EQ(problems("{"), 1u);
}

// AGT-004 AGT-005
TEST(AgentFlags, LimitsAreNamedWithFlagAndValue) {
  EXPECT_EQ(agent({"--executor_reregistration_timeout=16secs"}).problems,
            Strings{"invalid value '16secs' of --executor_reregistration_timeout: Must be at most 15secs"});
  EXPECT_EQ(agent({"--registration_backoff_factor=2mins"}).problems,
            Strings{"invalid value '2mins' of --registration_backoff_factor: Must be at most 1mins"});
  EXPECT_EQ(agent({"--gc_disk_headroom=1.5"}).problems,
            Strings{"invalid value '1.5' of --gc_disk_headroom: Must be at most 1"});
  EXPECT_EQ(agent({"--recover=maybe"}).problems,
            Strings{"invalid value 'maybe' of --recover: expecting one of reconnect, cleanup"});
  EXPECT_EQ(agent({"--resources=cpus"}).problems.size(), 1u);
  AgentFlags flags;
  EXPECT_EQ(flags::parse(agent_table(flags), {}).problems,
            (Strings{"missing required flag --master", "missing required flag --work_dir"}));
}

Strings listening(CommonFlags flags) {
  flags.port = 5050;
  Strings out;
  for (const net::Endpoint& endpoint : listen_endpoints(flags)) out.push_back(endpoint.to_string());
  return out;
}
net::Address address(std::string_view text) { return net::Address::parse(text).value(); }

// FE-126 AGT-006
TEST(CommonFlags, HelpAndVersionGoToStdoutAndMistakesToStderr) {
  AgentFlags flags;
  const flags::Table table = agent_table(flags);
  testing::internal::CaptureStdout();
  EXPECT_EQ(answer_instead(table, {.wish = flags::Wish::help}, "1.0"), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("--work_dir=path  (required)"), std::string::npos);
  testing::internal::CaptureStdout();
  EXPECT_EQ(answer_instead(table, {.wish = flags::Wish::version}, "1.0"), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "stoa 1.0\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(answer_instead(table, {.problems = {"unknown flag 'x'"}}, "1.0"), 1);
  EXPECT_TRUE(testing::internal::GetCapturedStderr().starts_with("stoa agent: unknown flag 'x'\nUsage: stoa agent"));
  EXPECT_EQ(answer_instead(table, {}, "1.0"), std::nullopt);
}

// FE-132 SEC-001
TEST(CommonFlags, ListenOnLoopbackUnlessToldOtherwise) {
  for (const std::string& endpoint : listening({})) {
    EXPECT_TRUE(endpoint == "127.0.0.1:5050" || endpoint == "[::1]:5050") << endpoint;
  }
  EXPECT_EQ(listening({.ip = address("::")}), (Strings{"[::]:5050", "0.0.0.0:5050"}));
  EXPECT_EQ(listening({.ip = address("0.0.0.0")}), Strings{"0.0.0.0:5050"});
  EXPECT_EQ(listening({.ip = address("10.0.0.1"), .ip6 = address("fd00::1")}),
            (Strings{"10.0.0.1:5050", "[fd00::1]:5050"}));
}

// SEC-002
TEST(CommonFlags, OtherAddressesNeedAuthenticationOrTheWordInsecure) {
  const std::vector<net::Endpoint> open{{address("::1"), 1}, {address("fd00::1"), 1}};
  EXPECT_EQ(insecure_refusal({{address("::1"), 1}, {address("127.0.0.1"), 1}}, false, "x"), std::nullopt);
  EXPECT_EQ(insecure_refusal(open, true, "x"), std::nullopt);
  const std::optional<std::string> refusal = insecure_refusal(open, false, master_authentication_flags);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_NE(refusal->find("fd00::1"), std::string::npos);
  EXPECT_NE(refusal->find("--authenticate_http_frameworks"), std::string::npos);
  EXPECT_NE(refusal->find("--insecure"), std::string::npos);
}

// FE-131
TEST(CommonFlags, VariablesOfTheNetworkLayerCountWhenTheFlagIsNotGiven) {
  EXPECT_EQ(master({}, {"LIBPROCESS_PORT=7"}).shown.at("port"), "7");
  EXPECT_EQ(master({"--port=8"}, {"LIBPROCESS_PORT=7"}).shown.at("port"), "8");
  EXPECT_EQ(master({}, {"LIBPROCESS_IP=::1"}).shown.at("ip"), "::1");
  EXPECT_FALSE(master({}, {"LIBPROCESS_SSL_ENABLED=true"}).problems.empty());
}

// SEC-120
TEST(CommonFlags, LimitsOfTheTransportAreFlags) {
  CommonFlags flags;
  flags.http_max_body = {1 << 20};
  flags.http_max_connections = 33;
  EXPECT_EQ(server_options(flags).body_bytes_max, 1u << 20);
  EXPECT_EQ(server_options(flags).connections_max, 33u);
  const http::ServerOptions defaults = server_options({});
  EXPECT_EQ(defaults.head_bytes_max, 32u * 1024);
  EXPECT_EQ(defaults.headers_max, 100u);
  EXPECT_EQ(defaults.url_bytes_max, 16u * 1024);
  EXPECT_EQ(defaults.body_bytes_max, 64u << 20);
}

// ALC-005
TEST(MasterFlags, PoliciesAreChosenByNameAndWrongOnesAreRefused) {
  using allocator::PreemptionMode;
  using allocator::Sorter;
  const auto options = [](const Strings& arguments) {
    MasterFlags flags;
    EXPECT_TRUE(flags::parse(master_table(flags), {.arguments = arguments}).problems.empty());
    EXPECT_TRUE(parse_weights(flags.weights) && parse_priorities(flags.role_priorities));
    return allocation_options(flags);
  };
  EXPECT_EQ(options({}).role_sorter, Sorter::drf);
  EXPECT_EQ(options({}).framework_sorter, Sorter::drf);
  EXPECT_EQ(options({}).allocation_interval, std::chrono::seconds(1));
  EXPECT_EQ(options({}).preemption.mode, PreemptionMode::off);
  EXPECT_EQ(options({"--allocator=hierarchical"}).role_sorter, Sorter::drf);
  EXPECT_EQ(options({"--allocator=drf"}).role_sorter, Sorter::drf);
  EXPECT_EQ(options({"--allocator=priority"}).role_sorter, Sorter::priority);
  EXPECT_EQ(options({"--user_sorter=random", "--framework_sorter=drf"}).role_sorter, Sorter::random);
  EXPECT_EQ(options({"--role_sorter=drf", "--framework_sorter=random"}).framework_sorter, Sorter::random);
  EXPECT_EQ(options({"--role_sorter=priority"}).preemption.mode, PreemptionMode::priority);
  EXPECT_EQ(options({"--role_sorter=priority", "--preemption=off"}).preemption.mode, PreemptionMode::off);
  EXPECT_EQ(options({"--preemption=guarantees"}).preemption.mode, PreemptionMode::guarantees);
  EXPECT_EQ(options({"--allocator_seed=7"}).seed, 7U);
  EXPECT_TRUE(options({"--allocation_order=id"}).order_by_id);
  EXPECT_EQ(options({"--hold_after=5secs"}).hold_after, std::chrono::seconds(5));
  EXPECT_EQ(options({"--preemption_delay=1secs"}).preemption.delay, std::chrono::seconds(1));
  EXPECT_EQ(options({"--preemption_max_victims=3"}).preemption.victims_max, 3U);
  for (const char* bad :
       {"--allocator=fair", "--role_sorter=lottery", "--framework_sorter=priority", "--preemption=yes",
        "--allocation_order=name", "--weights=a", "--weights=a=0", "--weights=a=1,a=2", "--weights=a//b=1",
        "--weights=a=x", "--role_priorities=a=1000001", "--role_priorities=a=1.5", "--preemption_max_victims=0",
        "--allocator_agent_recovery_factor=1.5", "--hold_after=-1secs", "--allocator_seed=x"}) {
    MasterFlags flags;
    const Strings arguments{"--work_dir=/w", bad};
    EXPECT_EQ(flags::parse(master_table(flags), {.arguments = arguments}).problems.size(), 1U) << bad;
  }
  MasterFlags contradiction;
  const Strings arguments{"--work_dir=/w", "--allocator=priority", "--role_sorter=random"};
  EXPECT_TRUE(flags::parse(master_table(contradiction), {.arguments = arguments}).problems.empty());
  EXPECT_EQ(master_problems(contradiction).size(), 1U);
  EXPECT_EQ(*parse_weights("a=2, b/c = 3.5"), (std::map<std::string, double>{{"a", 2}, {"b/c", 3.5}}));
  EXPECT_EQ(*parse_priorities("a=10,b/c=-5"), (std::map<std::string, int>{{"a", 10}, {"b/c", -5}}));
}

TEST(UpFlags, TakesWhatMattersOfMasterAndAgent) {
  UpFlags flags;
  const Strings arguments{"--work_dir=/w", "--port=0", "--agents=3", "--resources=cpus:8", "--ip=::1"};
  EXPECT_TRUE(flags::parse(up_table(flags), {.arguments = arguments}).problems.empty());
  EXPECT_EQ(flags.work_dir.value, "/w");
  EXPECT_EQ(flags.agents, 3u);
  EXPECT_EQ(flags.agent.resources, "cpus:8");
  EXPECT_EQ(flags.master.common.port, 0);
  EXPECT_EQ(flags.master.common.ip, address("::1"));
  const Strings none{"--work_dir=/w", "--agents=0"};
  EXPECT_FALSE(flags::parse(up_table(flags), {.arguments = none}).problems.empty());
}

}  // namespace
}  // namespace stoa::daemon
