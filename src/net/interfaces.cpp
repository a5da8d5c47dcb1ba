#include "net/interfaces.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "net/sockaddr.h"

namespace stoa::net {
namespace {

// Connecting a datagram socket sends nothing, but makes the kernel choose route and source address.
std::optional<Address> source_towards(const Address& destination) {
  sockaddr_storage target{};
  const auto length = to_sockaddr({destination, 53}, target);
  if (!length) return std::nullopt;
  const int descriptor = socket(target.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::nullopt;
  sockaddr_storage own{};
  socklen_t own_length = sizeof own;
  std::optional<Address> out;
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&target), *length) == 0 &&
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_length) == 0)
    out = from_sockaddr(own).address;
  close(descriptor);
  if (out && !out->is_advertisable()) out.reset();
  return out;
}

std::optional<Address> first_advertisable(const std::vector<Interface>& all, bool v4) {
  for (const auto& interface : all)
    for (const auto& address : interface.addresses)
      if (interface.is_up && address.is_v4() == v4 && address.is_advertisable()) return address;
  return std::nullopt;
}

bool can_bind(const Address& address) {
  sockaddr_storage storage{};
  const auto length = to_sockaddr({address, 0}, storage);
  const int descriptor = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!length || descriptor < 0) return false;
  const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&storage), *length) == 0;
  close(descriptor);
  return bound;
}

}  // namespace

Result<std::vector<Interface>> interfaces() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return fail(Code::internal, fmt::format("getifaddrs: {}", std::strerror(errno)));
  std::vector<Interface> out;
  for (auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    auto found = std::ranges::find(out, entry->ifa_name, &Interface::name);
    if (found == out.end()) {
      out.push_back({.name = entry->ifa_name,
                     .index = static_cast<int>(if_nametoindex(entry->ifa_name)),
                     .is_up = (entry->ifa_flags & IFF_UP) != 0,
                     .addresses = {}});
      found = out.end() - 1;
    }
    sockaddr_storage storage{};
    std::memcpy(&storage, entry->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    found->addresses.push_back(from_sockaddr(storage).address);
  }
  freeifaddrs(list);
  return out;
}

PrimaryAddresses primary_addresses() {
  PrimaryAddresses out;
  // Documentation addresses (RFC 5737, RFC 3849): routed like any other, owned by nobody.
  out.v4 = source_towards(Address::v4(0xc0000201));
  out.v6 = source_towards(Address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  const auto all = interfaces();
  if (!all) return out;
  if (!out.v4) out.v4 = first_advertisable(*all, true);
  if (!out.v6) out.v6 = first_advertisable(*all, false);
  return out;
}

std::vector<Address> loopback_addresses() {
  std::vector<Address> out;
  for (const auto& address : {Address::loopback_v4(), Address::loopback_v6()})
    if (can_bind(address)) out.push_back(address);
  return out;
}

std::string hostname() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

std::optional<std::string> reverse_lookup(const Address& address, Duration timeout) {
  // getnameinfo cannot be interrupted, so it runs on a thread of its own that is left behind on a timeout. The shared
  // state lives until both sides are done with it.
  struct Shared {
    std::mutex mutex;
    std::condition_variable done;
    bool is_done = false;
    std::optional<std::string> name;
  };
  auto shared = std::make_shared<Shared>();
  std::thread([shared, address] {
    sockaddr_storage storage{};
    const auto length = to_sockaddr({address, 0}, storage);
    char host[NI_MAXHOST];
    const bool found = length && getnameinfo(reinterpret_cast<sockaddr*>(&storage), *length, host, sizeof host, nullptr,
                                             0, NI_NAMEREQD) == 0;
    const std::lock_guard lock(shared->mutex);
    if (found) shared->name = host;
    shared->is_done = true;
    shared->done.notify_one();
  }).detach();
  std::unique_lock lock(shared->mutex);
  shared->done.wait_for(lock, timeout, [&] { return shared->is_done; });
  auto name = shared->name;
  if (name && name->ends_with('.')) name->pop_back();
  if (name && name->empty()) name.reset();
  return name;
}

Result<std::vector<Address>> resolve(const std::string& host) {
  if (auto literal = Address::parse(host)) {
    sockaddr_storage storage{};
    if (!to_sockaddr({*literal, 0}, storage)) return invalid(fmt::format("'{}': no interface of that name", host));
    return std::vector{*std::move(literal)};
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0)
    return fail(Code::unavailable, fmt::format("resolving '{}': {}", host, gai_strerror(error)));
  std::vector<Address> out;
  for (auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, entry->ai_addr, entry->ai_addrlen);
    auto address = from_sockaddr(storage).address;
    if (std::ranges::find(out, address) == out.end()) out.push_back(std::move(address));
  }
  freeaddrinfo(list);
  if (out.empty()) return fail(Code::unavailable, fmt::format("resolving '{}': it has no address", host));
  return out;
}

}  // namespace stoa::net
