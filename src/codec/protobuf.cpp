#include "codec/protobuf.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <limits>

#include "base/check.h"
#include "codec/message_tables.h"

namespace stoa::codec {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

// The library's own DiscardUnknownFields lists all fields of all messages, which takes longer than reading them.
void discard_unknown_fields(const MessageTable& table, Message& message) {
  const Reflection& reflection = *table.reflection;
  if (!reflection.GetUnknownFields(message).empty()) reflection.MutableUnknownFields(&message)->Clear();
  for (const std::uint16_t i : table.messages) {
    const FieldTable& field = table.fields[i];
    if (!field.is_repeated) {
      if (reflection.HasField(message, field.field)) {
        discard_unknown_fields(*field.message, *reflection.MutableMessage(&message, field.field));
      }
      continue;
    }
    const int size = reflection.FieldSize(message, field.field);
    if (size > 0 && field.is_map) return message.DiscardUnknownFields();
    for (int element = 0; element < size; ++element) {
      discard_unknown_fields(*field.message, *reflection.MutableRepeatedMessage(&message, field.field, element));
    }
  }
}

}  // namespace

Result<> read_protobuf(std::string_view bytes, Message& out) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return invalid("protobuf: more than 2 GiB");
  }
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  // The library counts the levels below the outermost message.
  stream.SetRecursionLimit(protobuf_depth_max - 1);
  // Partial: the library would print the missing fields to stderr.
  if (!out.ParsePartialFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return invalid("not a valid " + out.GetDescriptor()->full_name());
  }
  if (!out.IsInitialized()) return invalid("Missing required fields: " + out.InitializationErrorString());
  discard_unknown_fields(table_of(out.GetDescriptor()), out);
  return {};
}

std::string to_protobuf(const Message& message) {
  std::string out;
  CHECK(message.IsInitialized(), message.InitializationErrorString());
  CHECK(message.AppendPartialToString(&out), message.GetTypeName());
  return out;
}

}  // namespace stoa::codec
