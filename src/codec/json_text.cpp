#include "codec/json_text.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "codec/plain_text.h"

namespace stoa::codec {
namespace {

void append_escape(char c, TextBuffer& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"':
      return out.append("\\\"");
    case '\\':
      return out.append("\\\\");
    case '\b':
      return out.append("\\b");
    case '\f':
      return out.append("\\f");
    case '\n':
      return out.append("\\n");
    case '\r':
      return out.append("\\r");
    case '\t':
      return out.append("\\t");
    default:
      out.append("\\u00");
      out.put(hex[static_cast<unsigned char>(c) >> 4]);
      out.put(hex[c & 15]);
  }
}

// The length of the well-formed sequence at the start of `text`, or 0 and in `bad_bytes` how many bytes one
// replacement stands for (Unicode 15, table 3-7 and "maximal subparts").
std::size_t sequence_length(std::string_view text, std::size_t& bad_bytes) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const unsigned char first = byte(0);
  bad_bytes = 1;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (bad_bytes = 2; bad_bytes < length; ++bad_bytes) {
    if ((byte(bad_bytes) & 0xc0) != 0x80) return 0;
  }
  return length;
}

std::string repaired(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t bad_bytes = 0;
    const std::size_t length = sequence_length(text, bad_bytes);
    out.append(length > 0 ? text.substr(0, length) : "\xef\xbf\xbd");
    text.remove_prefix(length > 0 ? length : bad_bytes);
  }
  return out;
}

// `text` is UTF-8.
void append_escaped(std::string_view text, TextBuffer& out) {
  while (true) {
    const std::size_t plain = plain_prefix<false>(text);
    out.append(text.substr(0, plain));
    if (plain == text.size()) return;
    append_escape(text[plain], out);
    text.remove_prefix(plain + 1);
  }
}

// Lays out the digits of `scientific` (`-1.25e-07`) as ECMAScript does.
void append_layout(std::string_view scientific, TextBuffer& out) {
  if (scientific.front() == '-') {
    out.put('-');
    scientific.remove_prefix(1);
  }
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const char* sign = scientific.data() + e + 1;
  std::from_chars(*sign == '+' ? sign + 1 : sign, scientific.data() + scientific.size(), exponent);
  char digits[std::numeric_limits<double>::max_digits10 + 1];
  int count = 0;
  for (const char c : scientific.substr(0, e)) {
    if (c != '.') digits[count++] = c;
  }
  const std::string_view all(digits, static_cast<std::size_t>(count));
  if (exponent < -6 || exponent >= 21) {
    out.append(all.substr(0, 1));
    if (count > 1) out.put('.');
    out.append(all.substr(1));
    out.put('e');
    return append_integer(exponent, out);
  }
  if (exponent < 0) {
    out.append("0.");
    for (int i = -1; i > exponent; --i) out.put('0');
    return out.append(all);
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  out.append(all.substr(0, whole));
  for (std::size_t i = all.size(); i < whole; ++i) out.put('0');
  out.put('.');
  out.append(all.size() > whole ? all.substr(whole) : "0");
}

template <typename Number>
void append_floating(Number value, TextBuffer& out) {
  constexpr Number exact_max = std::numeric_limits<Number>::digits == 53 ? Number(1e15) : Number(1e6);
  if (std::isnan(value)) return out.append("\"NaN\"");
  if (std::isinf(value)) return out.append(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  if (std::abs(value) < exact_max && value == std::trunc(value) && !(value == 0 && std::signbit(value))) {
    append_integer(static_cast<std::int64_t>(value), out);
    return out.append(".0");
  }
  char scientific[40];
  const auto end = std::to_chars(scientific, scientific + sizeof scientific, value, std::chars_format::scientific).ptr;
  append_layout(std::string_view(scientific, static_cast<std::size_t>(end - scientific)), out);
}

constexpr std::size_t integer_chars_max = 20;

template <typename Number>
void append_whole(Number value, TextBuffer& out) {
  char* to = out.room(integer_chars_max);
  out.advance_to(std::to_chars(to, to + integer_chars_max, value).ptr);
}

}  // namespace

void TextBuffer::grow(std::size_t bytes) {
  constexpr std::size_t least = 256;
  // resize_and_overwrite copies what the string holds; only the first size_ bytes matter.
  out_.resize(size_);
  expose(std::max({least, size_ * 2, size_ + bytes}));
}

void append_string(std::string_view text, TextBuffer& out) {
  const std::size_t plain = plain_prefix<true>(text);
  char* to = out.room(plain + 2);
  *to = '"';
  std::memcpy(to + 1, text.data(), plain);
  if (plain == text.size()) {
    to[plain + 1] = '"';
    return out.advance(plain + 2);
  }
  out.advance(plain + 1);
  const std::string_view rest = text.substr(plain);
  if (simdjson::validate_utf8(rest.data(), rest.size())) {
    append_escaped(rest, out);
  } else {
    append_escaped(repaired(rest), out);
  }
  out.put('"');
}

void append_string(std::string_view text, std::string& out) {
  const std::size_t plain = plain_prefix<true>(text);
  if (plain != text.size()) {
    TextBuffer buffer(out);
    return append_string(text, buffer);
  }
  const std::size_t start = out.size();
  const std::size_t end = start + plain + 2;
  // The size that libstdc++ 12 hands to the function is the new capacity, not what was asked for.
  out.resize_and_overwrite(end, [&](char* to, std::size_t) {
    to[start] = '"';
    std::ranges::copy(text, to + start + 1);
    to[end - 1] = '"';
    return end;
  });
}

void append_double(double value, TextBuffer& out) { append_floating(value, out); }
void append_float(float value, TextBuffer& out) { append_floating(value, out); }
void append_integer(std::int64_t value, TextBuffer& out) { append_whole(value, out); }
void append_unsigned(std::uint64_t value, TextBuffer& out) { append_whole(value, out); }

}  // namespace stoa::codec
