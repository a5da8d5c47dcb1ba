// What a daemon calls itself towards others: its addresses and its name (IP6-012 to IP6-015, HA-024).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"

namespace stoa::daemon {

struct ListenOptions {
  std::vector<net::Endpoint> endpoints;  // All with the same port; 0: any free one.
  std::optional<net::Address> advertise_ip;
  std::optional<std::uint16_t> advertise_port;
  std::string hostname;  // Empty: looked up.
  bool hostname_lookup = true;
};

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
