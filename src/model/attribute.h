// Attribute: a fact about an agent that frameworks read and constraints match. Free of arithmetic; order is kept.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/item_set.h"
#include "model/ranges.h"
#include "proto/forward.h"

namespace stoa::model {

struct Attribute {
  std::string name;
  std::variant<double, Ranges, ItemSet, std::string> value;

  bool operator==(const Attribute&) const = default;

  // Fails with invalid_argument if the name is empty or type and value do not agree.
  static Result<Attribute> from_message(const mesos::v1::Attribute& message);
  void to_message(mesos::v1::Attribute& message) const;
};

// `rack:abc;level:10;keys:[1000-1500]`, separated by ';' or newline, split at the first ':' (RES-070). Fails with
// invalid_argument and the text of RES-071.
Result<std::vector<Attribute>> parse_attributes(std::string_view text);

// Each list contains all members of the other, in any order (RES-073).
bool same_attributes(const std::vector<Attribute>& a, const std::vector<Attribute>& b);

}  // namespace stoa::model
