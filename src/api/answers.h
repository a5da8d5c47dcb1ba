// Answers that every endpoint gives in the same words: refusals by code, texts, encoded messages.
#pragma once

#include <string>

#include "base/result.h"
#include "codec/media_type.h"
#include "http/message.h"
#include "proto/forward.h"

namespace stoa::api {

// The status that a refusal has on the wire, with its message as plain text (HTTP-048).
http::Response refusal(const Error& error);
// The same with a status chosen by the caller.
http::Response refusal(int status, std::string message);

// 200 with one message in the encoding that was negotiated (HTTP-078).
http::Response encoded(const google::protobuf::Message& message, codec::MediaType type);

// 202, or 200, without body and type (HTTP-030).
http::Response accepted();
http::Response done();

// 405 for an endpoint that takes only POST (HTTP-018).
http::Response only_post(const std::string& method);

// A value of the request's headers as codec takes it.
std::optional<std::string_view> header(const http::Request& request, std::string_view name);

}  // namespace stoa::api
