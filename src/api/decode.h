// From a request's body to a call message: the checks that all v1 endpoints have in common (HTTP-062 to HTTP-069).
#pragma once

#include <expected>

#include "api/answers.h"
#include "http/message.h"
#include "proto/forward.h"

namespace stoa::api {

// Fills `call`, or gives the answer that refuses the request: no Content-Type 400, undecodable 400, other type 415.
std::expected<void, http::Response> decode_call(const http::Request& request, google::protobuf::Message& call);

// The encoding of the answer; 406 if the client takes neither (HTTP-072 to HTTP-075).
std::expected<codec::MediaType, http::Response> negotiate(const http::Request& request);

}  // namespace stoa::api
