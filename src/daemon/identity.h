// Where a daemon listens, and what it calls itself towards others (IP6-010 to IP6-015, HA-024, SEC-001).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"

namespace stoa::daemon {

struct ListenOptions {
  std::optional<net::Address> ip;   // IPv4 to bind, --ip.
  std::optional<net::Address> ip6;  // IPv6 to bind, --ip6.
  std::uint16_t port = 0;           // 0: any free one.
  std::optional<net::Address> advertise_ip;
  std::optional<std::uint16_t> advertise_port;
  std::optional<std::string> hostname;
  bool hostname_lookup = true;
};

// Where to listen: what was asked for; without --ip and --ip6 loopback of both families (SEC-001).
std::vector<net::Endpoint> listen_endpoints(const ListenOptions& options);

struct Identity {
  std::string hostname;
  std::vector<net::Address> addresses;  // That reach the daemon, the primary one first: IPv4 where there is one.
  std::uint16_t port = 0;

  net::Endpoint primary() const { return {addresses.front(), port}; }
};

// What others are told, once the server listens on `bound`. Fails with invalid_argument if nothing can be advertised.
// May block for a reverse lookup, 5 s at most.
Result<Identity> identity_of(const ListenOptions& options, const std::vector<net::Endpoint>& bound);

}  // namespace stoa::daemon
