#include "agent/garbage.h"

#include <algorithm>

namespace stoa::agent {

namespace {

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}

}  // namespace

void Garbage::stop() {
  measure_at_.reset();
  since_.clear();
  order_.clear();
}

void Garbage::schedule(const std::string& path, Duration age, TimePoint now) {
  take(path);
  const TimePoint since = now - std::max(age, Duration(0));
  since_.emplace(path, since);
  order_.emplace(since, path);
}

bool Garbage::take_back(const std::string& path) {
  take(path);
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    take(path.substr(0, slash));
  return !removing_ || (path != *removing_ && !is_below(path, *removing_));
}

void Garbage::measured(std::optional<double> used, TimePoint now) {
  measure_at_ = now + options_.watch_interval;
  if (!used) return;
  const double part = std::clamp(1 - options_.disk_headroom - *used, 0.0, 1.0);
  age_allowed_ = Duration(static_cast<Duration::rep>(static_cast<double>(options_.delay.count()) * part));
  all_before_ = now - age_allowed_;
}

void Garbage::removed(const std::string& path, bool success, TimePoint now) {
  if (removing_ != path) return;
  removing_.reset();
  if (!success) {
    ++failed_;
    schedule(path, Duration(0), now);
    return;
  }
  ++removed_;
  for (auto below = since_.lower_bound(path + "/"); below != since_.end() && is_below(below->first, path);
       below = since_.lower_bound(path + "/"))
    take(std::string(below->first));
}

Garbage::Wishes Garbage::advance(TimePoint now) {
  Wishes wishes;
  if (measure_at_ && *measure_at_ <= now) {
    measure_at_.reset();
    wishes.measure = true;
  }
  if (removing_ || order_.empty()) return wishes;
  const auto& [since, path] = *order_.begin();
  if (since + options_.delay > now && (!all_before_ || since > *all_before_)) return wishes;
  removing_ = path;
  take(*removing_);
  wishes.remove = removing_;
  return wishes;
}

std::optional<TimePoint> Garbage::next_wakeup() const {
  std::optional<TimePoint> next = measure_at_;
  if (removing_ || order_.empty()) return next;
  const TimePoint since = order_.begin()->first;
  TimePoint due = since + options_.delay;
  if (all_before_ && since <= *all_before_) due = since;
  return next ? std::min(*next, due) : due;
}

Garbage::Counts Garbage::counts() const {
  return {.removed = removed_,
          .failed = failed_,
          .pending = since_.size() + (removing_ ? 1 : 0),
          .age_allowed = age_allowed_};
}

void Garbage::take(const std::string& path) {
  const auto found = since_.find(path);
  if (found == since_.end()) return;
  order_.erase({found->second, path});
  since_.erase(found);
}

}  // namespace stoa::agent
