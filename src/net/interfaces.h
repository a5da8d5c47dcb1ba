// The host's own addresses and names: what a daemon binds, advertises and calls itself (IP6-012, HA-024).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/address.h"

namespace stoa::net {

struct Interface {
  std::string name;
  int index = 0;
  bool is_up = false;
  std::vector<Address> addresses;  // Link-local IPv6 ones carry the interface's name as their zone.
};

// Every interface that has an address, in the kernel's order. Fails with internal.
Result<std::vector<Interface>> interfaces();

// The addresses by which others may reach this host, one per family: the source address the kernel would use towards
// the default route, else the first advertisable one of an interface that is up. Neither needs the other (IP6-011).
struct PrimaryAddresses {
  std::optional<Address> v4;
  std::optional<Address> v6;

  // IPv4 where it exists, so that old clients still connect (IP6-012).
  std::optional<Address> preferred() const { return v4 ? v4 : v6; }
};
PrimaryAddresses primary_addresses();

// 127.0.0.1 and ::1, whichever this host has: where servers listen unless told otherwise (IP6-011).
std::vector<Address> loopback_addresses();

// gethostname(2).
std::string hostname();

// The name that the resolver gives for an address, without its final dot. Blocks for `timeout` at most; then, and where
// there is no name, nothing (HA-024, IP6-015).
std::optional<std::string> reverse_lookup(const Address& address, Duration timeout);

// All addresses of a name, or the address itself for a literal, in the resolver's order, of both families (IP6-015).
// Blocks as long as the resolver does. Fails with unavailable, or invalid_argument for an unknown zone (IP6-005).
Result<std::vector<Address>> resolve(const std::string& host);

}  // namespace stoa::net
