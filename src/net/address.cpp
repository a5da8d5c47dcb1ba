#include "net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace stoa::net {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 65535)
    return invalid(fmt::format("'{}': port '{}' is not a number from 0 to 65535", whole, text));
  return static_cast<std::uint16_t>(value);
}

struct Split {
  std::string_view host;
  std::string_view port;
  bool has_port = false;
  bool has_brackets = false;
};

// An IPv6 literal without brackets and its port cannot be told apart, so this guesses only for the error message.
std::string unbracketed_message(std::string_view text) {
  const auto colon = text.rfind(':');
  if (const auto host = text.substr(0, colon); Address::parse(host) && colon + 1 < text.size())
    return fmt::format("'{}': write an IPv6 address with a port as '[{}]:{}'", text, host, text.substr(colon + 1));
  return fmt::format("'{}': write an IPv6 address in brackets, as '[{}]:PORT'", text, text);
}

Result<Split> split(std::string_view text) {
  Split out;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return invalid(fmt::format("'{}': '[' without ']'", text));
    out.host = text.substr(1, close - 1);
    out.has_brackets = true;
    const auto rest = text.substr(close + 1);
    if (rest.empty()) return out;
    if (rest[0] != ':') return invalid(fmt::format("'{}': expected ':' behind ']'", text));
    out.port = rest.substr(1);
    out.has_port = true;
    return out;
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    out.host = text;
    return out;
  }
  if (text.find(':', colon + 1) != std::string_view::npos) return invalid(unbracketed_message(text));
  out.host = text.substr(0, colon);
  out.port = text.substr(colon + 1);
  out.has_port = true;
  return out;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](unsigned char c) {
    return c > 0x20 && c < 0x7f && !std::strchr("/?#@[]:%\\\"<>", c);
  });
}

}  // namespace

Address Address::v4(std::uint32_t host_order) {
  Address out;
  std::ranges::copy(mapped_prefix, out.bytes_.begin());
  for (int i = 0; i < 4; ++i) out.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return out;
}

Address Address::v6(const std::array<std::uint8_t, 16>& bytes, std::string zone) {
  Address out;
  out.bytes_ = bytes;
  out.zone_ = std::move(zone);
  return out;
}

Address Address::loopback_v6() {
  Address out;
  out.bytes_[15] = 1;
  return out;
}

Result<Address> Address::parse(std::string_view text) {
  const auto refuse = [&] { return invalid(fmt::format("'{}' is not an IP address", text)); };
  auto body = text;
  std::string zone;
  if (const auto percent = text.find('%'); percent != std::string_view::npos) {
    body = text.substr(0, percent);
    zone = text.substr(percent + 1);
    if (!is_name(zone)) return refuse();
  }
  // inet_pton wants a terminated string; a longer text or one with NUL inside is no address.
  if (body.size() >= INET6_ADDRSTRLEN || body.find('\0') != std::string_view::npos) return refuse();
  const std::string terminated(body);
  Address out;
  if (inet_pton(AF_INET6, terminated.c_str(), out.bytes_.data()) == 1) {
    if (out.is_v4() && !zone.empty()) return refuse();
    out.zone_ = std::move(zone);
    return out;
  }
  std::ranges::copy(mapped_prefix, out.bytes_.begin());
  if (!zone.empty() || inet_pton(AF_INET, terminated.c_str(), out.bytes_.data() + 12) != 1) return refuse();
  return out;
}

bool Address::is_v4() const { return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes_.begin()); }
bool Address::is_loopback() const { return is_v4() ? bytes_[12] == 127 : *this == loopback_v6(); }
bool Address::is_unspecified() const {
  return is_v4() ? v4_number() == 0 : std::ranges::all_of(bytes_, [](auto byte) { return byte == 0; });
}
bool Address::is_link_local() const {
  return is_v4() ? bytes_[12] == 169 && bytes_[13] == 254 : bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}
bool Address::is_multicast() const { return is_v4() ? (bytes_[12] & 0xf0) == 0xe0 : bytes_[0] == 0xff; }
bool Address::is_advertisable() const {
  return !is_loopback() && !is_unspecified() && !is_link_local() && !is_multicast();
}

std::string Address::to_string_without_zone() const {
  if (is_v4()) return fmt::format("{}.{}.{}.{}", bytes_[12], bytes_[13], bytes_[14], bytes_[15]);
  std::array<unsigned, 8> groups;
  for (int i = 0; i < 8; ++i) groups[i] = bytes_[2 * i] << 8 | bytes_[2 * i + 1];
  // The longest run of at least two zero groups, the first of equals, becomes `::` (RFC 5952, 4.2).
  int run_begin = -1, run_length = 1;
  for (int i = 0; i < 8; ++i) {
    int length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > run_length) run_begin = i, run_length = length;
  }
  std::string out;
  for (int i = 0; i < 8; ++i) {
    if (i == run_begin) {
      out += "::";
      i += run_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

std::string Address::to_string() const {
  return zone_.empty() ? to_string_without_zone() : to_string_without_zone() + "%" + zone_;
}

std::uint32_t Address::v4_number() const {
  if (!is_v4()) return 0;
  return bytes_[12] | bytes_[13] << 8 | bytes_[14] << 16 | static_cast<std::uint32_t>(bytes_[15]) << 24;
}

std::string Address::reverse_name() const {
  if (is_v4()) return fmt::format("{}.{}.{}.{}.in-addr.arpa", bytes_[15], bytes_[14], bytes_[13], bytes_[12]);
  std::string out;
  for (int i = 15; i >= 0; --i) out += fmt::format("{:x}.{:x}.", bytes_[i] & 15, bytes_[i] >> 4);
  return out + "ip6.arpa";
}

std::string Endpoint::to_string() const {
  return address.is_v4() ? fmt::format("{}:{}", address.to_string(), port)
                         : fmt::format("[{}]:{}", address.to_string(), port);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  LET(const Split parts, split(text));
  if (!parts.has_port) return invalid(fmt::format("'{}': no port", text));
  LET(Address address, Address::parse(parts.host));
  if (parts.has_brackets && address.is_v4() && parts.host.find(':') == std::string_view::npos)
    return invalid(fmt::format("'{}': brackets are for IPv6 addresses", text));
  LET(const std::uint16_t port, parse_port(parts.port, text));
  return Endpoint{std::move(address), port};
}

std::string bracketed(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string(host) : fmt::format("[{}]", host);
}

std::string HostPort::to_string() const { return fmt::format("{}:{}", bracketed(host), port); }

Result<HostPort> HostPort::parse(std::string_view text, std::uint16_t port_default) {
  LET(const Split parts, split(text));
  HostPort out;
  if (parts.has_brackets) {
    LET(const Address address, Address::parse(parts.host));
    if (parts.host.find(':') == std::string_view::npos)
      return invalid(fmt::format("'{}': brackets are for IPv6 addresses", text));
    out.host = address.to_string();
  } else if (!is_name(parts.host)) {
    return invalid(fmt::format("'{}': '{}' is not a host", text, parts.host));
  } else {
    out.host = parts.host;
  }
  if (parts.has_port) {
    LET(out.port, parse_port(parts.port, text));
  } else if (port_default == 0) {
    return invalid(fmt::format("'{}': no port", text));
  } else {
    out.port = port_default;
  }
  return out;
}

}  // namespace stoa::net

std::size_t std::hash<stoa::net::Address>::operator()(const stoa::net::Address& address) const noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.bytes().data()), 16}) ^
         std::hash<std::string>{}(address.zone());
}
std::size_t std::hash<stoa::net::Endpoint>::operator()(const stoa::net::Endpoint& endpoint) const noexcept {
  return std::hash<stoa::net::Address>{}(endpoint.address) * 31 + endpoint.port;
}
