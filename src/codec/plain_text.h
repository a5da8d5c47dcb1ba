// The one scan that reading and writing JSON strings share: how far a text needs no second look.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace stoa::codec {

static_assert(std::endian::native == std::endian::little, "the scan below counts bytes from the low end");

constexpr std::uint64_t every_byte(std::uint8_t byte) { return 0x0101010101010101u * byte; }

// The number of bytes from the start of `text` before the first quote, backslash or control character; with
// `ascii_only` also before the first byte of 0x80 and above. Eight at a time: a borrow can only falsify bytes behind
// the first hit.
template <bool ascii_only>
std::size_t plain_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t x = 0;
    std::memcpy(&x, text.data() + i, 8);
    std::uint64_t hits =
        (x - every_byte(0x20)) | ((x ^ every_byte('"')) - every_byte(1)) | ((x ^ every_byte('\\')) - every_byte(1));
    hits = (ascii_only ? hits | x : hits & ~x) & every_byte(0x80);
    if (hits != 0) return i + static_cast<std::size_t>(std::countr_zero(hits)) / 8;
  }
  for (; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == '"' || c == '\\' || (ascii_only && c >= 0x80)) break;
  }
  return i;
}

}  // namespace stoa::codec
