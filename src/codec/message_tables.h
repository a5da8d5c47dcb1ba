// What the mappings need to know of each message type, worked out once per type from its descriptor.
//
// Descriptors answer by look-ups, virtual calls and strings to be escaped again each time; a table is a flat list in
// schema order with the keys as they stand in the text. Tables never change after they were made and live as long as
// the process, like the descriptors they belong to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/name_index.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace stoa::codec {

enum class Kind : std::uint8_t { int32, int64, uint32, uint64, f64, f32, boolean, enumeration, string, bytes, message };

struct EnumTable {
  std::vector<int> numbers;          // In schema order.
  NameIndex by_name;                 // Of `numbers`.
  std::vector<std::string> written;  // In quotes, at number - number_min; of several names of one number the first.
  int number_min = 0;

  // The number of a value name, exact in case; nullptr if there is none. O(1).
  const int* find(std::string_view name) const {
    const std::size_t position = by_name.find(name);
    return position == NameIndex::none ? nullptr : &numbers[position];
  }
  // The name of a number as it stands on the wire, in quotes; empty if there is none.
  std::string_view text(std::uint64_t number) const {
    const std::uint64_t index = number - static_cast<std::uint64_t>(number_min);
    return index < written.size() ? std::string_view(written[index]) : std::string_view();
  }
};

struct MessageTable;

constexpr int fields_max = 64;  // Of one message; checked. A set of fields is then one word.

struct FieldTable {
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::size_t index = 0;     // In the list of its message.
  std::uint64_t choice = 0;  // Bit `index` of every member of its oneof, its own too.
  std::uint32_t tag = 0;     // Number and kind of encoding, as on the wire.
  std::string key;           // `"name":`
  std::string when_unset;    // `"name":default`, or `"name":[]`; empty if the unset field is left out.
  Kind kind = Kind::message;
  bool is_repeated = false;  // Maps too.
  bool is_map = false;
  bool is_required = false;
  const MessageTable* message = nullptr;   // Of kind message; of a map: its entries, with key and value.
  const EnumTable* enumeration = nullptr;  // Of kind enumeration.

  std::string_view name() const { return std::string_view(key).substr(1, key.size() - 3); }
};

struct MessageTable {
  // Types with a form of their own besides the general one.
  enum class Form : std::uint8_t { general, duration, scalar };

  std::vector<FieldTable> fields;        // In schema order.
  NameIndex by_name;                     // Of `fields`.
  std::uint64_t required = 0;            // Bit `index` of every required field.
  std::uint64_t written_when_unset = 0;  // Likewise.
  std::vector<std::uint8_t> numbers;     // Index of the field of that number, or fields_max.
  Form form = Form::general;

  // The field of that number, or nullptr. O(1).
  const FieldTable* by_number(std::uint32_t number) const {
    if (number >= numbers.size() || numbers[number] == fields_max) return nullptr;
    return &fields[numbers[number]];
  }
  // The field of that name, or nullptr. O(1).
  const FieldTable* find(std::string_view name) const {
    const std::size_t position = by_name.find(name);
    return position == NameIndex::none ? nullptr : &fields[position];
  }
};

// The table of a generated message type, made on first use, together with those of all types it can hold. Safe to call
// from several threads. O(1) after the first time.
const MessageTable& table_of(const google::protobuf::Descriptor* descriptor);

}  // namespace stoa::codec
