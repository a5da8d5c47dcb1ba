#include "containers/posix/event_thread.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "containers/posix/system_error.h"

namespace stoa::containers {
namespace {

constexpr EventThread::Watch wake_up_watch = 0;
constexpr int events_max = 64;

}  // namespace

Result<std::unique_ptr<EventThread>> EventThread::start() {
  Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  Descriptor wake_up(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake_up) return system_failure("start the thread of the container runtime", errno);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = wake_up_watch}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake_up.get(), &event) != 0) {
    return system_failure("start the thread of the container runtime", errno);
  }
  return std::unique_ptr<EventThread>(new EventThread(std::move(epoll), std::move(wake_up)));
}

EventThread::EventThread(Descriptor epoll, Descriptor wake_up)
    : epoll_(std::move(epoll)), wake_up_(std::move(wake_up)), thread_([this] { run(); }) {}

EventThread::~EventThread() { stop(); }

void EventThread::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  post([] {});
  thread_.join();
}

void EventThread::post(Function function) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(function));
  }
  const std::uint64_t one = 1;
  if (first) CHECK(::write(wake_up_.get(), &one, sizeof one) == sizeof one);
}

EventThread::Watch EventThread::watch(int descriptor, Function on_readable) {
  const Watch watch = watch_next_++;
  epoll_event event{.events = EPOLLIN, .data = {.u64 = watch}};
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0);
  watched_.emplace(watch, Watched{descriptor, std::make_shared<Function>(std::move(on_readable))});
  return watch;
}

void EventThread::unwatch(Watch watch) {
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second.descriptor, nullptr) == 0);
  watched_.erase(found);
}

void EventThread::after(Duration delay, Function function) {
  timers_.emplace(std::chrono::steady_clock::now() + delay, std::move(function));
}

int EventThread::wait_milliseconds() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first - std::chrono::steady_clock::now();
  return static_cast<int>(
      std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, 1000));
}

void EventThread::run() {
  std::array<epoll_event, events_max> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events_max, wait_milliseconds());
    for (int i = 0; i < count; ++i) {
      const Watch ready = events[i].data.u64;  // By value: the kernel's structure is packed.
      if (ready == wake_up_watch) continue;
      // It may be gone: an earlier event of this round can have unwatched it.
      const auto found = watched_.find(ready);
      if (found == watched_.end()) continue;
      const std::shared_ptr<Function> on_readable = found->second.on_readable;
      (*on_readable)();
    }
    run_due();
    if (!run_posted()) return;
  }
}

void EventThread::run_due() {
  while (!timers_.empty() && timers_.begin()->first <= std::chrono::steady_clock::now()) {
    const Function function = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    function();
  }
}

bool EventThread::run_posted() {
  std::uint64_t ignored = 0;
  if (::read(wake_up_.get(), &ignored, sizeof ignored) < 0) return true;  // Nobody has posted.
  std::vector<Function> posted;
  {
    const std::lock_guard lock(mutex_);
    // Looked at together with the queue: whoever stops us after this finds the queue empty, and wakes us again.
    if (stopping_) return false;
    posted.swap(posted_);
  }
  for (Function& function : posted) function();
  return true;
}

}  // namespace stoa::containers
