// `zk://user:password@host:port,host:port/path`: where the servers are, who we are to them, and below which znode the
// masters stand for election (HA-010, HA-011).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/address.h"

namespace stoa::zookeeper {

struct Url {
  std::vector<net::HostPort> servers;  // Not empty.
  std::string credentials;             // `user:password`; empty: none.
  std::string path;                    // Begins with a slash and does not end in one, but for `/` itself.

  // Fails with invalid_argument; the message never holds the password.
  static Result<Url> parse(std::string_view text);
  // The password as `****`.
  std::string to_string() const;
  // The path of a child of `path`.
  std::string child(std::string_view name) const;
};

bool is_url(std::string_view text);

}  // namespace stoa::zookeeper
