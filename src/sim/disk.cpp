#include "sim/disk.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace stoa::sim {

void Disk::change(const agent::ChangeVolumes& effect) {
  CHECK(!under_way_, "two changes of volumes at a time");
  under_way_ = effect;
  queue_.after(draw_wait(plan_.write_delay, random_), [this, life = life_] {
    if (life == life_) finish();
  });
}

void Disk::finish() {
  const agent::ChangeVolumes change = *std::exchange(under_way_, std::nullopt);
  agent::VolumesChanged outcome{.number = change.number, .result = {}};
  // What is there cannot fail to be made.
  const bool makes = std::ranges::none_of(change.make, [&](const auto& made) { return directories_.contains(made); });
  if (!change.make.empty() && makes && random_.chance(plan_.faults.launch_fails)) {
    outcome.result = fail(Code::unavailable, "disk full");
  } else {
    directories_.insert(change.make.begin(), change.make.end());
    for (const auto& gone : change.remove) directories_.erase(gone);
  }
  report_(outcome);
}

void Disk::crash() {
  ++life_;
  if (!under_way_) return;
  for (const auto& made : under_way_->make)
    if (random_.chance(0.5)) directories_.insert(made);
  for (const auto& gone : under_way_->remove)
    if (random_.chance(0.5)) directories_.erase(gone);
  under_way_.reset();
}

}  // namespace stoa::sim
