#include "codec/protobuf.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <limits>

#include "base/check.h"

namespace stoa::codec {

Result<> read_protobuf(std::string_view bytes, google::protobuf::Message& out) {
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
  out.DiscardUnknownFields();
  return {};
}

std::string to_protobuf(const google::protobuf::Message& message) {
  std::string out;
  CHECK(message.IsInitialized(), message.InitializationErrorString());
  CHECK(message.AppendPartialToString(&out), message.GetTypeName());
  return out;
}

}  // namespace stoa::codec
