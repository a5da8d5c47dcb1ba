// Tls tunnel: puts TLS under a connection that knows nothing of it. A pair of local sockets stands between: the
// connection reads and writes plain text at one end, the tunnel carries it over TLS from the other.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "http/socket.h"

namespace stoa::http {

// Shakes hands with the server, whose certificate is not verified, and calls back once, on the strand, with the plain
// end; fails with unavailable, saying how far it came. `host`, if it is a name, is told to the server (RFC 6066). The
// tunnel ends when either end does. The returned function ends a handshake without a call; call it on the strand.
std::function<void()> open_tls_tunnel(const Strand& strand, RawSocket socket, const std::string& host,
                                      std::function<void(Result<RawSocket>)> done);

}  // namespace stoa::http
