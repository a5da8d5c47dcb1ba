// DemoFramework: a framework that wants many small tasks of one kind, as fast as it gets room for them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "cli/cluster.h"
#include "cli/demand.h"
#include "proto/forward.h"
#include "stoa/scheduler.h"

namespace stoa::cli {

struct DemoStatus {
  std::uint32_t running = 0;  // Accepted and not yet ended.
  std::uint32_t finished = 0;
  std::uint32_t failed = 0;
  std::uint32_t offers = 0;
  std::vector<double> launch_seconds;  // From accepting the offer to TASK_RUNNING, one for each task.
  std::string trouble;                 // Why it had to give up; empty while all is well.
};

class DemoFramework : private scheduler::Handler {
 public:
  struct Options {
    std::string name;
    std::string role;
    Demand demand;
    std::uint64_t seed = 0;  // Of the tasks' lengths.
  };

  // Subscribes and begins at once.
  DemoFramework(const Cluster& cluster, Options options);
  // Ends what still runs.
  ~DemoFramework();
  DemoFramework(const DemoFramework&) = delete;
  DemoFramework& operator=(const DemoFramework&) = delete;

  const Options& options() const { return options_; }
  DemoStatus status() const;
  // Takes no further offers; what runs goes on to its end.
  void stop_launching() { is_stopping_ = true; }

 private:
  void on_subscribed(scheduler::Driver&, const mesos::v1::scheduler::Event_Subscribed&) override;
  void on_disconnected(scheduler::Driver&, const Failure& failure) override;
  void on_offers(scheduler::Driver&, const google::protobuf::RepeatedPtrField<mesos::v1::Offer>& offers) override;
  void on_update(scheduler::Driver&, const mesos::v1::TaskStatus& status) override;
  void on_refused(scheduler::Driver&, const mesos::v1::scheduler::Call&, const Failure& failure) override;
  void on_error(scheduler::Driver&, const Failure& failure) override;
  void answer(const mesos::v1::Offer& offer);
  void give_up(const std::string& trouble);

  struct Pending {
    std::string task_id;
    TimePoint accepted;
  };

  Options options_;
  Random random_;
  std::vector<Pending> pending_;  // Launched, not yet running.
  std::set<std::string> live_;    // Launched, not yet ended: an update may come twice.
  std::uint32_t launched_ = 0;
  std::atomic<bool> is_stopping_ = false;
  bool was_subscribed_ = false;
  mutable std::mutex mutex_;  // Guards status_.
  DemoStatus status_;
  scheduler::Driver driver_;  // Last: its thread uses all the others.
};

}  // namespace stoa::cli
