#include "store/faulty_store.h"

#include <optional>
#include <utility>

namespace stoa::store {

void FaultyStore::inject(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(fault);
}

void FaultyStore::release() {
  std::vector<std::function<void()>> held;
  {
    const std::lock_guard lock(mutex_);
    held.swap(held_);
    holding_ = false;
  }
  for (const auto& give : held) give();
}

void FaultyStore::apply(std::vector<ports::RecordChange> batch, Done done) {
  std::optional<Fault> fault;
  bool failed_before = false;
  {
    const std::lock_guard lock(mutex_);
    failed_before = failed_;
    if (!faults_.empty()) {
      fault = faults_.front();
      faults_.erase(faults_.begin());
    }
    if (fault == Fault::fail_before_write || fault == Fault::fail_after_write) failed_ = true;
    if (fault == Fault::delay_answer) holding_ = true;
  }
  const bool written = !failed_before && fault != Fault::fail_before_write;
  const bool told = written && fault != Fault::fail_after_write;
  // Through the inner store in every case, so that answers keep the order of the calls.
  inner_.apply(written ? std::move(batch) : std::vector<ports::RecordChange>(),
               [this, told, done = std::move(done)](Result<> result) {
                 answer(done, told ? std::move(result) : fail(Code::unavailable, "injected fault"));
               });
}

void FaultyStore::answer(const Done& done, Result<> result) {
  {
    const std::lock_guard lock(mutex_);
    if (holding_) {
      held_.emplace_back([done, result] { done(result); });
      return;
    }
  }
  done(std::move(result));
}

}  // namespace stoa::store
