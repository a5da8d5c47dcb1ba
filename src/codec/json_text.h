// The text of single JSON values, written fast into a growing string.
//
// State documents are hundreds of megabytes of short strings and small numbers, so what counts is the work per value:
// one check of room, then plain stores. TextBuffer exposes the spare capacity of a std::string for that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace stoa::codec {

// Appends to `out`, which must outlive it and must not be used until it is gone.
class TextBuffer {
 public:
  explicit TextBuffer(std::string& out) : out_(out), size_(out.size()) { expose(out.capacity()); }
  ~TextBuffer() { out_.resize(size_); }
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  // Room for `bytes` more, to be claimed with advance().
  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]] {
      grow(bytes);
    }
    return data_ + size_;
  }
  void advance(std::size_t bytes) { size_ += bytes; }
  void advance_to(const char* end) { size_ = static_cast<std::size_t>(end - data_); }

  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void append(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  char& back() { return data_[size_ - 1]; }

 private:
  // Makes `bytes` of the string writable, without clearing them.
  void expose(std::size_t bytes) {
    out_.resize_and_overwrite(bytes, [bytes](char*, std::size_t) { return bytes; });
    data_ = out_.data();
    capacity_ = bytes;
  }
  void grow(std::size_t bytes);

  std::string& out_;
  char* data_ = nullptr;
  std::size_t size_;
  std::size_t capacity_ = 0;
};

// In quotes, with the mandatory escapes only; invalid UTF-8 becomes U+FFFD (HTTP-123).
void append_string(std::string_view text, TextBuffer& out);
// The same for one string of a document that is written piece by piece.
void append_string(std::string_view text, std::string& out);
// The layout of HTTP-121 and HTTP-122.
void append_double(double value, TextBuffer& out);
void append_float(float value, TextBuffer& out);
void append_integer(std::int64_t value, TextBuffer& out);
void append_unsigned(std::uint64_t value, TextBuffer& out);

}  // namespace stoa::codec
