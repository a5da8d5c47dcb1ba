// Store: a disk. A batch is durable some time after it was handed over, in order, and its owner hears of that later
// still; a crash in between loses what was not durable, and may keep what nobody was told of.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "ports/store.h"
#include "sim/plan.h"
#include "sim/queue.h"

namespace stoa::sim {

class Store {
 public:
  using Records = std::map<ports::RecordKey, std::string>;

  // All must outlive this.
  Store(const Plan& plan, Queue& queue, Random& random) : plan_(plan), queue_(queue), random_(random) {}

  // `durable` runs when the batch is, `told` when its owner may know; neither runs after a crash.
  void apply(std::vector<ports::RecordChange> batch, std::function<void()> durable, std::function<void()> told);
  void crash() { ++life_, under_way_ = 0; }

  const Records& records() const { return records_; }
  bool idle() const { return under_way_ == 0; }

 private:
  const Plan& plan_;
  Queue& queue_;
  Random& random_;
  Records records_;
  TimePoint last_;
  TimePoint last_told_;
  unsigned life_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace stoa::sim
