// JsonScanner moves over a JSON text, checks its grammar to the letter, and hands out the single pieces.
//
// It knows no messages. Every step either succeeds or marks the whole text as malformed; after that no step may be
// taken. The text must be UTF-8 (checked beforehand, at once, which is far cheaper than string by string).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "codec/plain_text.h"

namespace stoa::codec {

class JsonScanner {
 public:
  JsonScanner(std::string_view text, int depth_max)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), depth_left_(depth_max) {}

  // The first character of what comes next, behind white space; 0 at the end.
  char peek() {
    for (; at_ != end_; ++at_) {
      const char c = *at_;
      if (static_cast<unsigned char>(c) > ' ') [[likely]] {
        return c;
      }
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
    }
    return '\0';
  }

  // Each takes what must come next. False: malformed.
  [[nodiscard]] bool literal(std::string_view word);
  // The token, by the grammar of JSON but of any size.
  [[nodiscard]] bool number(std::string_view& token);
  // Without quotes and escapes; valid until the next string is read.
  [[nodiscard]] bool string(std::string_view& value) {
    if (peek() != '"') return fail("expecting a string");
    const char* start = at_ + 1;
    value = {start, plain_prefix<false>({start, end_})};
    const char* stop = start + value.size();
    if (stop == end_ || *stop != '"') [[unlikely]] {
      return escaped_string(value);
    }
    at_ = stop + 1;
    return true;
  }
  // Any value.
  [[nodiscard]] bool skip();

  // Enters the object or array that comes next. False: malformed, or too deep.
  [[nodiscard]] bool enter() {
    if (depth_left_ == 0) return fail("nested too deep");
    --depth_left_;
    ++at_;
    return true;
  }
  // Moves to the next member of the object entered last, behind its colon, or leaves the object: false, if there is
  // none. False also when malformed: see failed(). `is_first` is true at the first call, and is kept by the caller.
  [[nodiscard]] bool next_member(bool& is_first, std::string_view& name) {
    if (!next(is_first, '}') || !string(name)) return false;
    if (peek() != ':') return fail("expecting ':'");
    ++at_;
    return true;
  }
  [[nodiscard]] bool next_element(bool& is_first) { return next(is_first, ']'); }

  [[nodiscard]] bool at_end() { return peek() == '\0' && at_ == end_; }

  bool failed() const { return failure_ != nullptr; }
  // What is wrong, and at which byte.
  std::string failure() const;
  // Marks the text as malformed. Returns false.
  bool fail(const char* why);

 private:
  std::string_view rest() const { return {at_, end_}; }
  // Takes a string of which `plain` needs no second look, and what comes then is not its end.
  bool escaped_string(std::string_view& plain);
  bool escape(std::string_view& rest);
  bool escaped_code_point(std::string_view& rest);
  // Moves behind the comma that is due, or behind `close` and up one level: false.
  bool next(bool& is_first, char close) {
    const char c = peek();
    if (c == close) {
      ++at_;
      ++depth_left_;
      return false;
    }
    if (!is_first) {
      if (c != ',') return fail(close == '}' ? "expecting ',' or '}'" : "expecting ',' or ']'");
      ++at_;
    }
    is_first = false;
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_left_;
  std::string unescaped_;
  const char* failure_ = nullptr;
};

// The length of the JSON number at the start of `text`; 0 if there is none.
std::size_t number_length(std::string_view text);

}  // namespace stoa::codec
