// Demand: what one task needs, and how it is cut out of an offer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/forward.h"

namespace stoa::cli {

struct Demand {
  double cpus = 0.1;
  double mem = 32;  // MB
  double disk = 0;  // MB
  std::uint32_t ports = 0;

  std::string to_text() const;  // `cpus:0.1;mem:32`
};

// Cuts the demand out of `left`, the resources of an offer not yet used, and appends it to `taken`, in the offer's own
// pieces with their reservations. Appends the numbers of ports to `ports`. False, and nothing changed, if it does not
// fit. Disks with a source, revocable and shared resources are left alone.
bool take(const Demand& demand, google::protobuf::RepeatedPtrField<mesos::v1::Resource>& left,
          google::protobuf::RepeatedPtrField<mesos::v1::Resource>& taken, std::vector<std::uint64_t>& ports);

}  // namespace stoa::cli
