// Socket: one connected stream socket of any family, on the strand of its connection.
//
// Waits for readiness and then reads into a buffer of the thread, so that an idle connection costs no read buffer: most
// connections of a cluster are idle most of the time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "http/pipe.h"
#include "net/address.h"
#include "net/pch.h"

namespace stoa::http {

using RawSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Strand>;

// Nagle off (HTTP-088), keep-alive and user timeout so that a silent peer is found out within about dead_peer_time
// (HTTP-028). Nothing for unix sockets.
void set_tcp_options(int descriptor, Duration dead_peer_time);

struct ReadOutcome {
  std::string_view bytes;  // In a buffer of this thread: valid until the next read_now() on it.
  bool would_block = false;
  bool ended = false;   // The peer sent FIN.
  bool broken = false;  // Any error.
};
ReadOutcome read_now(int descriptor);

// The pieces of one write, alive until it is done.
struct Flight {
  std::vector<Piece> pieces;
  std::size_t bytes = 0;

  void assign(std::vector<Piece> from);
  std::vector<boost::asio::const_buffer> buffers() const;
};

}  // namespace stoa::http
