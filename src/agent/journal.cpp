#include "agent/journal.h"

namespace stoa::agent {

void Journal::put(const std::string& kind, const std::string& id, std::string bytes) {
  next_[{kind, id}] = std::move(bytes);
}

void Journal::erase(const std::string& kind, const std::string& id) { next_[{kind, id}] = std::nullopt; }

void Journal::flush(Effects& effects) {
  if (under_way_ || (next_.empty() && next_stored_.empty())) return;
  ++last_.value;
  Persist persist{.write = last_};
  persist.changes.reserve(next_.size());
  for (auto& [key, bytes] : next_) persist.changes.push_back({key.first, key.second, std::move(bytes)});
  next_.clear();
  stored_ = std::exchange(next_stored_, {});
  under_way_ = last_;
  effects.push_back(std::move(persist));
}

std::vector<Stored> Journal::persisted(WriteNumber write) {
  if (under_way_ != write) return {};
  under_way_.reset();
  return std::exchange(stored_, {});
}

}  // namespace stoa::agent
