// The address of an agent as old readers spell it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stoa::master {

// `slave(1)@10.0.0.7:5051`, `slave(1)@[2001:db8::7]:5051`. Readers know IPv4 only, so it is preferred; else the first
// address counts, or 0.0.0.0 where there is none (V0-031).
std::string pid_of(const std::vector<std::string>& addresses, std::uint32_t port);

}  // namespace stoa::master
