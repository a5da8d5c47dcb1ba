#include "store/group_commit.h"

#include <algorithm>
#include <utility>

namespace stoa::store {
namespace {

// In one write: enough to make the sync cheap, not so many that the first waits long for the last.
constexpr std::size_t group_batches_max = 4096;

}  // namespace

GroupCommit::GroupCommit(Write write) : write_(std::move(write)), thread_([this] { run(); }) {}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GroupCommit::add(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(batch));
  }
  changed_.notify_one();
}

void GroupCommit::run() {
  for (;;) {
    std::vector<Batch> taken;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      taken.swap(queue_);
    }
    for (std::span<Batch> left(taken); !left.empty();) {
      const std::span<Batch> group = left.first(std::min(left.size(), group_batches_max));
      left = left.subspan(group.size());
      const Result<> result = write(group);
      for (Batch& batch : group) batch.done(result);
    }
  }
}

Result<> GroupCommit::write(std::span<const Batch> batches) {
  if (failed_) return fail(Code::unavailable, "the store takes no more writes since one has failed");
  if (std::ranges::all_of(batches, [](const Batch& batch) { return batch.changes.empty(); })) return {};
  Result<> result = write_(batches);
  failed_ = !result.has_value();
  return result;
}

}  // namespace stoa::store
