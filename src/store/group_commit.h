// GroupCommit: the queue in front of a store that can write one thing at a time.
//
// What queues while a write is on its way to the disk goes into the next one, so that the rate of batches is not bound
// by the rate of syncs (HA-052, HA-063): under load one sync serves hundreds, without load a batch waits for nobody.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "ports/store.h"

namespace stoa::store {

struct Batch {
  std::vector<ports::RecordChange> changes;
  ports::RecordStore::Done done;
};

class GroupCommit {
 public:
  // Makes the changes of all batches durable in order, or none of them. Runs on the thread of this class.
  using Write = std::function<Result<>(std::span<const Batch>)>;

  explicit GroupCommit(Write write);
  // Writes and answers what is queued first.
  ~GroupCommit();

  // Queues a batch; its `done` runs on the thread of this class. After the first failed write every batch fails with
  // unavailable and nothing is written, for then nobody knows what the disk holds. Thread-safe. The queue is as long as
  // the caller's trust: cores bound what they have in flight.
  void add(Batch batch);

 private:
  void run();
  Result<> write(std::span<const Batch> batches);

  const Write write_;
  bool failed_ = false;  // Of the thread only.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> queue_;  // Guarded by mutex_, as is stopping_.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stoa::store
