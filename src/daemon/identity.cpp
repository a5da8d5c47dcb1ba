#include "daemon/identity.h"

#include <algorithm>

#include "net/interfaces.h"

namespace stoa::daemon {
namespace {

using namespace std::chrono_literals;

// The addresses that stand for one bound address: itself, or the host's own for an unspecified one.
void append_reachable(const net::Endpoint& bound, std::vector<net::Address>& out) {
  if (!bound.address.is_unspecified()) {
    out.push_back(bound.address);
    return;
  }
  const net::PrimaryAddresses primary = net::primary_addresses();
  const auto& own = bound.address.is_v4() ? primary.v4 : primary.v6;
  if (own) out.push_back(*own);
}

}  // namespace

Result<Identity> identity_of(const ListenOptions& options, const std::vector<net::Endpoint>& bound) {
  Identity identity;
  identity.port = options.advertise_port.value_or(bound.empty() ? 0 : bound.front().port);
  if (options.advertise_ip) identity.addresses.push_back(*options.advertise_ip);
  for (const net::Endpoint& endpoint : bound) append_reachable(endpoint, identity.addresses);
  if (identity.addresses.empty()) {
    return invalid("this host has no address to advertise; give one with --advertise_ip");
  }
  // IPv4 first, so that old clients still connect (IP6-012); what the operator named stays first.
  const auto first = identity.addresses.begin() + (options.advertise_ip ? 1 : 0);
  std::stable_partition(first, identity.addresses.end(), [](const net::Address& a) { return a.is_v4(); });

  const net::Address& primary = identity.addresses.front();
  if (!options.hostname.empty()) {
    identity.hostname = options.hostname;
  } else {
    std::optional<std::string> name;
    if (options.hostname_lookup) name = net::reverse_lookup(primary, 5s);
    identity.hostname = name.value_or(primary.to_string());
  }
  return identity;
}

}  // namespace stoa::daemon
