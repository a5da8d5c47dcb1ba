#include "master/pid.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::master {

std::string pid_of(const std::vector<std::string>& addresses, std::uint32_t port) {
  const auto is_v4 = [](const std::string& address) { return !address.contains(':'); };
  const auto found = std::ranges::find_if(addresses, is_v4);
  std::string address = "0.0.0.0";
  if (found != addresses.end()) {
    address = *found;
  } else if (!addresses.empty()) {
    address = "[" + addresses.front() + "]";
  }
  return fmt::format("slave(1)@{}:{}", address, port);
}

}  // namespace stoa::master
