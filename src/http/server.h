// Server: bytes on sockets <-> Requests and answers. Decides everything about the transport, nothing about meaning.
//
// Every limit of the transport is here, checked while reading: a refused request costs at most its limit in memory
// (SEC-120). Requests of one connection are handled one after another in the order sent (HTTP-016, HTTP-017); requests
// of different connections at the same time, on the threads of the loop. A connection is never closed for being idle
// (HTTP-015).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "http/responder.h"
#include "http/router.h"
#include "net/address.h"
#include "net/loop.h"

namespace stoa::http {

// One answered request, for the access log (HTTP-195) and counters (HTTP-196). Valid during the call only.
struct AccessRecord {
  const net::Endpoint& peer;
  std::string_view method;
  std::string_view target;
  std::string_view route;          // The registered path that matched; empty if none did. Bounded: good as a label.
  std::string_view user_agent;     // Control characters escaped, at most 256 bytes (SEC-250).
  std::string_view forwarded_for;  // The same.
  int status = 0;
  std::size_t bytes = 0;  // Of the body as sent; 0 for streams.
  Duration duration{0};   // From the last byte of the request to the answer's handing over to the connection.
};

struct ServerOptions {
  std::size_t head_bytes_max = 32 * 1024;                  // Request line and headers: 431.
  std::size_t headers_max = 100;                           // Fields: 431.
  std::size_t url_bytes_max = 16 * 1024;                   // 414.
  std::size_t body_bytes_max = 64 << 20;                   // After inflating: 413.
  Duration head_time_max = std::chrono::seconds(10);       // From its first byte: 408.
  Duration body_progress_max = std::chrono::seconds(20);   // Without a byte: 408. Not for streaming bodies.
  Duration write_progress_max = std::chrono::seconds(60);  // Of an answer, without a byte taken: closed.
  std::size_t connections_max = 20'000;                    // Then accepting pauses.
  std::size_t connections_per_address_max = 1'000;         // Then 429 and closed.
  std::size_t pipelined_max = 100;                         // Requests read ahead; then reading pauses.
  std::size_t stream_bytes_max = 64 << 20;                 // Unsent bytes of a stream or channel; then it is cut.
  bool compress = true;                                    // gzip (HTTP-108).
  std::size_t compress_bytes_min = 1024;
  // After how long a silent peer is given up, by keep-alive probes and unacknowledged data (HTTP-028).
  Duration dead_peer_time = std::chrono::seconds(75);
  Duration shutdown_time_max = std::chrono::seconds(5);  // stop() closes what is unanswered then.
  // Hosts accepted in `Host`, without port; anything else is 421 (SEC-242). Empty: any. Addresses always pass.
  std::vector<std::string> hosts;
  // Called on an I/O thread for every answered request. Must not block.
  std::function<void(const AccessRecord&)> on_access;
};

class Server {
 public:
  // The loop must outlive the server.
  Server(net::Loop& loop, ServerOptions options, Router router);
  // Stops, then waits until no handler runs and no connection is left. Not on a thread of the loop.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on all endpoints or on none. Without endpoints: port 0 of 127.0.0.1 and ::1, whichever exists (IP6-011).
  // Endpoints with port 0 all get the same free port. `[::]` takes IPv6 only: name 0.0.0.0 too for both. Fails with
  // already_exists if a port is taken, invalid_argument for an address that is not of this host or an unknown zone.
  Result<> listen(const std::vector<net::Endpoint>& endpoints);
  // The same in two steps, for a daemon whose handlers need its port: reserve() takes the ports, and connections wait
  // in the kernel until accept() is called, so nobody ever sees a half-made daemon (HTTP-010).
  Result<> reserve(const std::vector<net::Endpoint>& endpoints);
  void accept();
  // Listens on a unix socket, replacing a stale one of that path. Its file has mode 0600.
  Result<> listen_unix(const std::string& path);
  // Where it listens, with the real ports, in the order given.
  std::vector<net::Endpoint> endpoints() const;
  std::size_t connections() const;

  // Stops accepting, answers requests in flight, ends streams with the zero chunk, then closes (HTTP-194). Returns at
  // once; thread-safe; again is harmless.
  void stop();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;  // Shared with connections and pending accepts.
};

// The endpoints to listen on for a port by default: every address of both families that this host has (IP6-010).
std::vector<net::Endpoint> any_endpoints(std::uint16_t port);

}  // namespace stoa::http
