// JsonScanner moves over a JSON text, checks its grammar to the letter, and hands out the single pieces.
//
// It knows no messages. Every step either succeeds or marks the whole text as malformed; after that no step may be
// taken. The text must be UTF-8 (checked beforehand, at once, which is far cheaper than string by string).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoa::codec {

class JsonScanner {
 public:
  JsonScanner(std::string_view text, int depth_max) : text_(text), depth_left_(depth_max) {}

  // The first character of what comes next, behind white space; 0 at the end.
  char peek() {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
      ++position_;
    }
    return '\0';
  }

  // Each takes what must come next. False: malformed.
  [[nodiscard]] bool literal(std::string_view word);
  // The token, by the grammar of JSON but of any size.
  [[nodiscard]] bool number(std::string_view& token);
  // Without quotes and escapes; valid until the next string is read.
  [[nodiscard]] bool string(std::string_view& value);
  // Any value.
  [[nodiscard]] bool skip();

  // Enters the object or array that comes next. False: malformed, or too deep.
  [[nodiscard]] bool enter();
  // Moves to the next member of the object entered last, behind its colon, or leaves the object: false, if there is
  // none. False also when malformed: see failed(). `is_first` is true at the first call, and is kept by the caller.
  [[nodiscard]] bool next_member(bool& is_first, std::string_view& name);
  [[nodiscard]] bool next_element(bool& is_first);

  [[nodiscard]] bool at_end() { return peek() == '\0' && position_ == text_.size(); }

  bool failed() const { return failure_ != nullptr; }
  // What is wrong, and at which byte.
  std::string failure() const;
  // Marks the text as malformed. Returns false.
  bool fail(const char* why);

 private:
  bool escape(std::string_view& rest);
  bool escaped_code_point(std::string_view& rest);
  bool next(bool& is_first, char close);

  std::string_view text_;
  std::size_t position_ = 0;
  int depth_left_;
  std::string unescaped_;
  const char* failure_ = nullptr;
};

// The length of the JSON number at the start of `text`; 0 if there is none.
std::size_t number_length(std::string_view text);

}  // namespace stoa::codec
