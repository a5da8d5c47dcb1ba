// FlatSums: resources summed by name alone, as the flat form shows them (V0-020, V0-021).
//
// A state document sums the resources of every task, once for the task and once for its framework. For a flat value it
// does not matter whose a resource is, so nearly all of them are added as plain numbers, without being made Resources,
// and ranges are only listed until they are shown.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/item_set.h"
#include "model/ranges.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace stoa::model {

class FlatSums {
 public:
  using Shown = std::variant<double, std::string>;

  FlatSums() = default;
  explicit FlatSums(const Resources& resources) { add(resources); }
  // Whatever is no resource is left out.
  explicit FlatSums(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages);

  void add(const Resources& resources);
  void add(const FlatSums& other);

  // Always `cpus`, `gpus`, `mem`, `disk`, then what else there is by name; revocable amounts under NAME_revocable. Of
  // amounts of different kinds under one name those of the first count. A shared volume counts once.
  static constexpr std::array<std::string_view, 4> always{"cpus", "gpus", "mem", "disk"};
  double amount(std::size_t of_always) const;
  std::vector<std::pair<std::string, Shown>> further() const;

 private:
  using Listed = std::vector<Range>;
  using Sum = std::variant<Scalar, Listed, ItemSet>;
  struct Further {
    std::string name;
    Sum sum;
  };

  void add(const Resource& resource);
  void add(std::string_view name, const Sum& amount);
  void add_shared(const Resource& resource);

  std::array<Scalar, always.size()> always_;
  std::vector<Further> further_;  // Sorted by name.
  std::vector<Resource> shared_;  // Shared volumes, each once; in no sum yet.
};

}  // namespace stoa::model
