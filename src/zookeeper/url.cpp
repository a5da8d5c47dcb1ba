#include "zookeeper/url.h"

#include <fmt/format.h>

#include "base/text.h"

namespace stoa::zookeeper {
namespace {

constexpr std::string_view scheme = "zk://";
constexpr std::uint16_t server_port = 2181;

Result<std::string> parse_path(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return std::string("/");
  for (const std::string_view part : split(text.substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") {
      return invalid(fmt::format("'{}' is no path of a znode: empty parts, `.` and `..` are not allowed", text));
    }
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        return invalid("control characters are not allowed in the path of a znode");
      }
    }
  }
  return std::string(text);
}

}  // namespace

bool is_url(std::string_view text) { return trim(text).starts_with(scheme); }

Result<Url> Url::parse(std::string_view text) {
  text = trim(text);
  if (!text.starts_with(scheme)) return invalid("Expecting 'zk://' at the beginning of the URL");
  text.remove_prefix(scheme.size());
  Url url;
  const std::size_t slash = text.find('/');
  LET(url.path, parse_path(slash == std::string_view::npos ? std::string_view() : text.substr(slash)));
  std::string_view servers = text.substr(0, slash);
  if (const std::size_t at = servers.rfind('@'); at != std::string_view::npos) {
    url.credentials = servers.substr(0, at);
    const std::size_t colon = url.credentials.find(':');
    if (colon == std::string::npos || colon == 0) return invalid("Expecting 'user:password' before the '@' of the URL");
    servers.remove_prefix(at + 1);
  }
  if (servers.empty()) return invalid("Expecting at least one server in the URL: zk://host:port/path");
  for (const std::string_view server : split(servers, ',')) {
    LET(net::HostPort where, net::HostPort::parse(server, server_port));
    url.servers.push_back(std::move(where));
  }
  return url;
}

std::string Url::to_string() const {
  std::string text(scheme);
  if (!credentials.empty()) text += credentials.substr(0, credentials.find(':')) + ":****@";
  bool is_first = true;
  for (const net::HostPort& server : servers) {
    if (!std::exchange(is_first, false)) text += ",";
    text += server.to_string();
  }
  return text + path;
}

std::string Url::child(std::string_view name) const {
  return fmt::format("{}/{}", path == "/" ? std::string() : path, name);
}

}  // namespace stoa::zookeeper
