#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_text.h"
#include "codec/message_tables.h"

namespace stoa::codec {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

void write_message(const MessageTable& table, const Message& message, TextBuffer& out);

void write_enum(const EnumTable& table, int number, TextBuffer& out) {
  const auto index = static_cast<std::size_t>(number - table.number_min);
  if (index < table.written.size()) return out.append(table.written[index]);
  append_integer(number, out);
}

void write_bytes(const std::string& bytes, TextBuffer& out) {
  out.put('"');
  out.append(to_base64(bytes));
  out.put('"');
}

void write_single(const FieldTable& field, const Reflection& reflection, const Message& message, TextBuffer& out) {
  std::string scratch;
  const auto* descriptor = field.field;
  switch (field.kind) {
    case Kind::int32:
      return append_integer(reflection.GetInt32(message, descriptor), out);
    case Kind::int64:
      return append_integer(reflection.GetInt64(message, descriptor), out);
    case Kind::uint32:
      return append_unsigned(reflection.GetUInt32(message, descriptor), out);
    case Kind::uint64:
      return append_unsigned(reflection.GetUInt64(message, descriptor), out);
    case Kind::f64:
      return append_double(reflection.GetDouble(message, descriptor), out);
    case Kind::f32:
      return append_float(reflection.GetFloat(message, descriptor), out);
    case Kind::boolean:
      return out.append(reflection.GetBool(message, descriptor) ? "true" : "false");
    case Kind::enumeration:
      return write_enum(*field.enumeration, reflection.GetEnumValue(message, descriptor), out);
    case Kind::string:
      return append_string(reflection.GetStringReference(message, descriptor, &scratch), out);
    case Kind::bytes:
      return write_bytes(reflection.GetStringReference(message, descriptor, &scratch), out);
    case Kind::message:
      return write_message(*field.message, reflection.GetMessage(message, descriptor), out);
  }
}

void write_element(const FieldTable& field, const Reflection& reflection, const Message& message, int i,
                   TextBuffer& out) {
  std::string scratch;
  const auto* descriptor = field.field;
  switch (field.kind) {
    case Kind::int32:
      return append_integer(reflection.GetRepeatedInt32(message, descriptor, i), out);
    case Kind::int64:
      return append_integer(reflection.GetRepeatedInt64(message, descriptor, i), out);
    case Kind::uint32:
      return append_unsigned(reflection.GetRepeatedUInt32(message, descriptor, i), out);
    case Kind::uint64:
      return append_unsigned(reflection.GetRepeatedUInt64(message, descriptor, i), out);
    case Kind::f64:
      return append_double(reflection.GetRepeatedDouble(message, descriptor, i), out);
    case Kind::f32:
      return append_float(reflection.GetRepeatedFloat(message, descriptor, i), out);
    case Kind::boolean:
      return out.append(reflection.GetRepeatedBool(message, descriptor, i) ? "true" : "false");
    case Kind::enumeration:
      return write_enum(*field.enumeration, reflection.GetRepeatedEnumValue(message, descriptor, i), out);
    case Kind::string:
      return append_string(reflection.GetRepeatedStringReference(message, descriptor, i, &scratch), out);
    case Kind::bytes:
      return write_bytes(reflection.GetRepeatedStringReference(message, descriptor, i, &scratch), out);
    case Kind::message:
      return write_message(*field.message, reflection.GetRepeatedMessage(message, descriptor, i), out);
  }
}

// Sorted by key, so that equal messages give equal text: the order in the map itself differs from copy to copy.
void write_map(const FieldTable& field, const Reflection& reflection, const Message& message, int size,
               TextBuffer& out) {
  const FieldTable& key = field.message->fields[0];
  const FieldTable& value = field.message->fields[1];
  const Reflection& of_entry = *field.message->reflection;
  std::string scratch;
  std::vector<std::pair<std::string_view, const Message*>> entries;
  for (int i = 0; i < size; ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, field.field, i);
    entries.emplace_back(of_entry.GetStringReference(entry, key.field, &scratch), &entry);
  }
  std::ranges::sort(entries);
  char before = '{';
  for (const auto& [name, entry] : entries) {
    out.put(before);
    before = ',';
    append_string(name, out);
    out.put(':');
    write_single(value, of_entry, *entry, out);
  }
  out.put('}');
}

void write_list(const FieldTable& field, const Reflection& reflection, const Message& message, int size,
                TextBuffer& out) {
  char before = '[';
  for (int i = 0; i < size; ++i) {
    out.put(before);
    before = ',';
    write_element(field, reflection, message, i, out);
  }
  out.put(']');
}

void write_message(const MessageTable& table, const Message& message, TextBuffer& out) {
  const Reflection& reflection = *table.reflection;
  char before = '{';
  for (const FieldTable& field : table.fields) {
    const int size = field.is_repeated ? reflection.FieldSize(message, field.field)
                                       : static_cast<int>(reflection.HasField(message, field.field));
    if (size == 0 && field.when_unset.empty()) continue;
    out.put(before);
    before = ',';
    if (size == 0) {
      out.append(field.when_unset);
      continue;
    }
    out.append(field.key);
    if (field.is_map) {
      write_map(field, reflection, message, size, out);
    } else if (field.is_repeated) {
      write_list(field, reflection, message, size, out);
    } else {
      write_single(field, reflection, message, out);
    }
  }
  if (before == '{') out.put('{');
  out.put('}');
}

}  // namespace

void write_json(const Message& message, std::string& out) {
  const MessageTable& table = table_of(message.GetDescriptor());
  TextBuffer buffer(out);
  write_message(table, message, buffer);
}

std::string to_json(const Message& message) {
  std::string out;
  write_json(message, out);
  return out;
}

}  // namespace stoa::codec
