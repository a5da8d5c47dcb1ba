// Garbage decides which directory of ended work is removed when (AGT-100..106).
//
// Pure. A directory stays for `delay` after its last change, or for less the fuller the disk is: by a linear rule, so
// that sandboxes go gradually, oldest first, before the disk is full. One removal is under way at a time, so that
// millions of files to delete slow nothing else down.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/time.h"

namespace stoa::agent {

class Garbage {
 public:
  struct Options {
    Duration delay = std::chrono::weeks(1);
    double disk_headroom = 0.1;  // Part of the disk, 0 to 1, that is kept free by lower ages.
    Duration watch_interval = std::chrono::minutes(1);
  };
  struct Counts {
    std::uint64_t removed = 0;
    std::uint64_t failed = 0;
    std::uint64_t pending = 0;
    Duration age_allowed{};  // As of the last look at the disk.
  };
  // What the caller must do now.
  struct Wishes {
    bool measure = false;               // Then call `measured`.
    std::optional<std::string> remove;  // Then call `removed`.
  };

  explicit Garbage(Options options) : options_(options), age_allowed_(options.delay) {}

  // The first look at the disk is due now.
  void start(TimePoint now) { measure_at_ = now; }
  void stop();

  // The directory is of no use since `age` ago. Scheduled again, it is as old as it was told last.
  void schedule(const std::string& path, Duration age, TimePoint now);
  // The directory is in use (again): it and all above it leave the schedule. False while one of them is being removed;
  // then the directory must not be used before `removed`.
  bool take_back(const std::string& path);

  // `used`: part of the disk, 0 to 1; none if it could not be told.
  void measured(std::optional<double> used, TimePoint now);
  // What lies below a removed directory leaves the schedule. After a failure the directory waits anew.
  void removed(const std::string& path, bool success, TimePoint now);

  Wishes advance(TimePoint now);
  std::optional<TimePoint> next_wakeup() const;

  bool is_scheduled(const std::string& path) const { return since_.contains(path); }
  Counts counts() const;

 private:
  void take(const std::string& path);

  Options options_;
  std::optional<TimePoint> measure_at_;  // None: not started, or the answer is awaited.
  Duration age_allowed_;
  std::map<std::string, TimePoint> since_;             // When each began to be of no use.
  std::set<std::pair<TimePoint, std::string>> order_;  // The same, oldest first.
  std::optional<TimePoint> all_before_;                // By the last look at the disk, what is as old as this goes.
  std::optional<std::string> removing_;
  std::uint64_t removed_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace stoa::agent
