// Client: requests to other daemons, Docker, registries.
//
// Connections are kept and reused per host. All addresses of a name are tried, the next one 250 ms after the one before
// (RFC 8305), and what worked is tried first the next time (IP6-014). Answers may be streams, and a connection may be
// upgraded. Callbacks come on threads of the loop, one at a time for one request, and never inside the call itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "http/stream.h"
#include "net/loop.h"
#include "net/url.h"

namespace stoa::http {

struct ClientRequest {
  std::string method = "GET";
  net::Url url;
  Headers headers;  // Host, Content-Length and Connection are the client's.
  std::string body;
  // Connects here instead of to url.host, which is then only named in Host.
  std::string unix_socket;
  Duration timeout = std::chrono::seconds(30);  // Whole answer; for streams and upgrades: its head. 0: none.
  std::size_t body_bytes_max = 256 << 20;       // Then resource_exhausted. Not for streams.
  // Redirects (301, 302, 303, 307, 308) to follow, method, body and credentials kept; then the redirect is the answer.
  int redirects_max = 0;
  // The body of the answer is read and dropped, whatever its size; for whoever asks for the status only.
  bool discard_body = false;
  // Speaks https to whoever answers, without a look at the certificate: for probes of this host, never for secrets.
  // Without it https is refused.
  bool accept_any_certificate = false;
  // stream() only: the body is sent in chunks with ClientStream::send; `body` is the first piece.
  bool chunked_upload = false;
};

// An answer that is read as it comes.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  // Breaks the connection; no callback begins after this, but one on another thread may be running.
  virtual void close() = 0;
  // Sends one chunk of a chunked_upload. False if the connection has gone or 64 MiB are unsent.
  virtual bool send(std::string data) = 0;
  // Ends a chunked_upload.
  virtual void finish() = 0;
  // Stops and resumes reading. A few bytes may still come after a stop.
  virtual void pause(bool paused) = 0;
};

class Client {
 public:
  // The loop must outlive the client.
  explicit Client(net::Loop& loop);
  // Cancels what is pending: callbacks that have not begun do not come.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sent as `Authorization` with every request that has none of its own; empty: with none. Before the first request.
  void set_authorization(std::string value);

  // Fails with unavailable (not connected, or broken off), timed_out, malformed, resource_exhausted, unimplemented (a
  // scheme other than http, and https with accept_any_certificate). An answer of any status is a success. Only a GET or
  // HEAD that found a kept connection broken is repeated.
  void request(ClientRequest request, std::function<void(Result<Response>)> done);

  // on_head comes once: with the head (body empty), or with the error, then nothing follows. on_data: bytes as they
  // come; for a chunked answer of this project's servers one call is not one chunk. on_end: once, with an error if the
  // answer broke off before its end.
  std::shared_ptr<ClientStream> stream(ClientRequest request, std::function<void(Result<Response>)> on_head,
                                       std::function<void(std::string_view)> on_data,
                                       std::function<void(Result<>)> on_end);

  // Asks for `Upgrade: protocol`. An answer other than 101 is failed_precondition with the status and the text.
  void upgrade(ClientRequest request, std::string protocol, std::function<void(Result<std::shared_ptr<Channel>>)> done);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;  // Shared with pending operations.
};

// One request, blocking: for command lines.
Result<Response> fetch(ClientRequest request);

}  // namespace stoa::http
