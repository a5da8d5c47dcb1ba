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

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class OneofDescriptor;
class Message;
class Reflection;
}  // namespace google::protobuf

namespace stoa::codec {

enum class Kind : std::uint8_t { int32, int64, uint32, uint64, f64, f32, boolean, enumeration, string, bytes, message };

struct EnumTable {
  struct Value {
    std::string name;
    int number = 0;
  };
  std::vector<Value> by_name;        // Sorted.
  std::vector<std::string> written;  // In quotes, at number - number_min; of several names of one number the first.
  int number_min = 0;

  // The number of a value name, exact in case; nullptr if there is none. O(log values).
  const Value* find(std::string_view name) const;
};

struct MessageTable;

constexpr int fields_max = 256;  // Of one message; checked.

struct FieldTable {
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::size_t index = 0;                                     // In the list of its message.
  const google::protobuf::OneofDescriptor* oneof = nullptr;  // Of which it is a member.
  std::string key;                                           // `"name":`
  std::string when_unset;  // `"name":default`, or `"name":[]`; empty if the unset field is left out.
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

  const google::protobuf::Message* prototype = nullptr;
  const google::protobuf::Reflection* reflection = nullptr;
  std::vector<FieldTable> fields;       // In schema order.
  std::vector<std::string_view> names;  // Of `fields`.
  std::vector<std::uint16_t> messages;  // Indexes of the fields of kind message.
  Form form = Form::general;

  // The field of that name, or nullptr. The search starts at `guess`, for fields come mostly in schema order, and sets
  // it to the place behind the field that was found. O(fields), but each costs one comparison of lengths only.
  const FieldTable* find(std::string_view name, std::size_t& guess) const;
};

// The table of a generated message type, made on first use, together with those of all types it can hold. Safe to call
// from several threads. O(1) after the first time.
const MessageTable& table_of(const google::protobuf::Descriptor* descriptor);

}  // namespace stoa::codec
