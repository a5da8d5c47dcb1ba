// Flags that master and agent share: where to listen, what to be called, limits, logs.
//
// Secure by default (SEC-001, SEC-002): without a word from the operator a daemon listens on loopback only, and other
// addresses need authentication or the explicit --insecure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/flags/table.h"
#include "base/result.h"
#include "daemon/authentication.h"
#include "http/server.h"
#include "net/address.h"

// Addresses as values of flags; found by the type of their argument.
namespace stoa::net {
Result<> read(std::string_view text, Address& out);
std::string write(const Address& value);
constexpr std::string_view type_name(const Address*) { return "address"; }
}  // namespace stoa::net

namespace stoa::daemon {

constexpr int exit_insecure = 78;  // SEC-002, FE-141

struct CommonFlags {
  std::optional<net::Address> ip;
  std::optional<net::Address> ip6;
  std::uint16_t port = 0;
  std::optional<net::Address> advertise_ip;
  std::optional<std::uint16_t> advertise_port;
  std::string hostname;
  bool hostname_lookup = true;
  flags::Path port_file;
  bool insecure = false;
  bool enable_jsonp = false;
  AuthenticationFlags authentication;

  flags::Path log_dir;
  std::string logging_level = "INFO";
  bool quiet = false;

  flags::Bytes http_max_body{64ull << 20};
  flags::Bytes http_max_head{32ull << 10};
  std::uint32_t http_max_headers = 100;
  flags::Bytes http_max_url{16ull << 10};
  Duration http_head_timeout = std::chrono::seconds(10);
  Duration http_body_timeout = std::chrono::seconds(20);
  std::uint32_t http_max_connections = 20'000;
  std::uint32_t http_max_connections_per_address = 1'000;
  std::uint32_t http_max_pipelined = 100;
  flags::Bytes http_max_stream_backlog{64ull << 20};
  std::uint32_t io_threads = 0;  // 0: as many as fit the machine.
};

// Each adds the flags of one matter; `flags` must outlive the table.
void add_network_flags(flags::Table& table, CommonFlags& flags);
void add_limit_flags(flags::Table& table, CommonFlags& flags);
void add_logging_flags(flags::Table& table, CommonFlags& flags);
// Flags of authorization and TLS that both daemons have in old start scripts, and that have no effect here.
void add_security_flags(flags::Table& table);

// The region and zone of this host, as JSON.
void add_domain_flag(flags::Table& table, std::string& domain);

http::ServerOptions server_options(const CommonFlags& flags);

// Where the daemon is to listen: loopback of both families unless an address is given; `--ip=::` is every address of
// both families (FE-132, SEC-001).
std::vector<net::Endpoint> listen_endpoints(const CommonFlags& flags);

// What is wrong with listening there without authentication, naming `missing`, the flags that would make it right;
// nothing if it is allowed (SEC-002).
std::optional<std::string> insecure_refusal(const std::vector<net::Endpoint>& endpoints, bool insecure,
                                            std::string_view missing);

// Does what flags::parse() found to do instead of running: prints help or the version to stdout, or problems to
// stderr, as `program: problem`. Returns the exit code then; nothing when the daemon is to run.
std::optional<int> answer_instead(const flags::Table& table, const flags::Outcome& outcome, std::string_view version);

}  // namespace stoa::daemon
