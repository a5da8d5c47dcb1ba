// UsageTotals: from what each container uses now to what readers see: nested containers count in their parents, and
// times never go back (V0-107).
//
// A container that has ended keeps counting in those it was nested in, as the time of a process that has ended counts
// in its parent. Pure: it is told what there is, and the time.
#pragma once

#include <chrono>
#include <map>

#include "base/time.h"
#include "ports/container_meter.h"

namespace stoa::containers {

class UsageTotals {
 public:
  // `own`: of each container alone. Returns those of all containers and of all that they are nested in; the id of a
  // nested one is its parent's, `.`, its own.
  std::map<ContainerId, ports::ContainerUsage> update(const std::map<ContainerId, ports::ContainerUsage>& own,
                                                      TimePoint now);

 private:
  struct Ended {  // Of containers nested in one.
    double user_seconds = 0;
    double system_seconds = 0;
    TimePoint seen;  // When that one, or anything in it, was there.
  };
  // An executor without a process of its own is not there between two of its tasks.
  static constexpr Duration memory = std::chrono::hours(1);

  std::map<ContainerId, ports::ContainerUsage> own_;  // As last seen.
  std::map<ContainerId, Ended> ended_;
};

}  // namespace stoa::containers
