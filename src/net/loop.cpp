#include "net/loop.h"

#include <unistd.h>

#include "base/check.h"
#include "net/loop_impl.h"

namespace stoa::net {

namespace asio = boost::asio;

// The mutex makes "cancelled before it began" exact for callers on other threads, and guards the Asio object, which is
// not thread-safe itself.
struct Timer::State {
  std::mutex mutex;
  asio::steady_timer timer;
  std::function<void()> call;

  explicit State(asio::io_context& context) : timer(context) {}
};

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Timer::cancel() {
  if (!state_) return;
  std::function<void()> call;  // Destroyed outside the lock: it may own this very timer.
  {
    const std::lock_guard lock(state_->mutex);
    call = std::move(state_->call);
    state_->call = nullptr;
    boost::system::error_code ignored;
    state_->timer.cancel(ignored);
  }
  state_.reset();
}

struct Watch::State : std::enable_shared_from_this<Watch::State> {
  std::mutex mutex;
  asio::posix::stream_descriptor descriptor;
  std::shared_ptr<std::function<void()>> call;  // Shared with a call that runs while the watch is dropped.

  explicit State(asio::io_context& context) : descriptor(context) {}
  ~State() {
    if (descriptor.is_open()) descriptor.release();
  }

  // Under the lock.
  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](boost::system::error_code error) {
                            if (!error) self->on_readable();
                          });
  }
  void on_readable() {
    std::unique_lock lock(mutex);
    const auto running = call;
    if (!running) return;
    lock.unlock();
    (*running)();
    lock.lock();
    if (call) wait();
  }
};

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Watch::cancel() {
  if (!state_) return;
  std::shared_ptr<std::function<void()>> call;
  {
    const std::lock_guard lock(state_->mutex);
    call = std::move(state_->call);
    // Released here, not later: the caller may close the descriptor as soon as this returns.
    if (state_->descriptor.is_open()) state_->descriptor.release();
  }
  state_.reset();
}

namespace {
thread_local const Loop::Impl* current_loop = nullptr;
}

Loop::Loop(std::size_t threads) : impl_(std::make_unique<Impl>(static_cast<int>(threads))) {
  CHECK(threads > 0);
  for (std::size_t i = 0; i < threads; ++i)
    impl_->threads.emplace_back([impl = impl_.get()] {
      current_loop = impl;
      impl->context.run();
    });
}

Loop::~Loop() {
  CHECK(!is_current(), "a loop cannot be destroyed by its own thread");
  stop();
  for (auto& thread : impl_->threads) thread.join();
}

void Loop::post(std::function<void()> call) { asio::post(impl_->context, std::move(call)); }

Timer Loop::after(Duration delay, std::function<void()> call) {
  auto state = std::make_shared<Timer::State>(impl_->context);
  state->call = std::move(call);
  const std::lock_guard lock(state->mutex);
  state->timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(delay));
  state->timer.async_wait([state](boost::system::error_code) {
    std::function<void()> due;
    {
      const std::lock_guard guard(state->mutex);
      due = std::move(state->call);
      state->call = nullptr;
    }
    if (due) due();
  });
  return Timer(state);
}

Watch Loop::watch_readable(int descriptor, std::function<void()> call) {
  auto state = std::make_shared<Watch::State>(impl_->context);
  state->call = std::make_shared<std::function<void()>>(std::move(call));
  boost::system::error_code error;
  const std::lock_guard lock(state->mutex);
  state->descriptor.assign(descriptor, error);
  CHECK(!error, "a descriptor that cannot be watched");
  state->wait();
  return Watch(state);
}

void Loop::stop() { impl_->context.stop(); }

bool Loop::is_current() const { return current_loop == impl_.get(); }

TimePoint now() {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

WallSeconds wall() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace stoa::net
