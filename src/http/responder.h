// Responder: the one right to answer one request, from any thread.
//
// The answer is given exactly once. A Responder that is dropped unanswered answers 500, so that a bug or a shutdown
// never leaves a client waiting (HTTP-043).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/message.h"
#include "http/stream.h"

namespace stoa::http {

// The connection behind a Responder. Tests of handlers implement it to catch the answer.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void respond(Response response) = 0;
  // Whether an answer of that size is to be compressed. Thread-safe until the answer is given.
  virtual bool wants_gzip(std::size_t) const { return false; }
  virtual std::shared_ptr<Stream> stream(Response head) = 0;
  virtual void upgrade(std::string protocol, Headers headers,
                       std::function<void(std::shared_ptr<Channel>)> on_open) = 0;
};

class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder() { drop(); }

  // Sends a whole answer. Nothing happens if the client has gone (HTTP-193).
  void respond(Response response);
  // Whether an answer of that size will be compressed on an I/O thread, unless it comes compressed (gzipped()).
  bool wants_gzip(std::size_t bytes) const { return exchange_ != nullptr && exchange_->wants_gzip(bytes); }
  // Sends status and headers at once (HTTP-092); the body is what is sent on the stream. If the client has gone, the
  // stream is closed from the start. response.body must be empty.
  std::shared_ptr<Stream> stream(Response head);
  // Answers 101 and hands the connection over, on an I/O thread. Never calls on_open if the client has gone.
  void upgrade(std::string protocol, std::function<void(std::shared_ptr<Channel>)> on_open, Headers headers = {});
  // Whether the answer is still to be given.
  bool is_pending() const { return exchange_ != nullptr; }

 private:
  std::shared_ptr<Exchange> take();
  void drop();

  std::shared_ptr<Exchange> exchange_;  // Shared with the connection.
};

}  // namespace stoa::http
