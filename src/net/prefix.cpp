#include "net/prefix.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace stoa::net {
namespace {

// Clears what lies behind the first `bits` of 128.
Address masked(const Address& address, int bits) {
  auto bytes = address.bytes();
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    bytes[i] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return Address::v6(bytes);
}

int offset(const Address& address) { return address.is_v4() ? 96 : 0; }

}  // namespace

Result<Prefix> Prefix::make(const Address& address, int length) {
  const int length_max = address.is_v4() ? 32 : 128;
  if (length < 0 || length > length_max)
    return invalid(fmt::format("{}/{}: the length of a prefix is 0 to {}", address.to_string(), length, length_max));
  Prefix out;
  out.address_ = masked(address, offset(address) + length);
  out.length_ = length;
  return out;
}

Result<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  LET(const Address address, Address::parse(text.substr(0, slash)));
  if (!address.zone().empty()) return invalid(fmt::format("'{}': a prefix has no zone", text));
  if (slash == std::string_view::npos) return make(address, address.is_v4() ? 32 : 128);
  const auto digits = text.substr(slash + 1);
  int length = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return invalid(fmt::format("'{}': '{}' is not the length of a prefix", text, digits));
  return make(address, length);
}

bool Prefix::contains(const Address& address) const {
  return address.is_v4() == address_.is_v4() && masked(address, offset(address_) + length_) == address_;
}

bool Prefix::overlaps(const Prefix& other) const {
  return length_ <= other.length_ ? contains(other.address_) : other.contains(address_);
}

std::string Prefix::to_string() const { return fmt::format("{}/{}", address_.to_string(), length_); }

}  // namespace stoa::net
