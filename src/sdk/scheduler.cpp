#include "stoa/scheduler.h"

#include <mesos/v1/scheduler/scheduler.pb.h>

#include <future>

#include "base/check.h"
#include "sdk/scheduler_session.h"

namespace stoa::scheduler {

struct Driver::Impl {
  Impl(Options from, const mesos::v1::FrameworkInfo& info, Driver& driver, Handler& handler)
      : options(std::move(from)) {
    shared.framework_id = info.id().value();
    session = std::make_unique<sdk::SchedulerSession>(loop, options, info, driver, handler, shared);
  }
  // Runs on the loop's thread, unless the session has gone.
  template <typename Run>
  void post(Run run) {
    loop.post([this, run = std::move(run)] {
      if (session) run(*session);
    });
  }

  const Options options;
  sdk::SchedulerSession::Shared shared;
  std::unique_ptr<sdk::SchedulerSession> session;  // Used on the loop's thread only.
  net::Loop loop{1};                               // Last: what is still posted looks for the session.
};

Driver::Driver(Options options, const mesos::v1::FrameworkInfo& info, Handler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), info, *this, handler)) {}

Driver::~Driver() {
  CHECK(!impl_->loop.is_current(), "a handler destroys its driver");
  std::promise<void> done;
  impl_->loop.post([&] {
    impl_->session->end({});
    impl_->session.reset();
    done.set_value();
  });
  done.get_future().wait();
}

std::expected<void, Failure> Driver::run() {
  start();
  return wait();
}

void Driver::start() {
  impl_->post([](sdk::SchedulerSession& session) { session.start(); });
}

std::expected<void, Failure> Driver::wait() { return impl_->shared.completion.wait(); }
bool Driver::wait_for(std::chrono::milliseconds time) { return impl_->shared.completion.wait_for(time); }

void Driver::stop() {
  impl_->post([](sdk::SchedulerSession& session) { session.end({}); });
}

std::string Driver::framework_id() const {
  const std::lock_guard lock(impl_->shared.mutex);
  return impl_->shared.framework_id;
}

bool Driver::call(mesos::v1::scheduler::Call call) {
  auto& shared = impl_->shared;
  if (shared.is_over) return false;
  if (++shared.calls > impl_->options.calls_max) {
    --shared.calls;
    return false;
  }
  // Shared: a posted function must be copyable, and a call may be large.
  const auto kept = std::make_shared<mesos::v1::scheduler::Call>(std::move(call));
  impl_->post([kept](sdk::SchedulerSession& session) { session.add(std::move(*kept)); });
  return true;
}

}  // namespace stoa::scheduler
