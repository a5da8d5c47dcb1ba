// Loop: the threads on which sockets, timers and posted work run. The only way into Asio for the rest of the project.
//
// A core runs on a Loop of one thread: whatever is posted there runs in the order posted and never at the same time.
// With more threads nothing is promised about order; connections bring their own.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/time.h"

namespace stoa::net {

// A pending call. Dropping or cancelling it prevents the call, unless that has begun. Thread-safe. On a Loop of one
// thread, cancelling from that thread is exact: the call does not come afterwards.
class Timer {
 public:
  struct State;

  Timer() = default;
  explicit Timer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { cancel(); }

  void cancel();

 private:
  std::shared_ptr<State> state_;  // Shared with the wait that is pending in the kernel.
};

// A watched file descriptor. Dropping it ends the watch; the descriptor stays the caller's and open.
class Watch {
 public:
  struct State;

  Watch() = default;
  explicit Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Watch(Watch&&) noexcept = default;
  Watch& operator=(Watch&& other) noexcept;
  ~Watch() { cancel(); }

  void cancel();

 private:
  std::shared_ptr<State> state_;  // Shared with the wait that is pending in the kernel.
};

class Loop {
 public:
  struct Impl;

  // Starts the threads at once. threads > 0.
  explicit Loop(std::size_t threads);
  // Stops and joins. Calls still queued are dropped. Must not run on a thread of this loop.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs the call on a thread of the loop, never inside post(). Thread-safe.
  void post(std::function<void()> call);
  // Runs the call once, `delay` from now at the earliest. Thread-safe.
  [[nodiscard]] Timer after(Duration delay, std::function<void()> call);
  // Runs the call each time the descriptor has something to read (for a pidfd: the process has ended), until the Watch
  // goes. The call must read, or drop the Watch, else it is called again at once. `descriptor` must stay open as long
  // as the Watch. Thread-safe.
  [[nodiscard]] Watch watch_readable(int descriptor, std::function<void()> call);
  // Lets no further call begin. Returns at once; safe on a thread of the loop.
  void stop();
  // Whether the caller is on a thread of this loop.
  bool is_current() const;

  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// The steady clock of the host.
TimePoint now();
// The wall clock of the host.
WallSeconds wall();

}  // namespace stoa::net
