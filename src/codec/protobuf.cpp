#include "codec/protobuf.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <limits>

#include "base/check.h"
#include "codec/message_tables.h"
#include "codec/wire_cursor.h"

namespace stoa::codec {
namespace {

using google::protobuf::Message;

// Whether bytes that the library has read hold what the message does not know: the library keeps that, and forgets it
// only field by field, by reflection, which takes longer than reading. May be true for other unusual bytes too.
bool may_hold_unknown(const MessageTable& table, std::string_view wire) {
  for (WireCursor cursor(wire); !cursor.at_end();) {
    const std::uint32_t tag = cursor.tag();
    const FieldTable* field = table.by_number(tag >> 3);
    if (field == nullptr || field->tag != tag) return true;
    if (field->kind == Kind::message) {
      if (may_hold_unknown(*field->message, cursor.bytes())) return true;
    } else if (field->kind == Kind::enumeration) {
      if (field->enumeration->text(cursor.varint()).empty()) return true;
    } else {
      cursor.skip(tag);
    }
  }
  return false;
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
  if (may_hold_unknown(table_of(out.GetDescriptor()), bytes)) out.DiscardUnknownFields();
  return {};
}

std::string to_protobuf(const Message& message) {
  std::string out;
  CHECK(message.IsInitialized(), message.InitializationErrorString());
  CHECK(message.AppendPartialToString(&out), message.GetTypeName());
  return out;
}

}  // namespace stoa::codec
