#include "model/v0_resources.h"

#include <algorithm>
#include <map>

namespace stoa::model {
namespace {

struct FlatText {
  FlatValue operator()(double number) const { return number; }
  FlatValue operator()(const Ranges& ranges) const { return ranges.to_text(); }
  FlatValue operator()(const ItemSet& set) const { return set.to_text(); }
  FlatValue operator()(const std::string& text) const { return text; }
  FlatValue operator()(Scalar scalar) const { return scalar.to_double(); }
};

// Adds `from` to `into` if they are of one kind; an agent has no others (RES-007).
void accumulate(Value& into, const Value& from) {
  std::visit(
      [&into](const auto& value) {
        if (auto* sum = std::get_if<std::decay_t<decltype(value)>>(&into); sum != nullptr) *sum += value;
      },
      from);
}

}  // namespace

FlatObject flat_resources(const Resources& resources) {
  std::map<std::string, Value> further;
  std::vector<std::pair<std::string, Value>> sums{
      {"cpus", Scalar()}, {"gpus", Scalar()}, {"mem", Scalar()}, {"disk", Scalar()}};
  for (const auto& [resource, count] : resources) {
    const std::string key = resource.is_revocable() ? resource.name() + "_revocable" : resource.name();
    const auto always = std::ranges::find(sums, key, &std::pair<std::string, Value>::first);
    if (always != sums.end()) {
      accumulate(always->second, resource.value());
    } else if (const auto [found, added] = further.try_emplace(key, resource.value()); !added) {
      accumulate(found->second, resource.value());
    }
  }
  FlatObject result;
  for (const auto& [name, value] : sums) result.emplace_back(name, std::visit(FlatText{}, value));
  for (const auto& [name, value] : further) result.emplace_back(name, std::visit(FlatText{}, value));
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
