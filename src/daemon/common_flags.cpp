#include "daemon/common_flags.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "daemon/message_flags.h"
#include "mesos/v1/mesos.pb.h"
#include "net/interfaces.h"

namespace stoa::net {

Result<> read(std::string_view text, Address& out) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  LET(out, Address::parse(text));
  return {};
}
std::string write(const Address& value) { return value.to_string(); }

}  // namespace stoa::net

namespace stoa::daemon {
namespace {

using namespace std::chrono_literals;

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 100;
  return std::clamp<std::size_t>(size.ws_col, 40, 120);
}

}  // namespace

void add_network_flags(flags::Table& table, CommonFlags& flags) {
  table.group("Network");
  table.add("ip", flags.ip, "Address to listen on; :: means every address of both families. Default: loopback only.")
      .example("::")
      .variable("LIBPROCESS_IP");
  table.add("ip6", flags.ip6, "IPv6 address to listen on, besides that of --ip.").example("fd00::7");
  table.add("port", flags.port, "Port to listen on; 0 picks a free one.").variable("LIBPROCESS_PORT");
  table.add("advertise_ip", flags.advertise_ip, "Address that others are told to connect to.")
      .example("fd00::7")
      .variable("LIBPROCESS_ADVERTISE_IP");
  table.add("advertise_port", flags.advertise_port, "Port that others are told to connect to.")
      .variable("LIBPROCESS_ADVERTISE_PORT");
  table.add("hostname", flags.hostname, "Name by which this host is shown and linked to.").example("node7.example.org");
  table.add("hostname_lookup", flags.hostname_lookup,
            "Whether the host's name is looked up where none is given; else its address is shown.");
  table.add("port_file", flags.port_file, "File that the port in use is written to, for programs that start daemons.");
  table.add("insecure", flags.insecure, "Allows to listen on other addresses than loopback without authentication.");
  table.add("enable_jsonp", flags.enable_jsonp,
            "Whether ?jsonp=NAME makes a read a script, for pages of other hosts: they can then read all.");
  table.refuse("ip_discovery_command", "", "give the address with --ip or --advertise_ip");
}

void add_limit_flags(flags::Table& table, CommonFlags& flags) {
  table.group("Limits");
  table.add("http_max_body", flags.http_max_body, "Largest body of a request, inflated.", {.min = flags::Bytes{1024}});
  table.add("http_max_head", flags.http_max_head, "Largest request line with its headers.",
            {.min = flags::Bytes{1024}});
  table.add("http_max_headers", flags.http_max_headers, "Most headers of a request.", {.min = 10u});
  table.add("http_max_url", flags.http_max_url, "Longest URL.", {.min = flags::Bytes{256}});
  table.add("http_head_timeout", flags.http_head_timeout, "Time for all headers, from their first byte.",
            {.min = 100ms});
  table.add("http_body_timeout", flags.http_body_timeout, "Time that a body may make no progress.", {.min = 100ms});
  table.add("http_max_connections", flags.http_max_connections, "Connections at one time; then accepting pauses.",
            {.min = 10u});
  table.add("http_max_connections_per_address", flags.http_max_connections_per_address,
            "Connections of one address at one time; then 429.", {.min = 1u});
  table.add("http_max_pipelined", flags.http_max_pipelined, "Requests of one connection read ahead.", {.min = 1u});
  table.add("http_max_stream_backlog", flags.http_max_stream_backlog,
            "Unsent bytes of an event stream at which it is cut.", {.min = flags::Bytes{1 << 20}});
  table.add("io_threads", flags.io_threads, "Threads for connections; 0: as many as fit the machine.", {.max = 1024u})
      .variable("LIBPROCESS_NUM_WORKER_THREADS");
}

void add_logging_flags(flags::Table& table, CommonFlags& flags) {
  table.group("Logging");
  table.add("log_dir", flags.log_dir, "Folder for a log file, besides stderr.").example("/var/log/stoa");
  table.add("logging_level", flags.logging_level, "Least level that is logged.").one_of({"INFO", "WARNING", "ERROR"});
  table.add("quiet", flags.quiet, "Silences the log on stderr.");
  table.ignore("logbufsecs", "0", "log lines are never held back");
  table.ignore("initialize_driver_logging", "true", "there is no driver in this program");
  table.ignore("external_log_file", "", "log files are served from --log_dir only");
  table.ignore("memory_profiling", "false", "there is no profiler in this program");
}

void add_security_flags(flags::Table& table) {
  constexpr const char* missing = "executors cannot be authenticated in this version";
  table.group("Security");
  table.refuse("acls", "", "this version has no authorization; everything is allowed");
  table.refuse("authorizers", "local", "this version has no authorization");
  table.refuse("firewall_rules", "", "endpoints cannot be disabled in this version");
  table.refuse("modules", "", "modules cannot be loaded");
  table.refuse("modules_dir", "", "modules cannot be loaded");
  table.refuse("hooks", "", "modules cannot be loaded");
  table.refuse("jwt_secret_key", "", missing).old_name("executor_secret_key");
  table.refuse("ssl_enabled", "false", "this version has no TLS").variable("LIBPROCESS_SSL_ENABLED");
  table.ignore("authentication_v0_timeout", "15secs", "agents are not authenticated");
}

void add_domain_flag(flags::Table& table, std::string& domain) {
  table.add("domain", domain, "JSON: the region and zone that this host is in.")
      .path_or_text()
      .check([](const std::string& text) -> std::string {
        mesos::v1::DomainInfo ignored;
        const auto parsed = parse_domain(text, ignored);
        return parsed ? "" : parsed.error().message;
      })
      .example(R"({"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}})");
}

http::ServerOptions server_options(const CommonFlags& flags) {
  http::ServerOptions options;
  options.head_bytes_max = flags.http_max_head.count;
  options.headers_max = flags.http_max_headers;
  options.url_bytes_max = flags.http_max_url.count;
  options.body_bytes_max = flags.http_max_body.count;
  options.head_time_max = flags.http_head_timeout;
  options.body_progress_max = flags.http_body_timeout;
  options.connections_max = flags.http_max_connections;
  options.connections_per_address_max = flags.http_max_connections_per_address;
  options.pipelined_max = flags.http_max_pipelined;
  options.shutdown_time_max = 1s;  // The whole process ends within two (AGT-188).
  options.stream_bytes_max = flags.http_max_stream_backlog.count;
  return options;
}

std::vector<net::Endpoint> listen_endpoints(const CommonFlags& flags) {
  std::vector<net::Endpoint> endpoints;
  for (const std::optional<net::Address>& given : {flags.ip, flags.ip6}) {
    if (given) endpoints.push_back({*given, flags.port});
  }
  if (flags.ip == net::Address::any_v6() && !flags.ip6) endpoints.push_back({net::Address::any_v4(), flags.port});
  if (!endpoints.empty()) return endpoints;
  if (flags.advertise_ip && !flags.advertise_ip->is_loopback()) return http::any_endpoints(flags.port);
  for (const net::Address& address : net::loopback_addresses()) endpoints.push_back({address, flags.port});
  return endpoints;
}

std::optional<std::string> insecure_refusal(const std::vector<net::Endpoint>& endpoints, bool insecure,
                                            std::string_view missing) {
  if (insecure) return std::nullopt;
  for (const net::Endpoint& endpoint : endpoints) {
    if (endpoint.address.is_loopback()) continue;
    return fmt::format(
        "refusing to listen on {} without authentication: give {}, or --insecure if everybody who reaches this "
        "address may do everything",
        endpoint.address.to_string(), missing);
  }
  return std::nullopt;
}

std::optional<int> answer_instead(const flags::Table& table, const flags::Outcome& outcome, std::string_view version) {
  std::string text;
  switch (outcome.wish) {
    case flags::Wish::help:
      text = help_text(table, outcome.help_topic, terminal_columns());
      break;
    case flags::Wish::help_json:
      text = help_json(table);
      break;
    case flags::Wish::version:
      text = fmt::format("stoa {}\n", version);
      break;
    case flags::Wish::run:
      if (outcome.problems.empty()) return std::nullopt;
      for (const std::string& problem : outcome.problems) fmt::print(stderr, "{}: {}\n", table.program(), problem);
      fmt::print(stderr, "Usage: {} [--flag=value ...], see {} --help\n", table.program(), table.program());
      return 1;
  }
  fmt::print("{}", text);
  std::fflush(stdout);
  return 0;
}

}  // namespace stoa::daemon
