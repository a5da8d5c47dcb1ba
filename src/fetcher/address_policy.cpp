#include "fetcher/address_policy.h"

#include <algorithm>
#include <array>
#include <optional>

namespace stoa::fetcher {
namespace {

Result<std::vector<net::Prefix>> parse_all(const std::vector<std::string>& texts) {
  std::vector<net::Prefix> prefixes;
  for (const std::string& text : texts) {
    LET(prefixes.emplace_back(), net::Prefix::parse(text));
  }
  return prefixes;
}

bool covers(const std::vector<net::Prefix>& prefixes, const net::Address& address) {
  return std::ranges::any_of(prefixes, [&](const net::Prefix& prefix) { return prefix.contains(address); });
}

const std::vector<net::Prefix>& refused_by_default() {
  static const std::vector<net::Prefix> prefixes =
      *parse_all({"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",  //
                  "::/128", "::1/128", "fe80::/10", "ff00::/8",                                       //
                  // Metadata services of clouds that are not link-local.
                  "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128"});
  return prefixes;
}

// The IPv4 address that a router or a translator makes of one of these: the well-known prefix of NAT64 (RFC 6052), 6to4
// (RFC 3056), and the deprecated compatible form.
std::optional<net::Address> inner_v4(const net::Address& address) {
  if (address.is_v4()) return std::nullopt;
  const auto& bytes = address.bytes();
  const auto v4_at = [&](std::size_t at) {
    return net::Address::v4(static_cast<std::uint32_t>(bytes[at]) << 24 |
                            static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
                            static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3]);
  };
  static constexpr std::array<std::uint8_t, 12> nat64{0, 0x64, 0xff, 0x9b};
  static constexpr std::array<std::uint8_t, 12> compatible{};
  if (std::equal(nat64.begin(), nat64.end(), bytes.begin())) return v4_at(12);
  if (std::equal(compatible.begin(), compatible.end(), bytes.begin())) return v4_at(12);
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return v4_at(2);
  return std::nullopt;
}

}  // namespace

Result<AddressPolicy> AddressPolicy::parse(const std::vector<std::string>& allowed,
                                           const std::vector<std::string>& denied) {
  LET(std::vector<net::Prefix> allowed_prefixes, parse_all(allowed));
  LET(std::vector<net::Prefix> denied_prefixes, parse_all(denied));
  return AddressPolicy(std::move(allowed_prefixes), std::move(denied_prefixes));
}

bool AddressPolicy::allows(const net::Address& address) const {
  if (covers(denied_, address)) return false;
  if (covers(allowed_, address)) return true;
  if (covers(refused_by_default(), address)) return false;
  const std::optional<net::Address> inner = inner_v4(address);
  return !inner || allows(*inner);
}

}  // namespace stoa::fetcher
