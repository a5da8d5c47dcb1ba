#include "allocator/minimum.h"

#include <algorithm>

namespace stoa::allocator {
namespace {

// Enough of one name? Without building quantities: this runs for each agent in each cycle.
bool has(const model::Resources& offered, const model::Amount& wanted) {
  model::Scalar sum;
  for (const auto& [resource, count] : offered) {
    if (resource.name_symbol() == wanted.first) sum += resource.quantity();
    if (sum >= wanted.second) return true;
  }
  return false;
}

}  // namespace

Minimum default_minimum() { return *parse_minimum("cpus:0.01|mem:32"); }

Result<Minimum> parse_minimum(std::string_view text) {
  Minimum minimum;
  while (!text.empty()) {
    const auto bar = text.find('|');
    LET(model::Quantities alternative, model::Quantities::parse(text.substr(0, bar)));
    minimum.push_back(std::move(alternative));
    text = bar == std::string_view::npos ? "" : text.substr(bar + 1);
  }
  return minimum;
}

bool meets(const Minimum& minimum, const model::Resources& offered) {
  if (minimum.empty()) return true;
  return std::ranges::any_of(minimum, [&offered](const model::Quantities& alternative) {
    return std::ranges::all_of(alternative, [&offered](const model::Amount& wanted) { return has(offered, wanted); });
  });
}

}  // namespace stoa::allocator
