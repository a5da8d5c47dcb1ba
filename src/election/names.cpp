#include "election/names.h"

#include <charconv>

namespace stoa::election {
namespace {

std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::optional<MemberName> parse_member_name(std::string_view name) {
  MemberForm form = MemberForm::pid;
  if (name.starts_with(member_prefix)) {
    form = MemberForm::json;
    name.remove_prefix(member_prefix.size());
  } else if (name.starts_with("info_")) {
    form = MemberForm::binary;
    name.remove_prefix(5);
  }
  const std::optional<std::uint64_t> number = number_of(name);
  if (!number) return std::nullopt;
  return MemberName{form, *number};
}

std::optional<std::string> leading_member(const std::vector<std::string>& children) {
  std::optional<std::string> leading;
  std::uint64_t least = 0;
  for (const std::string& child : children) {
    const std::optional<MemberName> member = parse_member_name(child);
    if (!member || (leading && member->number >= least)) continue;
    leading = child;
    least = member->number;
  }
  return leading;
}

}  // namespace stoa::election
