#include "agent/executor_run.h"

#include <algorithm>
#include <utility>

namespace stoa::agent {

ExecutorRun::Batch* ExecutorRun::find_batch(const TaskId& task) {
  for (Batch& batch : queue)
    if (std::ranges::find(batch.tasks, task) != batch.tasks.end()) return &batch;
  return nullptr;
}

ExecutorRun::Batch* ExecutorRun::find_batch(std::uint64_t number) {
  const auto found = std::ranges::find(queue, number, &Batch::number);
  return found == queue.end() ? nullptr : &*found;
}

void ExecutorRun::remove_batch(std::uint64_t number) {
  std::erase_if(queue, [&](const Batch& batch) { return batch.number == number; });
}

void ExecutorRun::requeue(Batch batch) {
  batch.stored = true;
  batch.announced = false;
  const auto later = std::ranges::find_if(queue, [&](const Batch& waiting) { return waiting.number > batch.number; });
  queue.insert(later, std::move(batch));
}

std::vector<ExecutorRun::Batch> ExecutorRun::take_announced() {
  std::vector<Batch> result;
  while (!queue.empty() && queue.front().announced) {
    result.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return result;
}

bool ExecutorRun::announce_stored() {
  bool is_new = false;
  for (Batch& batch : queue) {
    if (!batch.stored) break;
    is_new = is_new || !batch.announced;
    batch.announced = true;
  }
  return is_new;
}

void ExecutorRun::remember(std::shared_ptr<const TaskRecord> record) {
  if (ended.insert(record->id).second) ended_order.push_back(record->id);
  if (ended_order.size() > ended_max) {
    ended.erase(ended_order.front());
    ended_order.pop_front();
  }
  completed.push_back(std::move(record));
  if (completed.size() > completed_max) completed.pop_front();
}

}  // namespace stoa::agent
