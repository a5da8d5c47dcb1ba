// Amounts: scalar quantities as an array indexed by resource name, for arithmetic in the innermost loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/resources.h"
#include "model/symbol.h"

namespace stoa::allocator {

// Thousandths by name index; what is beyond the end is 0.
using Amounts = std::vector<std::int64_t>;

// Gives each scalar name a small number. A cluster has a handful of names, of its agents and its operators; they are
// never forgotten. What a framework names is only to be looked for.
class Names {
 public:
  std::optional<std::size_t> find(const model::Symbol& name) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return i;
    }
    return std::nullopt;
  }
  std::size_t index_of(const model::Symbol& name) {
    if (const auto known = find(name)) return *known;
    names_.push_back(name);
    return names_.size() - 1;
  }
  std::size_t size() const { return names_.size(); }
  const model::Symbol& name(std::size_t index) const { return names_[index]; }

  // Adds one resource, if it is a scalar.
  void accumulate(const model::Resource& resource, Amounts& amounts) {
    if (!resource.is_scalar()) return;
    const std::size_t index = index_of(resource.name_symbol());
    if (amounts.size() <= index) amounts.resize(index + 1);
    amounts[index] += resource.scalar().thousandths();
  }
  Amounts amounts_of(const model::Resources& resources) {
    Amounts amounts;
    for (const auto& [resource, count] : resources) accumulate(resource, amounts);
    return amounts;
  }

 private:
  std::vector<model::Symbol> names_;
};

inline void add(Amounts& sum, const Amounts& amounts) {
  if (sum.size() < amounts.size()) sum.resize(amounts.size());
  for (std::size_t i = 0; i < amounts.size(); ++i) sum[i] += amounts[i];
}
inline void subtract(Amounts& sum, const Amounts& amounts) {
  if (sum.size() < amounts.size()) sum.resize(amounts.size());
  for (std::size_t i = 0; i < amounts.size(); ++i) sum[i] -= amounts[i];
}

}  // namespace stoa::allocator
