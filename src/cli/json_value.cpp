#include "cli/json_value.h"

#include <charconv>

#include "codec/json.h"
#include "codec/json_scanner.h"
#include "codec/json_writer.h"

namespace stoa::cli {

struct JsonBuilder {
  codec::JsonScanner& scanner;

  bool literal(std::string_view word, JsonValue& out) {
    out.kind_ = word == "null" ? JsonValue::Kind::null : JsonValue::Kind::token;
    if (word != "null") out.text_ = word;
    return scanner.literal(word);
  }

  bool object(JsonValue& out) {
    out.kind_ = JsonValue::Kind::object;
    if (!scanner.enter()) return false;
    bool is_first = true;
    std::string_view name;
    while (scanner.next_member(is_first, name)) {
      auto& [key, value] = out.members_.emplace_back();
      key = name;
      if (!any(value)) return false;
    }
    return !scanner.failed();
  }

  bool array(JsonValue& out) {
    out.kind_ = JsonValue::Kind::array;
    if (!scanner.enter()) return false;
    bool is_first = true;
    while (scanner.next_element(is_first)) {
      if (!any(out.elements_.emplace_back())) return false;
    }
    return !scanner.failed();
  }

  bool any(JsonValue& out) {
    std::string_view token;
    switch (scanner.peek()) {
      case '{':
        return object(out);
      case '[':
        return array(out);
      case 't':
        return literal("true", out);
      case 'f':
        return literal("false", out);
      case 'n':
        return literal("null", out);
      case '"':
        out.kind_ = JsonValue::Kind::string;
        if (!scanner.string(token)) return false;
        break;
      default:
        out.kind_ = JsonValue::Kind::token;
        if (!scanner.number(token)) return false;
    }
    out.text_ = token;
    return true;
  }

  static void write(const JsonValue& value, codec::JsonWriter& writer) {
    switch (value.kind_) {
      case JsonValue::Kind::null:
        writer.null();
        return;
      case JsonValue::Kind::token:
        writer.raw(value.text_);
        return;
      case JsonValue::Kind::string:
        writer.string(value.text_);
        return;
      case JsonValue::Kind::array:
        writer.begin_array();
        for (const JsonValue& element : value.elements_) write(element, writer);
        writer.end_array();
        return;
      case JsonValue::Kind::object:
        writer.begin_object();
        for (const auto& [name, member] : value.members_) {
          writer.key(name);
          write(member, writer);
        }
        writer.end_object();
        return;
    }
  }
};

Result<JsonValue> JsonValue::parse(std::string_view text) {
  codec::JsonScanner scanner(text, codec::json_depth_max);
  JsonValue out;
  if (!JsonBuilder{scanner}.any(out) || !scanner.at_end()) {
    return fail(Code::malformed,
                "the answer is not JSON: " + (scanner.failed() ? scanner.failure() : "text behind it"));
  }
  return out;
}

const JsonValue& JsonValue::operator[](std::string_view member) const {
  static const JsonValue null;
  for (const auto& [name, value] : members_) {
    if (name == member) return value;
  }
  return null;
}

double JsonValue::number() const {
  double value = 0;
  std::from_chars(text_.data(), text_.data() + text_.size(), value);
  return value;
}

std::string JsonValue::to_json() const {
  std::string out;
  codec::JsonWriter writer(out);
  JsonBuilder::write(*this, writer);
  return out;
}

}  // namespace stoa::cli
