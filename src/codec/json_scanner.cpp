#include "codec/json_scanner.h"

#include <fmt/format.h>

#include <cstdint>

#include "codec/plain_text.h"

namespace stoa::codec {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads four hexadecimal digits.
bool hex4(std::string_view text, std::uint32_t& value) {
  if (text.size() < 4) return false;
  value = 0;
  for (const char c : text.substr(0, 4)) {
    const int digit = is_digit(c)              ? c - '0'
                      : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                      : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                               : -1;
    if (digit < 0) return false;
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  return true;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | (point >> shift & 0x3f))); };
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xc0 | point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | point >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0 | point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::size_t number_length(std::string_view text) {
  std::size_t i = 0;
  const auto at = [&] { return i < text.size() ? text[i] : '\0'; };
  const auto digits = [&] {
    const std::size_t start = i;
    while (is_digit(at())) ++i;
    return i > start;
  };
  if (at() == '-') ++i;
  if (at() == '0') {
    ++i;
  } else if (!digits()) {
    return 0;
  }
  if (at() == '.') {
    ++i;
    if (!digits()) return 0;
  }
  if (at() == 'e' || at() == 'E') {
    ++i;
    if (at() == '+' || at() == '-') ++i;
    if (!digits()) return 0;
  }
  return i;
}

bool JsonScanner::fail(const char* why) {
  failure_ = why;
  return false;
}

std::string JsonScanner::failure() const { return fmt::format("{} at byte {}", failure_, at_ - begin_); }

bool JsonScanner::literal(std::string_view word) {
  if (!rest().starts_with(word)) return fail("unknown word");
  at_ += word.size();
  return true;
}

bool JsonScanner::number(std::string_view& token) {
  token = rest().substr(0, number_length(rest()));
  if (token.empty()) return fail("expecting a value");
  at_ += token.size();
  return true;
}

bool JsonScanner::escaped_string(std::string_view& plain) {
  std::string_view rest(plain.data() + plain.size(), end_);
  unescaped_.assign(plain);
  while (!rest.starts_with('"')) {
    if (!escape(rest)) return false;
    const std::size_t more = plain_prefix<false>(rest);
    unescaped_.append(rest.substr(0, more));
    rest.remove_prefix(more);
  }
  plain = unescaped_;
  at_ = rest.data() + 1;
  return true;
}

bool JsonScanner::escape(std::string_view& rest) {
  if (rest.empty()) return fail("unfinished string");
  if (rest.front() != '\\') return fail("control character in a string");
  if (rest.size() < 2) return fail("unfinished string");
  const char c = rest[1];
  rest.remove_prefix(2);
  switch (c) {
    case '"':
    case '\\':
    case '/':
      unescaped_.push_back(c);
      return true;
    case 'b':
      unescaped_.push_back('\b');
      return true;
    case 'f':
      unescaped_.push_back('\f');
      return true;
    case 'n':
      unescaped_.push_back('\n');
      return true;
    case 'r':
      unescaped_.push_back('\r');
      return true;
    case 't':
      unescaped_.push_back('\t');
      return true;
    case 'u':
      return escaped_code_point(rest);
    default:
      return fail("unknown escape in a string");
  }
}

// Takes what follows `\u`; a pair of surrogates is one code point, half a pair is none (HTTP-143).
bool JsonScanner::escaped_code_point(std::string_view& rest) {
  std::uint32_t point = 0;
  if (!hex4(rest, point)) return fail("unknown escape in a string");
  rest.remove_prefix(4);
  if (point >= 0xd800 && point < 0xe000) {
    std::uint32_t low = 0;
    if (point >= 0xdc00 || !rest.starts_with("\\u") || !hex4(rest.substr(2), low) || low < 0xdc00 || low >= 0xe000) {
      return fail("unpaired surrogate in a string");
    }
    rest.remove_prefix(6);
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(point, unescaped_);
  return true;
}

bool JsonScanner::skip() {
  std::string_view ignored;
  bool is_first = true;
  switch (peek()) {
    case '{':
      if (!enter()) return false;
      while (next_member(is_first, ignored)) {
        if (!skip()) return false;
      }
      return !failed();
    case '[':
      if (!enter()) return false;
      while (next_element(is_first)) {
        if (!skip()) return false;
      }
      return !failed();
    case '"':
      return string(ignored);
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number(ignored);
  }
}

}  // namespace stoa::codec
