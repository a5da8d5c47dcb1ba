// Url: the part of RFC 3986 that clusters use, with IPv6 hosts everywhere (IP6-006), and the percent coding of paths
// and queries.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace stoa::net {

struct Url {
  std::string scheme;      // Lower case.
  std::string user;        // `name:secret` before the @, still percent-encoded; usually empty.
  std::string host;        // A name or an address, without brackets; a zone as `%eth0`.
  std::uint16_t port = 0;  // That of the scheme if the text has none; 0 if the scheme has none.
  std::string path = "/";  // Percent-encoded, begins with a slash.
  std::string query;       // Percent-encoded, without the question mark.

  // Takes `scheme://[user@]host[:port][/path][?query]`; a fragment is dropped. Fails with invalid_argument.
  static Result<Url> parse(std::string_view text);
  // What a Location header means for a request to `base`: absolute, `//host/path`, `/path`, `?query` or `path`.
  static Result<Url> resolve(const Url& base, std::string_view reference);

  // The port is left out where it is the default of the scheme; `user` is never printed.
  std::string to_string() const;
  // `path[?query]`: what goes into a request line.
  std::string target() const;
  // `host[:port]` for a Host header, with brackets where needed.
  std::string authority() const;

  bool operator==(const Url&) const = default;
};

// 80 for http, 443 for https, 0 for anything else.
std::uint16_t default_port(std::string_view scheme);

// Decodes %XX. Fails with invalid_argument on a malformed escape. `plus_is_blank` for queries and forms.
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);
// Encodes everything but letters, digits and `-._~`, and the characters of `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});

using Query = std::map<std::string, std::string, std::less<>>;

// `a=1&b=2`: decoded, `+` is a blank, the last of duplicate keys counts, a key without `=` has an empty value
// (HTTP-186). Also for form bodies. Fails with invalid_argument on a malformed escape.
Result<Query> parse_query(std::string_view text);

}  // namespace stoa::net
