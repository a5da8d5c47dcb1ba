// Messages as JSON and back: the mapping of wire/http.md section 11, which protobuf's own JSON does not give
// (snake_case, 64-bit integers as numbers, defaults written).
//
// Writing walks a table per message type (message_tables.h). Reading goes over the text once and fills the message as
// it goes. A general JSON parser was not used, because the mapping wants unknown members skipped whatever their value
// (HTTP-127): numbers of any size in them are no fault, while a wrong letter is, which parsers into 64-bit numbers and
// parsers on demand each get wrong in one half.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/forward.h"

namespace stoa::codec {

constexpr int json_depth_max = 200;  // HTTP-112

// Appends the message as one line of compact JSON (HTTP-087, HTTP-114 to HTTP-125). Needs a generated message type.
void write_json(const google::protobuf::Message& message, std::string& out);
std::string to_json(const google::protobuf::Message& message);

// Replaces `out` by what the text says (HTTP-126 to HTTP-143). Fails with malformed if the text is not JSON or nests
// deeper than json_depth_max, with invalid_argument if it does not fit the message; the error's message is the detail
// that answers carry. `out` is then unspecified. O(text); strings are copied once.
Result<> read_json(std::string_view text, google::protobuf::Message& out);

}  // namespace stoa::codec
