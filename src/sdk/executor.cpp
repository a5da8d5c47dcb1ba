#include "stoa/executor.h"

#include <mesos/v1/executor/executor.pb.h>

#include "sdk/executor_session.h"
#include "sdk/session_thread.h"

namespace stoa::executor {

void Handler::on_launch_group(Driver& driver, const mesos::v1::TaskGroupInfo& group) {
  for (const mesos::v1::TaskInfo& task : group.tasks()) on_launch(driver, task);
}

void Handler::on_shutdown(Driver& driver) { driver.stop(); }

struct Driver::Impl {
  Impl(Options from, Driver& driver, Handler& handler)
      : options(std::move(from)), thread([&](net::Loop& loop, sdk::ExecutorSession::Shared& shared) {
          return std::make_unique<sdk::ExecutorSession>(loop, options, driver, handler, shared);
        }) {}

  const Options options;
  sdk::SessionThread<sdk::ExecutorSession> thread;
};

Driver::Driver(Options options, Handler& handler) : impl_(std::make_unique<Impl>(std::move(options), *this, handler)) {}
Driver::~Driver() = default;

std::expected<void, Failure> Driver::run() {
  start();
  return wait();
}

void Driver::start() { impl_->thread.start(); }
std::expected<void, Failure> Driver::wait() { return impl_->thread.shared.completion.wait(); }
bool Driver::wait_for(std::chrono::milliseconds time) { return impl_->thread.shared.completion.wait_for(time); }
void Driver::stop() { impl_->thread.stop(); }

void Driver::finish() {
  impl_->thread.post([](sdk::ExecutorSession& session) { session.finish(); });
}

const Options& Driver::options() const { return impl_->options; }

bool Driver::update(mesos::v1::TaskStatus status) {
  if (!status.has_task_id() || !status.has_state() || status.state() == mesos::v1::TASK_STAGING) return false;
  auto& thread = impl_->thread;
  if (!thread.admit(thread.shared.updates, impl_->options.updates_max)) return false;
  thread.post([status = std::move(status)](sdk::ExecutorSession& session) { session.update(status); });
  return true;
}

bool Driver::message(std::string_view data) {
  auto& thread = impl_->thread;
  if (!thread.admit(thread.shared.messages, impl_->options.updates_max)) return false;
  thread.post([data = std::string(data)](sdk::ExecutorSession& session) { session.message(data); });
  return true;
}

}  // namespace stoa::executor
