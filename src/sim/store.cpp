#include "sim/store.h"

#include <algorithm>
#include <utility>

namespace stoa::sim {

void Store::apply(std::vector<ports::RecordChange> batch, std::function<void()> durable, std::function<void()> told) {
  last_ = std::max(last_, queue_.now().steady + draw_wait(plan_.write_delay, random_));
  last_told_ = std::max(last_told_, last_ + draw_wait(plan_.write_delay / 10, random_));
  ++under_way_;
  queue_.at(last_, [this, life = life_, batch = std::move(batch), durable = std::move(durable)] {
    if (life != life_) return;
    for (const ports::RecordChange& change : batch) {
      if (change.bytes) {
        records_[change.key] = *change.bytes;
      } else {
        records_.erase(change.key);
      }
    }
    durable();
  });
  queue_.at(last_told_, [this, life = life_, told = std::move(told)] {
    if (life != life_) return;
    --under_way_;
    told();
  });
}

}  // namespace stoa::sim
