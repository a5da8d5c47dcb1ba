#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_text.h"
#include "codec/message_tables.h"
#include "codec/wire_cursor.h"

namespace stoa::codec {
namespace {

using google::protobuf::Message;

void write_message(const MessageTable& table, std::string_view wire, TextBuffer& out);

void write_bytes(std::string_view bytes, TextBuffer& out) {
  out.put('"');
  out.append(to_base64(bytes));
  out.put('"');
}

// False for a number that its enum does not have: the library keeps those as unknown fields, behind all others.
bool is_known(const FieldTable& field, WireCursor cursor) {
  return field.kind != Kind::enumeration || !field.enumeration->text(cursor.varint()).empty();
}

// Takes the value that `cursor` is at.
void write_value(const FieldTable& field, WireCursor& cursor, TextBuffer& out) {
  switch (field.kind) {
    case Kind::int32:
    case Kind::int64:
      return append_integer(static_cast<std::int64_t>(cursor.varint()), out);
    case Kind::uint32:
    case Kind::uint64:
      return append_unsigned(cursor.varint(), out);
    case Kind::f64:
      return append_double(cursor.fixed<double>(), out);
    case Kind::f32:
      return append_float(cursor.fixed<float>(), out);
    case Kind::boolean:
      return out.append(cursor.varint() != 0 ? "true" : "false");
    case Kind::enumeration:
      return out.append(field.enumeration->text(cursor.varint()));
    case Kind::string:
      return append_string(cursor.bytes(), out);
    case Kind::bytes:
      return write_bytes(cursor.bytes(), out);
    case Kind::message:
      return write_message(*field.message, cursor.bytes(), out);
  }
}

// The elements of a list stand one behind the other.
void write_list(const FieldTable& field, WireCursor cursor, TextBuffer& out) {
  char before = '[';
  do {
    out.put(before);
    before = ',';
    write_value(field, cursor, out);
  } while (cursor.next_is(field.tag) && is_known(field, cursor));
  out.put(']');
}

// Sorted by key, so that equal messages give equal text: the order in the map itself differs from copy to copy.
void write_map(const FieldTable& field, WireCursor cursor, TextBuffer& out) {
  const FieldTable& key = field.message->fields[0];
  const FieldTable& value = field.message->fields[1];
  std::vector<std::pair<std::string_view, WireCursor>> entries;
  do {
    WireCursor entry(cursor.bytes());
    CHECK(entry.next_is(key.tag), "an entry of a map begins with its key");
    const std::string_view name = entry.bytes();
    CHECK(entry.next_is(value.tag), "behind the key comes the value");
    entries.emplace_back(name, entry);
  } while (cursor.next_is(field.tag));
  std::ranges::sort(entries, {}, &std::pair<std::string_view, WireCursor>::first);
  char before = '{';
  for (auto& [name, entry] : entries) {
    out.put(before);
    before = ',';
    append_string(name, out);
    out.put(':');
    write_value(value, entry, out);
  }
  out.put('}');
}

void write_message(const MessageTable& table, std::string_view wire, TextBuffer& out) {
  // Members come by number; they are written in schema order.
  std::array<const char*, fields_max> places;
  std::uint64_t present = 0;
  for (WireCursor cursor(wire); !cursor.at_end();) {
    const std::uint32_t tag = cursor.tag();
    const FieldTable* field = table.by_number(tag >> 3);
    if (field != nullptr && field->tag == tag && (present >> field->index & 1) == 0 && is_known(*field, cursor)) {
      places[field->index] = cursor.place();
      present |= std::uint64_t{1} << field->index;
    }
    cursor.skip(tag);
  }
  char before = '{';
  for (std::uint64_t left = present | table.written_when_unset; left != 0; left &= left - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(left));
    const FieldTable& field = table.fields[index];
    out.put(before);
    before = ',';
    if ((present >> index & 1) == 0) {
      out.append(field.when_unset);
      continue;
    }
    out.append(field.key);
    WireCursor cursor({places[index], wire.data() + wire.size()});
    if (field.is_map) {
      write_map(field, cursor, out);
    } else if (field.is_repeated) {
      write_list(field, cursor, out);
    } else {
      write_value(field, cursor, out);
    }
  }
  if (before == '{') out.put('{');
  out.put('}');
}

}  // namespace

void write_json(const Message& message, std::string& out) {
  const MessageTable& table = table_of(message.GetDescriptor());
  const std::size_t size = message.ByteSizeLong();
  CHECK(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()), message.GetTypeName());
  // Most messages are small, and this is called for each of many.
  constexpr std::size_t local_bytes = 1024;
  std::uint8_t local[local_bytes];
  std::unique_ptr<std::uint8_t[]> large;
  if (size > local_bytes) large = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  std::uint8_t* wire = large ? large.get() : local;
  message.SerializeWithCachedSizesToArray(wire);
  TextBuffer buffer(out);
  write_message(table, {reinterpret_cast<const char*>(wire), size}, buffer);
}

std::string to_json(const Message& message) {
  std::string out;
  write_json(message, out);
  return out;
}

}  // namespace stoa::codec
