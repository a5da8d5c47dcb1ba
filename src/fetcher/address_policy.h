// AddressPolicy: which addresses a fetch may connect to (SEC-114).
//
// A URI is the framework's word, but the connection comes from the agent's host, which may reach what the framework may
// not: services on loopback, the cloud's metadata. So the address that is about to be connected to is asked about,
// after name resolution and again for each redirect; a name that resolves to something else the next time gains
// nothing.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/prefix.h"

namespace stoa::fetcher {

class AddressPolicy {
 public:
  // What is in `denied` is refused, then what is in `allowed` passes; of the rest, what another host cannot be reached
  // by is refused: loopback, link-local, metadata, unspecified, multicast, broadcast.
  AddressPolicy(std::vector<net::Prefix> allowed, std::vector<net::Prefix> denied)
      : allowed_(std::move(allowed)), denied_(std::move(denied)) {}
  AddressPolicy() = default;
  // Each text as Prefix::parse takes it. Fails with invalid_argument.
  static Result<AddressPolicy> parse(const std::vector<std::string>& allowed, const std::vector<std::string>& denied);

  bool allows(const net::Address& address) const;

 private:
  std::vector<net::Prefix> allowed_;
  std::vector<net::Prefix> denied_;
};

}  // namespace stoa::fetcher
