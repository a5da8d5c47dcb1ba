// Encoding: messages as the bytes that go over the wire, in the encoding that the user chose.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "proto/forward.h"

namespace stoa::sdk {

enum class Encoding { protobuf, json };

std::string encode(Encoding encoding, const google::protobuf::Message& message);
// Fails with malformed or invalid_argument; `out` is then unspecified.
Result<> decode(Encoding encoding, std::string_view bytes, google::protobuf::Message& out);
// Sets Content-Type and Accept.
void set_media_type(Encoding encoding, http::Headers& headers);

}  // namespace stoa::sdk
