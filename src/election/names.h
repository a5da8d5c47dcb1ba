// The names of members of an election in ZooKeeper, and which of them leads (HA-020, HA-021, HA-025, HA-026).
//
// A member is an ephemeral sequential znode whose name ends in a number; the smallest number leads, whatever stands
// before it. Today's members are `json.info_N`; the two older forms are read, never written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::election {

// What a znode of this name starts with, without its number.
inline constexpr std::string_view member_prefix = "json.info_";

// How the content of a member is to be read.
enum class MemberForm {
  json,    // `json.info_N`: MasterInfo as JSON.
  binary,  // `info_N`: MasterInfo as protobuf.
  pid,     // `N`: the text `master@HOST:PORT`.
};

struct MemberName {
  MemberForm form = MemberForm::json;
  std::uint64_t number = 0;
};

// Nothing for a name that is no member's.
std::optional<MemberName> parse_member_name(std::string_view name);

// The member of the smallest number among the children of the election's znode.
std::optional<std::string> leading_member(const std::vector<std::string>& children);

}  // namespace stoa::election
