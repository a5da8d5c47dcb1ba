// Requests and responses as values. What the transport decides is decided before a handler sees a Request: it is well
// formed, within the limits, decoded, and its path is normalised.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/url.h"

namespace stoa::http {

// Header fields in the order sent; names match without regard to case (HTTP-020). O(fields) for a look-up: there are
// few.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  // The first value of that name, or nothing. Present and empty is a value.
  std::optional<std::string_view> get(std::string_view name) const;
  // All values of that name joined by ", " (RFC 9110, 5.3); nothing if there is none.
  std::optional<std::string> joined(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }
  // Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void remove(std::string_view name);
  // Whether a comma-separated list holds the token, without regard to case: `Connection: keep-alive, Upgrade`.
  bool lists(std::string_view name, std::string_view token) const;

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }

  bool operator==(const Headers&) const = default;

 private:
  std::vector<Field> fields_;
};

// The body of a request that is read while it is handled (RouteOptions::streaming). The socket is read only while a
// read is pending: a slow consumer slows the sender down (HTTP-107).
class Upload {
 public:
  virtual ~Upload() = default;
  // Calls back once, on an I/O thread, with the next bytes, or with an empty string at the end of the body; fails with
  // malformed or unavailable if the body breaks off. One read at a time.
  virtual void read(std::function<void(Result<std::string>)> on_bytes) = 0;
};

struct Request {
  std::string method;  // As sent, but GET for a HEAD on a route that takes GET (HTTP-190).
  // The first segment is percent-decoded (HTTP-005); no component prefix, no trailing slash, no empty segments.
  std::string path;
  std::string target;  // As sent, in origin form.
  net::Query query;    // Decoded; the last of duplicates (HTTP-186).
  Headers headers;
  std::string body;                      // Whole, dechunked and inflated; empty if there is an upload.
  std::shared_ptr<Upload> upload;        // Shared with the connection. Only on streaming routes.
  net::Endpoint peer;                    // Unspecified on a unix socket.
  std::optional<std::string> principal;  // Who asks, where that was proven (Admit). Never taken from the wire.
  int version = 11;                      // 10 or 11.
  bool local = false;                    // Came over a unix socket.
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // In place of `body`, where several answers are one text: copies of the answer then share it.
  std::shared_ptr<const std::string> shared_body;

  std::string_view content() const { return shared_body ? std::string_view(*shared_body) : std::string_view(body); }
};

// The same answer with a body that its copies share.
Response shared(Response response);

// `Not Found`.
std::string_view status_reason(int status);

// A text body (HTTP-048). Without a reason: "404 Not Found.".
Response text(int status, std::string_view reason = {});
Response json(std::string body, int status = 200);
// No body and no content type (HTTP-030).
Response empty(int status);
// 405 with Allow and the exact text (HTTP-018).
Response method_not_allowed(std::span<const std::string_view> allowed, std::string_view received);

// Whether the request asks to switch to that protocol: `Connection: Upgrade` and `Upgrade: PROTOCOL`.
bool wants_upgrade(const Request& request, std::string_view protocol);

bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace stoa::http
