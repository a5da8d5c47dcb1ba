#include "sim/store.h"

#include <algorithm>
#include <utility>

namespace stoa::sim {

void Store::apply(WriteNumber write, Batch batch) {
  last_ = std::max(last_, queue_.now().steady + draw_wait(plan_.write_delay, random_));
  last_told_ = std::max(last_told_, last_ + draw_wait(plan_.write_delay / 10, random_));
  ++under_way_;
  queue_.at(last_, [this, life = life_, batch = std::move(batch)]() mutable {
    if (life != life_) return;
    write_down(batch);
    owner_.on_durable();
  });
  queue_.at(last_told_, [this, life = life_, write] {
    if (life != life_) return;
    --under_way_;
    owner_.on_told(write);
  });
}

void Store::write_down(Batch& batch) {
  for (ports::RecordChange& change : batch) {
    if (change.bytes) {
      records_[change.key] = *std::move(change.bytes);
    } else {
      records_.erase(change.key);
    }
  }
}

}  // namespace stoa::sim
