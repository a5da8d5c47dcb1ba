// ItemSet: a set of named things, kept sorted so that equality ignores the order in which they were given (RES-023).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace stoa::model {

class ItemSet {
 public:
  ItemSet() = default;
  // Fails with invalid_argument if an item is repeated (RES-023). O(n log n).
  static Result<ItemSet> distinct(std::vector<std::string> items);

  bool empty() const { return items_.empty(); }
  const std::vector<std::string>& items() const { return items_; }

  bool contains(const ItemSet& other) const;  // O(n + m), as everything below.
  ItemSet& operator+=(const ItemSet& other);  // Union.
  ItemSet& operator-=(const ItemSet& other);  // Items not in `other`.
  bool operator==(const ItemSet&) const = default;

  // `{a, b}`.
  std::string to_text() const;

 private:
  std::vector<std::string> items_;
};

}  // namespace stoa::model
