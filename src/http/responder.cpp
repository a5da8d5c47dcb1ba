#include "http/responder.h"

#include "base/check.h"

namespace stoa::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    drop();
    exchange_ = std::move(other.exchange_);
  }
  return *this;
}

std::shared_ptr<Exchange> Responder::take() { return std::exchange(exchange_, nullptr); }

void Responder::drop() {
  if (const auto exchange = take()) exchange->respond(text(500, "500 Internal Server Error: no answer was given."));
}

void Responder::respond(Response response) {
  const auto exchange = take();
  CHECK(exchange != nullptr, "a request is answered once");
  exchange->respond(std::move(response));
}

std::shared_ptr<Stream> Responder::stream(Response head) {
  const auto exchange = take();
  CHECK(exchange != nullptr, "a request is answered once");
  return exchange->stream(std::move(head));
}

void Responder::upgrade(std::string protocol, std::function<void(std::shared_ptr<Channel>)> on_open, Headers headers) {
  const auto exchange = take();
  CHECK(exchange != nullptr, "a request is answered once");
  exchange->upgrade(std::move(protocol), std::move(headers), std::move(on_open));
}

}  // namespace stoa::http
