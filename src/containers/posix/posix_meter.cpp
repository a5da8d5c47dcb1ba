#include "containers/posix/posix_meter.h"

#include <utility>

#include "containers/posix/disk_usage.h"
#include "containers/posix/process_table.h"

namespace stoa::containers {
namespace {

constexpr Duration forgotten_after = std::chrono::minutes(5);  // A directory that nobody asks for.

TimePoint now() { return TimePoint(std::chrono::steady_clock::now().time_since_epoch()); }

WallSeconds wall() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<std::unique_ptr<PosixMeter>> PosixMeter::start(Options options) {
  RuntimeDirectory directory(options.runtime_directory);
  TRY(directory.open());
  std::unique_ptr<PosixMeter> meter(new PosixMeter(std::move(options), std::move(directory)));
  LET(meter->disks_, EventThread::start());
  LET(meter->processes_, EventThread::start());
  return meter;
}

PosixMeter::~PosixMeter() { stop(); }

void PosixMeter::stop() {
  stopping_ = true;
  for (const auto* thread : {&processes_, &disks_}) {
    if (*thread) (*thread)->stop();
  }
}

void PosixMeter::sample(SampleFunction done) {
  // Those who ask while a look is taken stand in line behind it, and find it fresh.
  processes_->post([this, done = std::move(done)] {
    if (!last_ || now() - last_time_ >= options_.sample_age_max) look();
    done(last_);
  });
}

void PosixMeter::look() {
  auto sample = std::make_shared<ports::UsageSample>();
  sample->time = wall();
  last_time_ = now();
  std::map<ContainerId, ports::ContainerUsage> own;
  if (const auto ids = directory_.list(); ids && !ids->empty()) {
    const ProcessTable table = ProcessTable::read();
    for (const ContainerId& id : *ids) {
      const auto pids = directory_.pids(id);
      if (!pids) continue;
      if (const auto usage = table.below(pids->shim, pids->relay)) own.emplace(id, *usage);
    }
  }
  sample->containers = totals_.update(own, last_time_);
  last_ = std::move(sample);
}

std::map<std::string, std::uint64_t> PosixMeter::disk_used(const std::vector<std::string>& directories) {
  std::map<std::string, std::uint64_t> result;
  const TimePoint time = now();
  const std::lock_guard lock(mutex_);
  std::erase_if(sizes_,
                [&](const auto& entry) { return !entry.second.waits && time - entry.second.asked > forgotten_after; });
  for (const std::string& directory : directories) {
    const auto [found, is_new] = sizes_.try_emplace(directory);
    Measured& measured = found->second;
    measured.asked = time;
    if (measured.bytes) result[directory] = *measured.bytes;
    if (measured.waits || (!is_new && time - measured.time < options_.disk_age_max)) continue;
    measured.waits = true;
    disks_->post([this, directory] { measure(directory); });
  }
  return result;
}

void PosixMeter::measure(const std::string& directory) {
  const auto bytes = bytes_below(directory, stopping_);
  const std::lock_guard lock(mutex_);
  Measured& measured = sizes_[directory];
  measured.bytes = bytes;
  measured.time = now();
  measured.waits = false;
}

}  // namespace stoa::containers
