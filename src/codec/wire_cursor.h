// WireCursor moves over a message in protobuf's binary form that the library has written, or has read without
// complaint: so nothing is checked here. Only what the library would look into may be looked into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace stoa::codec {

class WireCursor {
 public:
  explicit WireCursor(std::string_view wire) : at_(wire.data()), end_(wire.data() + wire.size()) {}

  bool at_end() const { return at_ == end_; }
  const char* place() const { return at_; }

  std::uint64_t varint() {
    auto byte = static_cast<std::uint8_t>(*at_++);
    if (byte < 0x80) [[likely]] {
      return byte;
    }
    std::uint64_t value = byte & 0x7f;
    for (int shift = 7; byte >= 0x80; shift += 7) {
      byte = static_cast<std::uint8_t>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    }
    return value;
  }
  std::uint32_t tag() { return static_cast<std::uint32_t>(varint()); }
  template <typename Number>
  Number fixed() {
    Number value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string_view bytes() {
    const std::size_t size = varint();
    const char* start = at_;
    at_ += size;
    return {start, size};
  }
  void skip(std::uint32_t tag) {
    switch (tag & 7) {
      case 0:
        while (static_cast<std::uint8_t>(*at_++) >= 0x80) {
        }
        return;
      case 1:
        at_ += 8;
        return;
      case 2:
        bytes();
        return;
      default:
        at_ += 4;
    }
  }
  // Steps over the tag if it is what comes next.
  bool next_is(std::uint32_t tag) {
    if (at_end()) return false;
    const char* here = at_;
    if (this->tag() == tag) return true;
    at_ = here;
    return false;
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace stoa::codec
