#include <fmt/format.h>

#include <limits>
#include <optional>

#include "base/time.h"
#include "codec/base64.h"
#include "codec/json_message_reader.h"
#include "codec/json_number.h"

namespace stoa::codec {
namespace {

// Nothing: out of range. Negative numbers as on the wire, in 64 bits.
std::optional<std::uint64_t> to_varint(Kind kind, std::string_view token) {
  const auto widened = [](const auto& value) -> std::optional<std::uint64_t> {
    if (!value) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
  };
  switch (kind) {
    case Kind::int32:
      return widened(to_int32(token));
    case Kind::int64:
      return widened(to_int64(token));
    case Kind::uint32:
      return widened(to_uint32(token));
    default:
      return to_uint64(token);
  }
}

}  // namespace

// `"600s"` and `"10mins"` beside the form with members (OPR-034).
Outcome MessageReader::read_duration(const FieldTable& field) {
  std::string_view text;
  if (!scanner_.string(text)) return Outcome::malformed;
  const Result<Duration> duration = parse_duration(text);
  if (!duration) return misfit(fmt::format("Expecting a duration for field '{}'", field.name()));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration);
  const MessageTable& table = *field.message;
  out_.varint(table.find("seconds")->tag, static_cast<std::uint64_t>(seconds.count()));
  out_.varint(table.find("nanos")->tag, static_cast<std::uint64_t>((*duration - seconds).count()));
  return Outcome::stored;
}

Outcome MessageReader::read_enum(const FieldTable& field) {
  if (scanner_.peek() != '"') return wrong_kind(field);
  std::string_view name;
  if (!scanner_.string(name)) return Outcome::malformed;
  if (const int* number = field.enumeration->find(name)) {
    // Negative numbers take all 64 bits on the wire, as those of int32 do.
    out_.varint(field.tag, static_cast<std::uint64_t>(*number));
    return Outcome::stored;
  }
  if (!field.is_required) return Outcome::absent;
  return misfit(fmt::format("Unknown value '{}' for field '{}'", name, field.name()));
}

Outcome MessageReader::read_boolean(const FieldTable& field) {
  const char c = scanner_.peek();
  bool value = false;
  if (c == 't' || c == 'f') {
    value = c == 't';
    if (!scanner_.literal(value ? "true" : "false")) return Outcome::malformed;
  } else if (c == '"') {
    std::string_view text;
    if (!scanner_.string(text)) return Outcome::malformed;
    value = text == "true";
    if (!value && text != "false") return misfit(fmt::format("Expecting true or false for field '{}'", field.name()));
  } else {
    return wrong_kind(field);
  }
  out_.varint(field.tag, value ? 1 : 0);
  return Outcome::stored;
}

Outcome MessageReader::read_text(const FieldTable& field) {
  if (scanner_.peek() != '"') return wrong_kind(field);
  std::string_view text;
  if (!scanner_.string(text)) return Outcome::malformed;
  if (field.kind == Kind::string) {
    out_.bytes(field.tag, text);
    return Outcome::stored;
  }
  const Result<std::string> bytes = from_base64(text);
  if (!bytes) return misfit(fmt::format("Expecting base64 for field '{}': {}", field.name(), bytes.error().message));
  out_.bytes(field.tag, *bytes);
  return Outcome::stored;
}

bool MessageReader::number_token(std::string_view& token) {
  if (scanner_.peek() != '"') return scanner_.number(token);
  if (!scanner_.string(token)) return false;
  if (number_length(token) != token.size()) token = {};
  return true;
}

Outcome MessageReader::read_number(const FieldTable& field) {
  const char c = scanner_.peek();
  if (c != '"' && c != '-' && (c < '0' || c > '9')) return wrong_kind(field);
  std::string_view token;
  if (!number_token(token)) return Outcome::malformed;
  if (token.empty()) return misfit(fmt::format("Expecting a number for field '{}'", field.name()));
  const auto value = to_varint(field.kind, token);
  if (!value) return misfit(fmt::format("Number out of range for field '{}'", field.name()));
  out_.varint(field.tag, *value);
  return Outcome::stored;
}

Outcome MessageReader::read_floating(const FieldTable& field) {
  const char c = scanner_.peek();
  if (c != '"' && c != '-' && (c < '0' || c > '9')) return wrong_kind(field);
  std::string_view token;
  std::optional<double> value;
  if (c == '"') {
    if (!scanner_.string(token)) return Outcome::malformed;
    if (token == "Infinity") value = std::numeric_limits<double>::infinity();
    if (token == "-Infinity") value = -std::numeric_limits<double>::infinity();
    if (!value && (token.empty() || number_length(token) != token.size())) {
      return misfit(fmt::format("Expecting a number for field '{}'", field.name()));
    }
  } else if (!scanner_.number(token)) {
    return Outcome::malformed;
  }
  if (!value) value = to_double(token);
  if (!value) return misfit(fmt::format("Number out of range for field '{}'", field.name()));
  if (field.kind == Kind::f32) {
    out_.fixed(field.tag, static_cast<float>(*value));
  } else {
    out_.fixed(field.tag, *value);
  }
  return Outcome::stored;
}

Outcome MessageReader::wrong_kind(const FieldTable& field) {
  std::string_view kind = "number";
  switch (scanner_.peek()) {
    case '{':
      kind = "object";
      break;
    case '[':
      kind = "array";
      break;
    case '"':
      kind = "string";
      break;
    case 't':
    case 'f':
      kind = "boolean";
      break;
    case 'n':
      kind = "null";
      break;
    default:
      break;
  }
  if (!scanner_.skip()) return Outcome::malformed;
  return misfit(fmt::format("Not expecting a JSON {} for field '{}'", kind, field.name()));
}

}  // namespace stoa::codec
