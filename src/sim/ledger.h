// Ledger: what the operations that reached a machine have made of its resources, counted by hand from two things only:
// the orders of the master, and the outcomes that the agent made durable. Whatever else the agent's records say about
// its resources must be the same; its volumes must have their directories, and no directory may be there without one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/effects.h"
#include "base/id.h"
#include "model/resources.h"
#include "proto/forward.h"
#include "sim/counts.h"
#include "sim/disk.h"
#include "sim/laws.h"

namespace stoa::link {
class ApplyOperation;
}

namespace stoa::sim {

class Ledger {
 public:
  // `work_dir` is the agent's.
  Ledger(model::Resources total, std::string work_dir)
      : work_dir_(std::move(work_dir)), total_(std::move(total)), stored_(total_) {}

  // An order has reached the agent.
  void ordered(const link::ApplyOperation& order);
  // Records of the agent have become durable. Those of `silent` frameworks may have no outcome: nobody asks for it.
  // O(changes).
  std::optional<Violation> written(const std::vector<agent::Change>& changes, const std::set<FrameworkId>& silent);
  // What is on the disk. Holds at any moment. O(volumes).
  std::optional<Violation> check(const Disk::Directories& directories) const;

  const model::Resources& total() const { return total_; }
  const Counts& counts() const { return counts_; }  // Of operations that were done.

 private:
  struct Order {
    FrameworkId framework;
    std::shared_ptr<const mesos::v1::Offer_Operation> info;  // Without allocation roles.
  };
  std::optional<Violation> settle(const std::set<std::string>& finished);
  bool apply(const Order& order);

  std::string work_dir_;
  model::Resources total_;
  model::Resources stored_;                            // As the record says.
  std::optional<model::Resources> target_;             // Directories are being changed for it.
  std::vector<std::pair<std::string, Order>> orders_;  // By uuid, not settled, as they came.
  Counts counts_;
};

}  // namespace stoa::sim
