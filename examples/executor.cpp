// An executor that runs tasks inside itself: each is a timer of as many milliseconds as its data says.
#include <mesos/v1/executor/executor.pb.h>
#include <stoa/executor.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

using stoa::executor::Driver;
using Clock = std::chrono::steady_clock;

// Handlers run on the driver's thread and must be quick, so tasks live on a thread of their own.
class Timers : public stoa::executor::Handler {
 public:
  void on_launch(Driver& driver, const mesos::v1::TaskInfo& task) override {
    tell(driver, task.task_id().value(), mesos::v1::TASK_RUNNING);
    const std::chrono::milliseconds length(std::atoi(task.data().c_str()));
    const std::lock_guard lock(mutex_);
    ends_.emplace(task.task_id().value(), Clock::now() + length);
    changed_.notify_one();
  }

  void on_kill(Driver& driver, const mesos::v1::executor::Event_Kill& kill) override {
    const std::lock_guard lock(mutex_);
    if (ends_.erase(kill.task_id().value()) > 0) tell(driver, kill.task_id().value(), mesos::v1::TASK_KILLED);
  }

  void on_message(Driver& driver, std::string_view data) override { driver.message(data); }

  void on_shutdown(Driver& driver) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, end] : ends_) tell(driver, id, mesos::v1::TASK_KILLED);
    ends_.clear();
    driver.finish();
  }

  // Until `stop`.
  void live(Driver& driver, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      changed_.wait_for(lock, std::chrono::milliseconds(10));
      std::erase_if(ends_, [&](const auto& timer) {
        if (timer.second > Clock::now()) return false;
        tell(driver, timer.first, mesos::v1::TASK_FINISHED);
        return true;
      });
    }
  }

 private:
  static void tell(Driver& driver, const std::string& id, mesos::v1::TaskState state) {
    mesos::v1::TaskStatus status;
    status.mutable_task_id()->set_value(id);
    status.set_state(state);
    driver.update(std::move(status));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Clock::time_point> ends_;  // By task.
};

int main() {
  const auto options = stoa::executor::Options::from_environment();
  if (!options) return std::fprintf(stderr, "executor: %s\n", options.error().c_str()), 2;
  Timers timers;
  Driver driver(*options, timers);
  const std::jthread thread([&](const std::stop_token& stop) { timers.live(driver, stop); });
  const auto ended = driver.run();
  if (!ended) std::fprintf(stderr, "executor: %s\n", ended.error().message.c_str());
  return ended ? 0 : 1;
}
