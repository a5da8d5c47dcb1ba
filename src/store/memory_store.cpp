#include "store/memory_store.h"

#include <utility>

namespace stoa::store {

MemoryStore::MemoryStore() : commit_([this](std::span<const Batch> batches) { return write(batches); }) {}

Result<std::vector<ports::Record>> MemoryStore::load_all() {
  const std::lock_guard lock(mutex_);
  std::vector<ports::Record> records;
  records.reserve(records_.size());
  for (const auto& [key, bytes] : records_) records.push_back({.key = key, .bytes = bytes});
  return records;
}

void MemoryStore::apply(std::vector<ports::RecordChange> batch, Done done) {
  commit_.add({.changes = std::move(batch), .done = std::move(done)});
}

Result<> MemoryStore::write(std::span<const Batch> batches) {
  const std::lock_guard lock(mutex_);
  for (const Batch& batch : batches) {
    for (const ports::RecordChange& change : batch.changes) {
      if (change.bytes) {
        records_[change.key] = *change.bytes;
      } else {
        records_.erase(change.key);
      }
    }
  }
  return {};
}

}  // namespace stoa::store
