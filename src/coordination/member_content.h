// What a member of the election says of itself in its znode: read from all forms that exist, written as JSON
// (HA-020, HA-022, HA-026, HA-028).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "election/election.h"
#include "net/address.h"
#include "proto/forward.h"

namespace stoa::coordination {

// Clients with tiny buffers read it.
inline constexpr std::size_t member_bytes_max = 4096;

// Fails with invalid_argument if it is larger than member_bytes_max.
Result<std::string> write_member(const mesos::v1::MasterInfo& info);

// `name`: of the znode; it says the form. Fails with malformed, naming it.
Result<election::Member> read_member(std::string_view name, std::string_view content);

// Where a leader is to be connected to: its address, which needs no resolver, or its name where there is none.
net::HostPort endpoint_of(const election::Member& leader);

}  // namespace stoa::coordination
