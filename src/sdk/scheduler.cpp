#include "stoa/scheduler.h"

#include <mesos/v1/scheduler/scheduler.pb.h>

#include "sdk/scheduler_session.h"
#include "sdk/session_thread.h"

namespace stoa::scheduler {

struct Driver::Impl {
  Impl(Options from, const mesos::v1::FrameworkInfo& info, Driver& driver, Handler& handler)
      : options(std::move(from)), thread([&](net::Loop& loop, sdk::SchedulerSession::Shared& shared) {
          shared.framework_id = info.id().value();
          return std::make_unique<sdk::SchedulerSession>(loop, options, info, driver, handler, shared);
        }) {}

  const Options options;
  sdk::SessionThread<sdk::SchedulerSession> thread;
};

Driver::Driver(Options options, const mesos::v1::FrameworkInfo& info, Handler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), info, *this, handler)) {}
Driver::~Driver() = default;

std::expected<void, Failure> Driver::run() {
  start();
  return wait();
}

void Driver::start() { impl_->thread.start(); }
std::expected<void, Failure> Driver::wait() { return impl_->thread.shared.completion.wait(); }
bool Driver::wait_for(std::chrono::milliseconds time) { return impl_->thread.shared.completion.wait_for(time); }
void Driver::stop() { impl_->thread.stop(); }

std::string Driver::framework_id() const {
  const std::lock_guard lock(impl_->thread.shared.mutex);
  return impl_->thread.shared.framework_id;
}

bool Driver::call(mesos::v1::scheduler::Call call) {
  auto& thread = impl_->thread;
  if (!thread.admit(thread.shared.calls, impl_->options.calls_max)) return false;
  // Shared: a posted function must be copyable, and a call may be large.
  const auto kept = std::make_shared<mesos::v1::scheduler::Call>(std::move(call));
  thread.post([kept](sdk::SchedulerSession& session) { session.add(std::move(*kept)); });
  return true;
}

}  // namespace stoa::scheduler
