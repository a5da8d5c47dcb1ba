#include "model/v0_resources.h"

#include <algorithm>

#include "model/flat_sums.h"

namespace stoa::model {
namespace {

struct FlatText {
  FlatValue operator()(double number) const { return number; }
  FlatValue operator()(const Ranges& ranges) const { return ranges.to_text(); }
  FlatValue operator()(const ItemSet& set) const { return set.to_text(); }
  FlatValue operator()(const std::string& text) const { return text; }
  FlatValue operator()(Scalar scalar) const { return scalar.to_double(); }
};

}  // namespace

FlatObject flat_resources(const Resources& resources) {
  const FlatSums sums(resources);
  FlatObject result;
  for (std::size_t i = 0; i < FlatSums::always.size(); ++i) result.emplace_back(FlatSums::always[i], sums.amount(i));
  for (auto& [name, value] : sums.further()) result.emplace_back(name, std::move(value));
  return result;
}

FlatObject flat_quantities(const Quantities& quantities) {
  FlatObject result;
  for (const auto& [name, amount] : quantities) result.emplace_back(name.text(), amount.to_double());
  return result;
}

FlatObject flat_attributes(const std::vector<Attribute>& attributes) {
  FlatObject result;
  for (const Attribute& attribute : attributes) {
    FlatValue value = std::visit(FlatText{}, attribute.value);
    const auto earlier = std::ranges::find(result, attribute.name, &std::pair<std::string, FlatValue>::first);
    if (earlier != result.end()) {
      earlier->second = std::move(value);
    } else {
      result.emplace_back(attribute.name, std::move(value));
    }
  }
  return result;
}

}  // namespace stoa::model
