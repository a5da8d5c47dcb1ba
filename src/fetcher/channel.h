// Messages with descriptors over a SOCK_SEQPACKET socket: the wire beneath protocol.h.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace stoa::fetcher {

struct Message {
  std::string bytes;  // Empty: the other end has closed.
  std::vector<Descriptor> descriptors;
};

// Fails with unavailable if the other end is gone.
Result<> send_message(int socket, std::string_view bytes, std::span<const int> descriptors = {});
// Waits for the next message, unless the socket does not block: then it fails with unavailable if there is none.
Result<Message> receive_message(int socket);

// A file in memory with these bytes; never on a disk, since a URI may hold credentials.
Result<Descriptor> memory_file(std::string_view bytes);
// The whole of a file, from its start, at most `bytes_max`.
Result<std::string> read_file(int file, std::size_t bytes_max);

}  // namespace stoa::fetcher
