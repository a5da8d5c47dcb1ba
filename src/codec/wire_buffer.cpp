#include "codec/wire_buffer.h"

#include <algorithm>

namespace stoa::codec {

void WireBuffer::grow(std::size_t bytes) {
  constexpr std::size_t least = 256;
  capacity_ = std::max({least, capacity_ * 2, size_ + bytes});
  auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
  std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
}

void WireBuffer::close_long(std::size_t start, std::size_t length) {
  char encoded[varint_bytes_max];
  const auto used = static_cast<std::size_t>(put(encoded, length) - encoded);
  room(used - 1);
  char* message = data_.get() + start;
  std::memmove(message + used - 1, message, length);
  std::memcpy(message - 1, encoded, used);
  size_ += used - 1;
}

}  // namespace stoa::codec
