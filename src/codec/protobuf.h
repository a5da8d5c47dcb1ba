// Protobuf binary to messages and back, with the limits that a peer's bytes need.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/forward.h"

namespace stoa::codec {

constexpr int protobuf_depth_max = 100;  // HTTP-112

// Replaces `out`. Fails with invalid_argument if the bytes are not such a message, nest deeper than
// protobuf_depth_max, or lack a required field (HTTP-145); `out` is then unspecified. Unknown fields and unknown enum
// numbers are skipped and not kept, so they never appear in an answer (HTTP-144).
Result<> read_protobuf(std::string_view bytes, google::protobuf::Message& out);

// The binary form. Every required field must be set: it is our own message, so anything else is a broken promise.
std::string to_protobuf(const google::protobuf::Message& message);

}  // namespace stoa::codec
