// The laws of reading and writing JSON, for any message type.
#pragma once

#include <string_view>

#include "proto/forward.h"

// `message` and `again` are empty messages of one type; aborts if `text` breaks a law:
// - what was read is written so that it reads back the same (HTTP-148),
// - our reader and simdjson agree on what is JSON, but for numbers, of which simdjson refuses large ones.
void check_json_laws(std::string_view text, google::protobuf::Message& message, google::protobuf::Message& again);
