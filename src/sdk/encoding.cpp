#include "sdk/encoding.h"

#include "codec/json.h"
#include "codec/media_type.h"
#include "codec/protobuf.h"

namespace stoa::sdk {

std::string encode(Encoding encoding, const google::protobuf::Message& message) {
  return encoding == Encoding::json ? codec::to_json(message) : codec::to_protobuf(message);
}

Result<> decode(Encoding encoding, std::string_view bytes, google::protobuf::Message& out) {
  return encoding == Encoding::json ? codec::read_json(bytes, out) : codec::read_protobuf(bytes, out);
}

void set_media_type(Encoding encoding, http::Headers& headers) {
  const auto name =
      codec::media_type_name(encoding == Encoding::json ? codec::MediaType::json : codec::MediaType::protobuf);
  headers.set("Content-Type", name);
  headers.set("Accept", name);
}

}  // namespace stoa::sdk
