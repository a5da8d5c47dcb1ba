// Disk: the directories of the persistent volumes of one machine. A change takes a while; a crash in between leaves
// half of it, whichever half.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>

#include "agent/effects.h"
#include "agent/events.h"
#include "base/random.h"
#include "sim/plan.h"
#include "sim/queue.h"

namespace stoa::sim {

class Disk {
 public:
  using Directories = std::set<agent::VolumeDirectory>;
  // Takes the outcome to the agent that runs now; does not happen after a crash.
  using Report = std::function<void(const agent::Event&)>;

  // All must outlive this.
  Disk(const Plan& plan, Queue& queue, Random& random, Report report)
      : plan_(plan), queue_(queue), random_(random), report_(std::move(report)) {}

  void change(const agent::ChangeVolumes& effect);
  void crash();

  const Directories& directories() const { return directories_; }

 private:
  void finish();

  const Plan& plan_;
  Queue& queue_;
  Random& random_;
  Report report_;
  Directories directories_;
  std::optional<agent::ChangeVolumes> under_way_;
  unsigned life_ = 0;
};

}  // namespace stoa::sim
