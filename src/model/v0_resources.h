// The flat form in which the older read endpoints show resources and attributes: one value for each name.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/attribute.h"
#include "model/quantities.h"
#include "model/resources.h"

namespace stoa::model {

using FlatValue = std::variant<double, std::string>;
using FlatObject = std::vector<std::pair<std::string, FlatValue>>;  // Keys are unique.

// Always `cpus`, `gpus`, `mem`, `disk`, then what else there is by name; entries of one name are summed in thousandths;
// revocable amounts stand under NAME_revocable; ranges and sets are texts (V0-020, V0-021).
FlatObject flat_resources(const Resources& resources);
// Without zero filling (V0-022).
FlatObject flat_quantities(const Quantities& quantities);
// In the order of the list; of a repeated name the last (V0-024).
FlatObject flat_attributes(const std::vector<Attribute>& attributes);

}  // namespace stoa::model
