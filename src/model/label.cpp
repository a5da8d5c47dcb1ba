#include "model/label.h"

#include <algorithm>

namespace stoa::model {

bool Labels::operator==(const Labels& other) const {
  if (labels.size() != other.labels.size()) return false;
  if (std::ranges::equal(labels, other.labels)) return true;
  return std::ranges::is_permutation(labels, other.labels);
}

}  // namespace stoa::model
