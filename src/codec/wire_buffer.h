// WireBuffer holds one message in protobuf's binary form while it is made, member by member.
//
// The length of a message stands before it, and is known only behind it: one byte is kept for it, and the few messages
// that need more are moved up when they end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace stoa::codec {

static_assert(std::endian::native == std::endian::little, "fixed numbers are stored as they are");

class WireBuffer {
 public:
  // Memory that is not written to costs nothing, so `bytes_expected` may be generous.
  explicit WireBuffer(std::size_t bytes_expected)
      : data_(std::make_unique_for_overwrite<char[]>(bytes_expected)), capacity_(bytes_expected) {}

  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_.get(), size_}; }

  // Each appends one member. `tag` is its number and the kind of its encoding, as they stand on the wire.
  void varint(std::uint32_t tag, std::uint64_t value) {
    char* to = put(put(room(2 * varint_bytes_max), tag), value);
    size_ = static_cast<std::size_t>(to - data_.get());
  }
  template <typename Number>
  void fixed(std::uint32_t tag, Number value) {
    char* to = put(room(varint_bytes_max + sizeof value), tag);
    std::memcpy(to, &value, sizeof value);
    size_ = static_cast<std::size_t>(to - data_.get()) + sizeof value;
  }
  void bytes(std::uint32_t tag, std::string_view value) {
    char* to = put(put(room(2 * varint_bytes_max + value.size()), tag), value.size());
    std::memcpy(to, value.data(), value.size());
    size_ = static_cast<std::size_t>(to - data_.get()) + value.size();
  }
  // Appends members that are in this form already.
  void append(std::string_view members) {
    std::memcpy(room(members.size()), members.data(), members.size());
    size_ += members.size();
  }

  // Opens a member that is a message; close() takes what this returns.
  [[nodiscard]] std::size_t open(std::uint32_t tag) {
    char* to = put(room(varint_bytes_max + 1), tag);
    size_ = static_cast<std::size_t>(to - data_.get()) + 1;
    return size_;
  }
  void close(std::size_t start) {
    const std::size_t length = size_ - start;
    if (length < 0x80) {
      data_[start - 1] = static_cast<char>(length);
    } else {
      close_long(start, length);
    }
  }

  // Removes the bytes from `begin` to `end`. O(bytes behind).
  void erase(std::size_t begin, std::size_t end) {
    std::memmove(data_.get() + begin, data_.get() + end, size_ - end);
    size_ -= end - begin;
  }

 private:
  static constexpr std::size_t varint_bytes_max = 10;

  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]] {
      grow(bytes);
    }
    return data_.get() + size_;
  }
  static char* put(char* to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    return to;
  }
  void grow(std::size_t bytes);
  void close_long(std::size_t start, std::size_t length);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_;
};

}  // namespace stoa::codec
