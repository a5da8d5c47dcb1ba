// Messages as JSON and back: the mapping of wire/http.md section 11, which protobuf's own JSON does not give
// (snake_case, 64-bit integers as numbers, defaults written).
//
// Both directions go by way of the binary form, which the generated code of each type reads and writes at the speed of
// memory: a JSON text becomes binary form member by member (json_message_reader.h), and the other way round, by tables
// made from the descriptors (message_tables.h). Reflection, which the library would use, costs more than all the rest.
// A general JSON parser was not used, because the mapping wants unknown members skipped whatever their value
// (HTTP-127): numbers of any size in them are no fault, while a wrong letter is, which parsers into 64-bit numbers and
// parsers on demand each get wrong in one half.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/forward.h"

namespace stoa::codec {

constexpr int json_depth_max = 200;  // HTTP-112

// Appends the message as one line of compact JSON (HTTP-087, HTTP-114 to HTTP-125). Fields and enum numbers that its
// type does not know are left out. The message must be of a generated type and below 2 GiB in binary form, of which a
// copy is held meanwhile: what is larger than memory should hold twice is written in parts.
void write_json(const google::protobuf::Message& message, std::string& out);
std::string to_json(const google::protobuf::Message& message);

// Replaces `out` by what the text says (HTTP-126 to HTTP-143). Fails with malformed if the text is not JSON or nests
// deeper than json_depth_max, with invalid_argument if it does not fit the message; the error's message is the detail
// that answers carry. `out` is then unspecified. O(text). A call is best read into make_in_arena().
Result<> read_json(std::string_view text, google::protobuf::Message& out);

}  // namespace stoa::codec
