#include "http/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace stoa::http {

void set_tcp_options(int descriptor, Duration dead_peer_time) {
  const auto set = [&](int level, int name, int value) { setsockopt(descriptor, level, name, &value, sizeof value); };
  const auto milliseconds = static_cast<int>(dead_peer_time / std::chrono::milliseconds(1));
  const int seconds = std::max(milliseconds / 1000, 5);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  // 2/5 of the time until the first probe, then three probes a fifth apart.
  set(IPPROTO_TCP, TCP_KEEPIDLE, seconds * 2 / 5);
  set(IPPROTO_TCP, TCP_KEEPINTVL, std::max(seconds / 5, 1));
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  // Keep-alive sleeps while data is unacknowledged; this does not.
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds);
}

ReadOutcome read_now(int descriptor) {
  static thread_local char buffer[64 * 1024];
  const auto got = recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got > 0) return {.bytes = {buffer, static_cast<std::size_t>(got)}};
  if (got == 0) return {.ended = true};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {.would_block = true};
  return {.broken = true};
}

void Flight::assign(std::vector<Piece> from) {
  pieces = std::move(from);
  bytes = 0;
  for (const auto& piece : pieces) bytes += piece.bytes().size();
}

std::vector<boost::asio::const_buffer> Flight::buffers() const {
  std::vector<boost::asio::const_buffer> out;
  out.reserve(pieces.size());
  for (const auto& piece : pieces) out.emplace_back(piece.bytes().data(), piece.bytes().size());
  return out;
}

}  // namespace stoa::http
