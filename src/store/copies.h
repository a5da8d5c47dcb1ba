// Copies: whole copies of a store's file, for the day when the disk has spoilt the file itself (HA-061, HA-062).
//
// They lie beside the file as `FILE.copy-TIME` (UTC), are made from a snapshot while writes go on, and appear complete
// or not at all.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace stoa::store {

// Copies of the file that exist, oldest first.
std::vector<std::string> list_copies(const std::string& path);

// Makes a copy now and removes the oldest beyond `copies_max`. Returns its path. Blocks; use a thread that may.
Result<std::string> make_copy(const std::string& path, std::size_t copies_max);

// Makes copies on a thread of its own, the first after one interval.
class CopyTimer {
 public:
  CopyTimer(std::string path, Duration interval, std::size_t copies_max);
  ~CopyTimer();

 private:
  void run();

  const std::string path_;
  const Duration interval_;
  const std::size_t copies_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace stoa::store
