// Store: a disk. A batch is durable some time after it was handed over, in order, and its owner hears of that later
// still; a crash in between loses what was not durable, and may keep what nobody was told of.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/random.h"
#include "ports/store.h"
#include "sim/plan.h"
#include "sim/queue.h"

namespace stoa::sim {

class Store {
 public:
  using Batch = std::vector<ports::RecordChange>;
  using Records = std::map<ports::RecordKey, std::string>;
  // What its owner does when a batch is durable, and when it may know; neither happens after a crash.
  struct Owner {
    std::function<void()> on_durable;
    std::function<void(WriteNumber)> on_told;
  };

  // All must outlive this.
  Store(const Plan& plan, Queue& queue, Random& random, Owner owner)
      : plan_(plan), queue_(queue), random_(random), owner_(std::move(owner)) {}

  void apply(WriteNumber write, Batch batch);
  void crash() { ++life_, under_way_ = 0; }

  const Records& records() const { return records_; }
  bool idle() const { return under_way_ == 0; }

 private:
  friend struct Saboteur;  // Tests of the laws break things behind their owners' backs.
  void write_down(Batch& batch);

  const Plan& plan_;
  Queue& queue_;
  Random& random_;
  Owner owner_;
  Records records_;
  TimePoint last_;
  TimePoint last_told_;
  unsigned life_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace stoa::sim
