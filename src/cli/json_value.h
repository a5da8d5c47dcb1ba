// JsonValue: an answer of a daemon as a tree, for commands that show a few members of it.
//
// Missing members read as null, and null as empty text, zero and no elements: what a newer or older daemon leaves out
// makes a blank in a table, not a failure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace stoa::cli {

class JsonValue {
 public:
  using Member = std::pair<std::string, JsonValue>;

  // Fails with malformed.
  static Result<JsonValue> parse(std::string_view text);

  const JsonValue& operator[](std::string_view member) const;
  const std::vector<JsonValue>& elements() const { return elements_; }
  const std::vector<Member>& members() const { return members_; }
  // The string, or the token of a number or literal as it was written; empty for null, objects and arrays.
  const std::string& text() const { return text_; }
  double number() const;
  bool boolean() const { return text_ == "true"; }
  bool is_null() const { return kind_ == Kind::null; }
  // As compact JSON.
  std::string to_json() const;

 private:
  enum class Kind { null, token, string, array, object };
  friend struct JsonBuilder;

  Kind kind_ = Kind::null;
  std::string text_;
  std::vector<JsonValue> elements_;
  std::vector<Member> members_;
};

}  // namespace stoa::cli
