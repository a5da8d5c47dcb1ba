// FaultyStore: another store with faults on order, so that what must survive them can be tested against every backend
// (HA-064).
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "ports/store.h"

namespace stoa::store {

class FaultyStore final : public ports::RecordStore {
 public:
  enum class Fault {
    fail_before_write,  // Nothing is written, the answer is a failure.
    fail_after_write,   // It is durable, and the answer is a failure all the same: the outcome is unknown.
    delay_answer,       // It is durable; this answer and all later ones are held back until release().
  };

  // `inner` must outlive this.
  explicit FaultyStore(ports::RecordStore& inner) : inner_(inner) {}

  // The next batch meets the fault. After a failure all later batches fail unwritten, as the port has it.
  void inject(Fault fault);
  // Gives the answers that were held back, on the caller's thread.
  void release();

  Result<std::vector<ports::Record>> load_all() override { return inner_.load_all(); }
  void apply(std::vector<ports::RecordChange> batch, Done done) override;

 private:
  void answer(const Done& done, Result<> result);

  ports::RecordStore& inner_;
  std::mutex mutex_;  // Guards what follows.
  std::vector<Fault> faults_;
  std::vector<std::function<void()>> held_;
  bool holding_ = false;
  bool failed_ = false;
};

}  // namespace stoa::store
