// Frames of the connection between agent and master: four bytes of length, most significant first, then the bytes.
//
// Binary and of fixed size, unlike RecordIO: both ends are ours, and an update costs no parsing of decimals.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::codec {

// One frame. `data` may be empty and must be shorter than 4 GiB. O(data).
std::string frame_link(std::string_view data);

// Cuts a stream of bytes into frames.
class LinkFrameReader {
 public:
  explicit LinkFrameReader(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  // Takes the next bytes. Fails with resource_exhausted if a frame announces more than the limit; the stream is then
  // broken for ever, and every later feed() fails. Frames complete before the fault can still be taken.
  Result<> feed(std::string_view bytes);

  // The next complete frame, also an empty one.
  std::optional<std::string> next();

  // Whether the bytes so far end inside a frame.
  bool in_frame() const { return position_ < buffer_.size(); }

 private:
  std::size_t frame_bytes_max_;
  std::string buffer_;        // Fed and not yet taken.
  std::size_t position_ = 0;  // Of the first byte in buffer_ that was not taken.
  std::size_t scanned_ = 0;   // Start of the first frame in buffer_ whose length was not yet checked.
  bool broken_ = false;
};

}  // namespace stoa::codec
