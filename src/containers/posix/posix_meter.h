// PosixMeter: what containers of the posix runtime use, read from /proc and from the disk.
//
// It finds the container's processes as the runtime does, through the shims that the runtime directory names, and needs
// nothing else of the runtime. It has two threads: a disk with millions of files must not hold up the processes.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "containers/posix/event_thread.h"
#include "containers/posix/runtime_directory.h"
#include "containers/posix/usage_totals.h"
#include "ports/container_meter.h"

namespace stoa::containers {

class PosixMeter final : public ports::ContainerMeter {
 public:
  struct Options {
    std::string runtime_directory;
    Duration sample_age_max = std::chrono::seconds(1);
    Duration disk_age_max = std::chrono::seconds(15);  // As often a directory is measured, if somebody asks.
  };

  // Fails if the directory cannot be used or there are no more threads.
  static Result<std::unique_ptr<PosixMeter>> start(Options options);
  ~PosixMeter() override;
  // Answers nobody any more.
  void stop();

  void sample(SampleFunction done) override;
  std::map<std::string, std::uint64_t> disk_used(const std::vector<std::string>& directories) override;

 private:
  struct Measured {
    std::optional<std::uint64_t> bytes;
    TimePoint time;      // Of the measurement.
    TimePoint asked;     // The last time.
    bool waits = false;  // To be measured.
  };

  PosixMeter(Options options, RuntimeDirectory directory) : options_(options), directory_(std::move(directory)) {}
  void look();
  void measure(const std::string& directory);

  const Options options_;
  const RuntimeDirectory directory_;
  std::shared_ptr<const ports::UsageSample> last_;
  TimePoint last_time_;
  UsageTotals totals_;

  std::mutex mutex_;  // Guards sizes_.
  std::map<std::string, Measured> sizes_;
  std::atomic<bool> stopping_ = false;

  std::unique_ptr<EventThread> disks_;  // The threads use all of the above.
  std::unique_ptr<EventThread> processes_;
};

}  // namespace stoa::containers
