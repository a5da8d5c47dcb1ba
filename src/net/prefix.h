// Prefix: a range of addresses of either family, `10.0.0.0/8` or `fd00::/8`. Bits beyond the length are cleared when it
// is made, so equal ranges are equal values.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace stoa::net {

class Prefix {
 public:
  // length: 0 to 32 for an IPv4 address, 0 to 128 for IPv6. Fails with invalid_argument beyond.
  static Result<Prefix> make(const Address& address, int length);
  // `ADDRESS/LENGTH`, or an address alone (then the whole length). Fails with invalid_argument.
  static Result<Prefix> parse(std::string_view text);

  // False for an address of the other family.
  bool contains(const Address& address) const;
  bool overlaps(const Prefix& other) const;
  const Address& address() const { return address_; }
  int length() const { return length_; }
  std::string to_string() const;

  auto operator<=>(const Prefix&) const = default;

 private:
  Address address_;
  int length_ = 0;
};

}  // namespace stoa::net
