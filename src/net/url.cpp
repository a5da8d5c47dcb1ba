#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::net {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text[0]) && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

// A path or query that would break a request line.
bool has_blank_or_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
}

// `%25eth0` in a URL is the zone `%eth0` (RFC 6874).
Result<HostPort> parse_authority(std::string_view text, std::uint16_t port_default) {
  std::string plain(text);
  if (text.starts_with('['))
    if (const auto zone = plain.find("%25"); zone != std::string::npos && zone < plain.find(']'))
      plain.erase(zone + 1, 2);
  // A scheme without a default port may leave it out.
  if (port_default == 0 && (plain.empty() || plain.back() == ']' || plain.find(':') == std::string::npos)) {
    LET(HostPort out, HostPort::parse(plain, 1));
    out.port = 0;
    return out;
  }
  if (plain.ends_with(':')) plain.pop_back();
  return HostPort::parse(plain, port_default);
}

}  // namespace

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  return 0;
}

Result<Url> Url::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) { return invalid(fmt::format("URL '{}': {}", text, why)); };
  if (has_blank_or_control(text)) return refuse("a blank or control character");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return refuse("expected SCHEME://");
  Url out;
  for (const char c : text.substr(0, colon)) out.scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  auto rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  auto authority = rest.substr(0, authority_end);
  rest = rest.substr(authority_end);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    out.user = authority.substr(0, at);
    authority = authority.substr(at + 1);
  }
  auto host_port = parse_authority(authority, default_port(out.scheme));
  if (!host_port) return refuse(host_port.error().message);
  out.host = std::move(host_port->host);
  out.port = host_port->port;
  const auto question = rest.find('?');
  out.path = rest.substr(0, question);
  if (out.path.empty()) out.path = "/";
  if (question != std::string_view::npos) out.query = rest.substr(question + 1);
  return out;
}

Result<Url> Url::resolve(const Url& base, std::string_view reference) {
  if (has_blank_or_control(reference)) return invalid(fmt::format("URL '{}': a blank or control character", reference));
  const auto scheme_end = reference.find("://");
  if (scheme_end != std::string_view::npos && is_scheme(reference.substr(0, scheme_end))) return parse(reference);
  if (reference.starts_with("//")) return parse(fmt::format("{}:{}", base.scheme, reference));
  reference = reference.substr(0, reference.find('#'));
  Url out = base;
  const auto question = reference.find('?');
  out.query = question == std::string_view::npos ? std::string{} : std::string(reference.substr(question + 1));
  const auto path = reference.substr(0, question);
  if (path.starts_with('/'))
    out.path = path;
  else if (!path.empty())
    out.path = base.path.substr(0, base.path.rfind('/') + 1) + std::string(path);
  return out;
}

std::string Url::authority() const {
  auto name = host;
  // In a URL the percent sign of a zone is itself encoded.
  if (const auto zone = name.find('%'); zone != std::string::npos) name.insert(zone + 1, "25");
  return port == default_port(scheme) ? bracketed(name) : fmt::format("{}:{}", bracketed(name), port);
}

std::string Url::target() const { return query.empty() ? path : path + "?" + query; }

std::string Url::to_string() const { return fmt::format("{}://{}{}", scheme, authority(), target()); }

Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return invalid(fmt::format("malformed escape '{}'", text.substr(i, 3)));
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_alpha(c) || is_digit(c) || std::string_view("-._~").contains(c) || keep.contains(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<Query> parse_query(std::string_view text) {
  Query out;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    LET(std::string key, percent_decode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      LET(value, percent_decode(pair.substr(equals + 1), true));
    }
    out.insert_or_assign(std::move(key), std::move(value));
  }
  return out;
}

}  // namespace stoa::net
