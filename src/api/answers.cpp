#include "api/answers.h"

#include "codec/json.h"
#include "codec/protobuf.h"

namespace stoa::api {
namespace {

int status_of(Code code) {
  switch (code) {
    case Code::invalid_argument:
    case Code::malformed:
      return 400;
    case Code::unauthenticated:
      return 401;
    case Code::permission_denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::already_exists:
    case Code::failed_precondition:
      return 409;
    case Code::resource_exhausted:
      return 429;
    case Code::unimplemented:
      return 501;
    case Code::unavailable:
    case Code::timed_out:
      return 503;
    case Code::internal:
      return 500;
  }
  return 500;
}

}  // namespace

http::Response refusal(const Error& error) { return refusal(status_of(error.code), error.message); }

http::Response refusal(int status, std::string message) {
  http::Response response = http::text(status, std::move(message));
  // Clients back off instead of spinning (OPR-006).
  if (status == 503) response.headers.set("Retry-After", "1");
  return response;
}

http::Response encoded(const google::protobuf::Message& message, codec::MediaType type) {
  http::Response response;
  response.status = 200;
  response.headers.set("Content-Type", std::string(codec::media_type_name(type)));
  response.body = type == codec::MediaType::json ? codec::to_json(message) : codec::to_protobuf(message);
  return response;
}

http::Response accepted() { return http::empty(202); }
http::Response done() { return http::empty(200); }

http::Response only_post(const std::string& method) {
  static constexpr std::string_view allowed[] = {"POST"};
  return http::method_not_allowed(allowed, method);
}

std::optional<std::string_view> header(const http::Request& request, std::string_view name) {
  return request.headers.get(name);
}

}  // namespace stoa::api
