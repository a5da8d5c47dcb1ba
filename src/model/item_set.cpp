#include "model/item_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace stoa::model {

Result<ItemSet> ItemSet::distinct(std::vector<std::string> items) {
  std::ranges::sort(items);
  if (std::ranges::adjacent_find(items) != items.end()) return invalid("Invalid set resource: duplicated elements");
  ItemSet result;
  result.items_ = std::move(items);
  return result;
}

bool ItemSet::contains(const ItemSet& other) const { return std::ranges::includes(items_, other.items_); }

ItemSet& ItemSet::operator+=(const ItemSet& other) {
  std::vector<std::string> merged;
  merged.reserve(items_.size() + other.items_.size());
  std::ranges::set_union(items_, other.items_, std::back_inserter(merged));
  items_ = std::move(merged);
  return *this;
}

ItemSet& ItemSet::operator-=(const ItemSet& other) {
  std::vector<std::string> rest;
  std::ranges::set_difference(items_, other.items_, std::back_inserter(rest));
  items_ = std::move(rest);
  return *this;
}

std::string ItemSet::to_text() const { return fmt::format("{{{}}}", fmt::join(items_, ", ")); }

}  // namespace stoa::model
