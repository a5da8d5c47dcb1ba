#include "api/decode.h"

#include "codec/json.h"
#include "codec/protobuf.h"

namespace stoa::api {

std::expected<void, http::Response> decode_call(const http::Request& request, google::protobuf::Message& call) {
  const auto type = codec::parse_content_type(header(request, "Content-Type"));
  if (!type) {
    const int status = type.error().code == Code::unimplemented ? 415 : 400;
    return std::unexpected(refusal(status, type.error().message));
  }
  if (*type == codec::MediaType::protobuf) {
    if (codec::read_protobuf(request.body, call)) return {};
    return std::unexpected(refusal(400, "Failed to parse body into Call protobuf"));
  }
  if (auto read = codec::read_json(request.body, call); !read) {
    const bool not_json = read.error().code == Code::malformed;
    return std::unexpected(
        refusal(400, (not_json ? "Failed to parse body into JSON: " : "Failed to convert JSON into Call protobuf: ") +
                         read.error().message));
  }
  return {};
}

std::expected<codec::MediaType, http::Response> negotiate(const http::Request& request) {
  if (const auto type = codec::negotiate_accept(header(request, "Accept"))) return *type;
  return std::unexpected(refusal(406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"));
}

}  // namespace stoa::api
