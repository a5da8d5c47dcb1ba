// A client for tests that sends exactly the bytes it is told, right or wrong, and reads what comes.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "net/address.h"
#include "net/sockaddr.h"

namespace stoa::http::testing {

// Blocking, with 20 s of patience; then what was read so far is the answer.
class RawClient {
 public:
  explicit RawClient(const net::Endpoint& endpoint) {
    sockaddr_storage storage;
    const auto length = net::to_sockaddr(endpoint, storage);
    CHECK(length.has_value());
    open(reinterpret_cast<sockaddr*>(&storage), *length);
  }
  explicit RawClient(const std::string& unix_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    open(reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  RawClient(RawClient&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)) {}
  ~RawClient() { close(); }

  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  // Sends as much as the peer takes before it closes.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void shutdown_send() { ::shutdown(descriptor_, SHUT_WR); }

  // Up to and with `mark`, or everything if the peer closes before.
  std::string read_until(std::string_view mark) {
    while (true) {
      if (const auto at = buffer_.find(mark); at != std::string::npos) {
        auto out = buffer_.substr(0, at + mark.size());
        buffer_.erase(0, at + mark.size());
        return out;
      }
      if (!fill()) return std::exchange(buffer_, {});
    }
  }
  std::string read_exactly(std::size_t bytes) {
    while (buffer_.size() < bytes && fill()) {
    }
    auto out = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return out;
  }
  // Everything until the peer closes.
  std::string read_all() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
  }

 private:
  void open(sockaddr* address, socklen_t length) {
    descriptor_ = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(descriptor_ >= 0);
    CHECK(connect(descriptor_, address, length) == 0, "the server does not listen");
  }
  bool fill() {
    pollfd entry{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (poll(&entry, 1, 20'000) <= 0) return false;
    char bytes[16 * 1024];
    const auto got = recv(descriptor_, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int descriptor_ = -1;
  std::string buffer_;
};

}  // namespace stoa::http::testing
