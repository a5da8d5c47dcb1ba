// Address and Endpoint: where somebody is, without a family until the kernel is asked.
//
// An address is 16 bytes: IPv4 lives in ::ffff:0:0/96. So an IPv4 peer that a dual-stack socket reports as mapped, and
// the same peer on an IPv4 socket, are one value with one text (IP6-003), and no code has to ask for the family before
// it compares, sorts or stores. Text is RFC 5952; parsing takes any valid spelling (IP6-002).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::net {

class Address {
 public:
  // The unspecified IPv6 address, `::`.
  Address() = default;
  static Address v4(std::uint32_t host_order);
  static Address v6(const std::array<std::uint8_t, 16>& bytes, std::string zone = {});
  static Address loopback_v4() { return v4(0x7f000001); }
  static Address loopback_v6();
  static Address any_v4() { return v4(0); }
  static Address any_v6() { return {}; }

  // Takes `1.2.3.4`, any spelling of RFC 4291, and a zone (`fe80::1%eth0`). No brackets, no port, no name. Fails with
  // invalid_argument.
  static Result<Address> parse(std::string_view text);

  bool is_v4() const;
  bool is_v6() const { return !is_v4(); }
  bool is_loopback() const;
  bool is_unspecified() const;
  bool is_link_local() const;
  bool is_multicast() const;
  // Whether another host can be told to use it: none of the four above (IP6-005).
  bool is_advertisable() const;

  // `10.0.0.1`, `fe80::1%eth0`. Never brackets.
  std::string to_string() const;
  // The same without the zone: what may be shown to other hosts (IP6-005).
  std::string to_string_without_zone() const;
  // For MasterInfo.ip: the four bytes as they lie in memory of a little-endian host; 0 for IPv6 (HTTP-183).
  std::uint32_t v4_number() const;
  // The name under which a reverse zone holds it: `1.0.0.10.in-addr.arpa`, `....ip6.arpa` (IP6-015).
  std::string reverse_name() const;

  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  const std::string& zone() const { return zone_; }

  std::strong_ordering operator<=>(const Address&) const = default;
  bool operator==(const Address&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::string zone_;
};

struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  // `10.0.0.1:5050`, `[::1]:5050`.
  std::string to_string() const;
  // Takes exactly what to_string() prints, in any spelling of the address. Fails with invalid_argument; for `::1:5050`
  // the message shows the bracketed form (IP6-001).
  static Result<Endpoint> parse(std::string_view text);

  auto operator<=>(const Endpoint&) const = default;
};

// A host as a person names it: a DNS name, or an address without brackets.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  // Brackets around the host if it is an IPv6 literal.
  std::string to_string() const;
  // `name:80`, `1.2.3.4:80`, `[::1]:80`. Without a port: port_default, or an error if that is 0. Fails with
  // invalid_argument.
  static Result<HostPort> parse(std::string_view text, std::uint16_t port_default = 0);

  auto operator<=>(const HostPort&) const = default;
};

// `host`, or `[host]` where it is an IPv6 literal: for every place that joins host and port (HTTP-026).
std::string bracketed(std::string_view host);

}  // namespace stoa::net

template <>
struct std::hash<stoa::net::Address> {
  std::size_t operator()(const stoa::net::Address& address) const noexcept;
};
template <>
struct std::hash<stoa::net::Endpoint> {
  std::size_t operator()(const stoa::net::Endpoint& endpoint) const noexcept;
};
