// Labels: free key/value pairs, here as part of a resource's identity.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace stoa::model {

struct Label {
  std::string key;
  std::optional<std::string> value;

  auto operator<=>(const Label&) const = default;
};

// Kept in the order given, compared as a multiset (RES-034).
struct Labels {
  std::vector<Label> labels;

  bool operator==(const Labels& other) const;
};

}  // namespace stoa::model
