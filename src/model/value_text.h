// The values that people write in flags: numbers, `[1-3,7-9]`, `{a,b}`, and everything else as text. Shared by
// resources, attributes and quantities, which differ in what they accept of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/item_set.h"
#include "model/ranges.h"

namespace stoa::model {

using TextValue = std::variant<double, Ranges, ItemSet, std::string>;

std::string without_spaces(std::string_view text);

// A decimal number without minus: `4`, `0.5`, `1e3`, `+2`. Not hexadecimal, not nan, inf or subnormal (RES-062,
// RES-068).
std::optional<double> parse_number(std::string_view text);

// `[...]` is ranges, coalesced at once, `{...}` a set, a number a number, anything else text; all blanks are dropped
// first (RES-061). Fails with invalid_argument and the texts of RES-062 on broken ranges, sets and brackets.
Result<TextValue> parse_value(std::string_view text);

}  // namespace stoa::model
