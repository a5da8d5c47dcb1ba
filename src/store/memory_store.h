// MemoryStore: a store that forgets with its process, for tests of what stands above it.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ports/store.h"
#include "store/group_commit.h"

namespace stoa::store {

class MemoryStore final : public ports::RecordStore {
 public:
  MemoryStore();

  Result<std::vector<ports::Record>> load_all() override;
  void apply(std::vector<ports::RecordChange> batch, Done done) override;

 private:
  Result<> write(std::span<const Batch> batches);

  std::mutex mutex_;
  std::map<ports::RecordKey, std::string> records_;  // Guarded by mutex_.
  GroupCommit commit_;                               // Last: its thread uses the above.
};

}  // namespace stoa::store
