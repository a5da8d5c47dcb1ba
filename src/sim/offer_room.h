// OfferRoom: what is left of an offer while a scheduler fills it with tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "proto/forward.h"

namespace stoa::sim {

class OfferRoom {
 public:
  explicit OfferRoom(const mesos::v1::Offer& offer);

  // Takes `cpus` (thousandths), `mem` (MB) and so many single ports, and adds them to the task. False, and nothing is
  // taken, if they do not fit.
  bool take(std::int64_t cpus, std::int64_t mem, std::size_t ports, mesos::v1::TaskInfo& task);

 private:
  std::int64_t cpus_ = 0;
  std::int64_t mem_ = 0;
  std::deque<std::uint64_t> ports_;
};

}  // namespace stoa::sim
