#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <simdjson.h>

#include <bitset>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_number.h"
#include "codec/json_scanner.h"
#include "codec/message_tables.h"

namespace stoa::codec {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

// What became of one value. All but `malformed` have read it to its end: a value that does not fit must not hide that
// the rest is no JSON (HTTP-066), nor a later member of the same name, which alone counts (HTTP-130).
enum class Outcome {
  stored,
  absent,  // null, or the name of an unknown enum value.
  misfit,
  malformed,
};

class MessageReader {
 public:
  explicit MessageReader(std::string_view text) : scanner_(text, json_depth_max) {}

  Result<> read(Message& out);

 private:
  Outcome read_object(const MessageTable& table, Message& message);
  Outcome read_member(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_list(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_map(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_map_value(const FieldTable& value, Message& entry);
  Outcome read_value(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_message(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_duration(const FieldTable& field, Message& message);
  Outcome read_enum(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_boolean(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_text(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_number(const FieldTable& field, const Reflection& reflection, Message& message);
  Outcome read_floating(const FieldTable& field, const Reflection& reflection, Message& message);

  Outcome misfit(std::string detail) {
    detail_ = std::move(detail);
    return Outcome::misfit;
  }
  Outcome wrong_kind(const FieldTable& field);
  Outcome null() { return scanner_.literal("null") ? Outcome::absent : Outcome::malformed; }
  // A number, or a string that holds one and nothing else; `token` is empty if the string does not.
  bool number_token(std::string_view& token);

  JsonScanner scanner_;
  std::string detail_;  // Of the last misfit.
};

template <typename Value, auto set, auto add>
Outcome store(const FieldTable& field, const Reflection& reflection, Message& message, Value value) {
  if (field.is_repeated) {
    (reflection.*add)(&message, field.field, std::move(value));
  } else {
    (reflection.*set)(&message, field.field, std::move(value));
  }
  return Outcome::stored;
}

Result<> MessageReader::read(Message& out) {
  out.Clear();
  Outcome outcome = Outcome::misfit;
  if (scanner_.peek() == '{') {
    outcome = read_object(table_of(out.GetDescriptor()), out);
  } else {
    detail_ = "Expecting a JSON object";
    if (!scanner_.skip()) outcome = Outcome::malformed;
  }
  if (outcome != Outcome::malformed && !scanner_.at_end()) scanner_.fail("expecting the end");
  if (scanner_.failed()) return fail(Code::malformed, scanner_.failure());
  if (outcome == Outcome::misfit) return invalid(std::move(detail_));
  if (!out.IsInitialized()) return invalid("Missing required fields: " + out.InitializationErrorString());
  return {};
}

Outcome MessageReader::read_object(const MessageTable& table, Message& message) {
  if (!scanner_.enter()) return Outcome::malformed;
  // Rarely any: the fields that do not fit, each with the reason.
  std::vector<std::pair<const FieldTable*, std::string>> misfits;
  std::bitset<fields_max> seen;
  bool is_first = true;
  std::size_t guess = 0;
  std::string_view name;
  while (scanner_.next_member(is_first, name)) {
    const FieldTable* field = table.find(name, guess);
    if (field == nullptr) {
      if (!scanner_.skip()) return Outcome::malformed;
      continue;
    }
    // Of members of the same name the last one counts, null too.
    if (seen[field->index]) table.reflection->ClearField(&message, field->field);
    seen[field->index] = true;
    if (!misfits.empty()) std::erase_if(misfits, [&](const auto& misfit) { return misfit.first == field; });
    switch (read_member(*field, *table.reflection, message)) {
      case Outcome::stored:
      case Outcome::absent:
        break;
      case Outcome::misfit:
        misfits.emplace_back(field, std::move(detail_));
        break;
      case Outcome::malformed:
        return Outcome::malformed;
    }
  }
  if (scanner_.failed()) return Outcome::malformed;
  if (!misfits.empty()) return misfit(std::move(misfits.front().second));
  return Outcome::stored;
}

Outcome MessageReader::read_member(const FieldTable& field, const Reflection& reflection, Message& message) {
  const char c = scanner_.peek();
  if (c == 'n') return null();
  if (field.is_map) return read_map(field, reflection, message);
  if (field.is_repeated) {
    return c == '[' ? read_list(field, reflection, message) : read_value(field, reflection, message);
  }
  if (field.oneof != nullptr && reflection.HasOneof(message, field.oneof)) {
    if (!scanner_.skip()) return Outcome::malformed;
    return misfit(fmt::format("Not expecting '{}' beside another member of the same choice", field.name()));
  }
  return read_value(field, reflection, message);
}

Outcome MessageReader::read_list(const FieldTable& field, const Reflection& reflection, Message& message) {
  if (!scanner_.enter()) return Outcome::malformed;
  std::string first_misfit;
  bool is_first = true;
  while (scanner_.next_element(is_first)) {
    const Outcome outcome = scanner_.peek() == 'n' ? null() : read_value(field, reflection, message);
    if (outcome == Outcome::malformed) return Outcome::malformed;
    if (outcome == Outcome::misfit && first_misfit.empty()) first_misfit = std::move(detail_);
  }
  if (scanner_.failed()) return Outcome::malformed;
  return first_misfit.empty() ? Outcome::stored : misfit(std::move(first_misfit));
}

Outcome MessageReader::read_map(const FieldTable& field, const Reflection& reflection, Message& message) {
  if (scanner_.peek() != '{') return wrong_kind(field);
  if (!scanner_.enter()) return Outcome::malformed;
  const FieldTable& key = field.message->fields[0];
  std::map<std::string, std::unique_ptr<Message>, std::less<>> entries;
  std::map<std::string, std::string, std::less<>> misfits;
  bool is_first = true;
  std::string_view name;
  while (scanner_.next_member(is_first, name)) {
    std::string text(name);
    entries.erase(text);
    misfits.erase(text);
    std::unique_ptr<Message> entry(field.message->prototype->New());
    switch (read_map_value(field.message->fields[1], *entry)) {
      case Outcome::stored:
        field.message->reflection->SetString(entry.get(), key.field, text);
        entries.emplace(std::move(text), std::move(entry));
        break;
      case Outcome::absent:
        break;
      case Outcome::misfit:
        misfits.emplace(std::move(text), std::move(detail_));
        break;
      case Outcome::malformed:
        return Outcome::malformed;
    }
  }
  if (scanner_.failed()) return Outcome::malformed;
  if (!misfits.empty()) return misfit(std::move(misfits.begin()->second));
  for (auto& [text, entry] : entries) reflection.AddAllocatedMessage(&message, field.field, entry.release());
  return Outcome::stored;
}

Outcome MessageReader::read_map_value(const FieldTable& value, Message& entry) {
  const Reflection& reflection = *entry.GetReflection();
  const char c = scanner_.peek();
  if (c == 'n') return null();
  if (c != '{' && value.kind == Kind::message && value.message->form == MessageTable::Form::scalar) {
    // The short form {"cpus":2.0} (HTTP-141).
    Message& scalar = *reflection.MutableMessage(&entry, value.field);
    return read_value(value.message->fields[0], *value.message->reflection, scalar);
  }
  return read_value(value, reflection, entry);
}

Outcome MessageReader::read_value(const FieldTable& field, const Reflection& reflection, Message& message) {
  switch (field.kind) {
    case Kind::message:
      return read_message(field, reflection, message);
    case Kind::enumeration:
      return read_enum(field, reflection, message);
    case Kind::boolean:
      return read_boolean(field, reflection, message);
    case Kind::string:
    case Kind::bytes:
      return read_text(field, reflection, message);
    case Kind::f64:
    case Kind::f32:
      return read_floating(field, reflection, message);
    case Kind::int32:
    case Kind::int64:
    case Kind::uint32:
    case Kind::uint64:
      return read_number(field, reflection, message);
  }
  std::unreachable();
}

Outcome MessageReader::read_message(const FieldTable& field, const Reflection& reflection, Message& message) {
  const char c = scanner_.peek();
  const bool is_text_duration = c == '"' && field.message->form == MessageTable::Form::duration;
  if (c != '{' && !is_text_duration) return wrong_kind(field);
  Message& child = field.is_repeated ? *reflection.AddMessage(&message, field.field)
                                     : *reflection.MutableMessage(&message, field.field);
  return is_text_duration ? read_duration(field, child) : read_object(*field.message, child);
}

// `"600s"` and `"10mins"` beside the form with members (OPR-034).
Outcome MessageReader::read_duration(const FieldTable& field, Message& message) {
  std::string_view text;
  if (!scanner_.string(text)) return Outcome::malformed;
  const Result<Duration> duration = parse_duration(text);
  if (!duration) return misfit(fmt::format("Expecting a duration for field '{}'", field.name()));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration);
  const MessageTable& table = *field.message;
  std::size_t guess = 0;
  table.reflection->SetInt64(&message, table.find("seconds", guess)->field, seconds.count());
  table.reflection->SetInt32(&message, table.find("nanos", guess)->field,
                             static_cast<std::int32_t>((*duration - seconds).count()));
  return Outcome::stored;
}

Outcome MessageReader::read_enum(const FieldTable& field, const Reflection& reflection, Message& message) {
  if (scanner_.peek() != '"') return wrong_kind(field);
  std::string_view name;
  if (!scanner_.string(name)) return Outcome::malformed;
  if (const EnumTable::Value* value = field.enumeration->find(name)) {
    return store<int, &Reflection::SetEnumValue, &Reflection::AddEnumValue>(field, reflection, message, value->number);
  }
  if (!field.is_required) return Outcome::absent;
  return misfit(fmt::format("Unknown value '{}' for field '{}'", name, field.name()));
}

Outcome MessageReader::read_boolean(const FieldTable& field, const Reflection& reflection, Message& message) {
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
  return store<bool, &Reflection::SetBool, &Reflection::AddBool>(field, reflection, message, value);
}

Outcome MessageReader::read_text(const FieldTable& field, const Reflection& reflection, Message& message) {
  if (scanner_.peek() != '"') return wrong_kind(field);
  std::string_view text;
  if (!scanner_.string(text)) return Outcome::malformed;
  std::string value;
  if (field.kind == Kind::bytes) {
    Result<std::string> bytes = from_base64(text);
    if (!bytes) return misfit(fmt::format("Expecting base64 for field '{}': {}", field.name(), bytes.error().message));
    value = *std::move(bytes);
  } else {
    value = text;
  }
  return store<std::string, &Reflection::SetString, &Reflection::AddString>(field, reflection, message,
                                                                            std::move(value));
}

bool MessageReader::number_token(std::string_view& token) {
  if (scanner_.peek() != '"') return scanner_.number(token);
  if (!scanner_.string(token)) return false;
  if (number_length(token) != token.size()) token = {};
  return true;
}

Outcome MessageReader::read_number(const FieldTable& field, const Reflection& reflection, Message& message) {
  const char c = scanner_.peek();
  if (c != '"' && c != '-' && (c < '0' || c > '9')) return wrong_kind(field);
  std::string_view token;
  if (!number_token(token)) return Outcome::malformed;
  if (token.empty()) return misfit(fmt::format("Expecting a number for field '{}'", field.name()));
  switch (field.kind) {
    case Kind::int32:
      if (const auto value = to_int32(token)) {
        return store<int, &Reflection::SetInt32, &Reflection::AddInt32>(field, reflection, message, *value);
      }
      break;
    case Kind::int64:
      if (const auto value = to_int64(token)) {
        return store<std::int64_t, &Reflection::SetInt64, &Reflection::AddInt64>(field, reflection, message, *value);
      }
      break;
    case Kind::uint32:
      if (const auto value = to_uint32(token)) {
        return store<std::uint32_t, &Reflection::SetUInt32, &Reflection::AddUInt32>(field, reflection, message, *value);
      }
      break;
    default:
      if (const auto value = to_uint64(token)) {
        return store<std::uint64_t, &Reflection::SetUInt64, &Reflection::AddUInt64>(field, reflection, message, *value);
      }
  }
  return misfit(fmt::format("Number out of range for field '{}'", field.name()));
}

Outcome MessageReader::read_floating(const FieldTable& field, const Reflection& reflection, Message& message) {
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
    return store<float, &Reflection::SetFloat, &Reflection::AddFloat>(field, reflection, message,
                                                                      static_cast<float>(*value));
  }
  return store<double, &Reflection::SetDouble, &Reflection::AddDouble>(field, reflection, message, *value);
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

}  // namespace

Result<> read_json(std::string_view text, Message& out) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return fail(Code::malformed, "the text is not UTF-8");
  return MessageReader(text).read(out);
}

}  // namespace stoa::codec
