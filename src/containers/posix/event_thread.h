// EventThread: one thread that waits for descriptors and runs what is posted to it.
//
// A runtime blocks now and then for a fraction of a millisecond (directories, starting a shim), which the agent's loop
// must not; and what it waits for are process descriptors. So it has a thread of its own, and needs no locks beyond the
// queue of this class.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "containers/posix/descriptor.h"

namespace stoa::containers {

class EventThread {
 public:
  using Function = std::function<void()>;
  using Watch = std::uint64_t;

  // Fails with resource_exhausted if there are no more descriptors.
  static Result<std::unique_ptr<EventThread>> start();
  ~EventThread();

  // Waits for the function that is running and drops those that are not: call it before destroying what they use.
  void stop();

  // Runs `function` on the thread, in the order of the calls. Thread-safe.
  void post(Function function);

  // The rest may be called on the thread only.

  // Runs `on_readable` whenever there is something to read from `descriptor`, which stays the caller's and must stay
  // open until unwatch.
  Watch watch(int descriptor, Function on_readable);
  void unwatch(Watch watch);
  // Runs `function` once, `delay` from now.
  void after(Duration delay, Function function);

 private:
  EventThread(Descriptor epoll, Descriptor wake_up);
  void run();
  bool run_posted();  // False if the thread is to end.
  void run_due();
  int wait_milliseconds() const;

  struct Watched {
    int descriptor;
    std::shared_ptr<Function> on_readable;  // Shared with its own call, during which it may be unwatched.
  };

  const Descriptor epoll_;
  const Descriptor wake_up_;
  std::map<Watch, Watched> watched_;
  Watch watch_next_ = 1;
  std::multimap<std::chrono::steady_clock::time_point, Function> timers_;
  std::mutex mutex_;
  std::vector<Function> posted_;  // Guarded by mutex_, as is stopping_.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stoa::containers
