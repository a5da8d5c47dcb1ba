// CoreThread: the one thread that runs a core. It feeds events in the order posted, hands each step's effects to the
// shell, and sends a Tick when the core asked to be woken.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <utility>

#include "base/time.h"
#include "net/loop.h"

namespace stoa::daemon {

// Core: step(event, now, effects), next_wakeup(). Tick: its event for the passing of time.
template <typename Core, typename Event, typename Effects, typename Tick>
class CoreThread {
 public:
  // `perform` carries out the effects of one step, on the thread. Both arguments must outlive the object.
  CoreThread(Core& core, std::function<void(Effects&)> perform) : core_(core), perform_(std::move(perform)), loop_(1) {}
  ~CoreThread() { finish(); }
  CoreThread(const CoreThread&) = delete;
  CoreThread& operator=(const CoreThread&) = delete;

  // Thread-safe.
  void post(Event event) {
    loop_.post([this, event = std::move(event)] { step(event); });
  }
  // Runs a call between two steps: for reading the core.
  void read(std::function<void(const Core&)> call) {
    loop_.post([this, call = std::move(call)] {
      if (!stopped_) call(core_);
    });
  }
  // Lets no further step begin. Thread-safe, returns at once.
  void stop() { stopped_ = true; }
  // As stop(), and returns when no step runs any more. What is posted later is dropped. Not on the core's thread.
  void finish() {
    stop();
    // The timer belongs to the thread; when this has run, nothing else will.
    std::promise<void> idle;
    loop_.post([&] {
      timer_.cancel();
      idle.set_value();
    });
    idle.get_future().wait();
  }

 private:
  void step(const Event& event) {
    if (stopped_) return;
    Effects effects;
    core_.step(event, Now{net::now(), net::wall()}, effects);
    perform_(effects);
    schedule();
  }

  void schedule() {
    const std::optional<TimePoint> next = core_.next_wakeup();
    if (!next) return;
    if (wakeup_ && *wakeup_ <= *next) return;
    wakeup_ = next;
    const Duration delay = std::max(Duration(0), *next - net::now());
    timer_ = loop_.after(delay, [this] {
      wakeup_.reset();
      step(Event{Tick{}});
    });
  }

  Core& core_;
  std::function<void(Effects&)> perform_;
  std::atomic<bool> stopped_ = false;
  std::optional<TimePoint> wakeup_;
  net::Timer timer_;
  net::Loop loop_;  // Last: its thread uses everything above.
};

}  // namespace stoa::daemon
