// Address and Endpoint <-> the kernel's form of them.
#pragma once

#include <sys/socket.h>

#include <optional>

#include "net/address.h"

namespace stoa::net {

// Writes the family that the address is of, and returns the length of it. Nothing if the zone names no interface.
std::optional<socklen_t> to_sockaddr(const Endpoint& endpoint, sockaddr_storage& out);

// An IPv4-mapped address comes out as IPv4. Any other family gives the unspecified address and port 0.
Endpoint from_sockaddr(const sockaddr_storage& storage);

// The peer or own endpoint of a connected socket; unspecified if the kernel has none (unix sockets).
Endpoint peer_of(int descriptor);
Endpoint local_of(int descriptor);

}  // namespace stoa::net
