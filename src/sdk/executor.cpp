#include "stoa/executor.h"

#include <mesos/v1/executor/executor.pb.h>

#include <future>

#include "base/check.h"
#include "sdk/executor_session.h"

namespace stoa::executor {

void Handler::on_launch_group(Driver& driver, const mesos::v1::TaskGroupInfo& group) {
  for (const mesos::v1::TaskInfo& task : group.tasks()) on_launch(driver, task);
}

void Handler::on_shutdown(Driver& driver) { driver.stop(); }

struct Driver::Impl {
  Impl(Options from, Driver& driver, Handler& handler) : options(std::move(from)) {
    session = std::make_unique<sdk::ExecutorSession>(loop, options, driver, handler, shared);
  }
  // Runs on the loop's thread, unless the session has gone.
  template <typename Run>
  void post(Run run) {
    loop.post([this, run = std::move(run)] {
      if (session) run(*session);
    });
  }

  const Options options;
  sdk::ExecutorSession::Shared shared;
  std::unique_ptr<sdk::ExecutorSession> session;  // Used on the loop's thread only.
  net::Loop loop{1};                              // Last: what is still posted looks for the session.
};

Driver::Driver(Options options, Handler& handler) : impl_(std::make_unique<Impl>(std::move(options), *this, handler)) {}

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
  impl_->post([](sdk::ExecutorSession& session) { session.start(); });
}

std::expected<void, Failure> Driver::wait() { return impl_->shared.completion.wait(); }
bool Driver::wait_for(std::chrono::milliseconds time) { return impl_->shared.completion.wait_for(time); }

void Driver::stop() {
  impl_->post([](sdk::ExecutorSession& session) { session.end({}); });
}

void Driver::finish() {
  impl_->post([](sdk::ExecutorSession& session) { session.finish(); });
}

const Options& Driver::options() const { return impl_->options; }

bool Driver::update(mesos::v1::TaskStatus status) {
  auto& shared = impl_->shared;
  if (!status.has_task_id() || !status.has_state() || status.state() == mesos::v1::TASK_STAGING) return false;
  if (shared.is_over) return false;
  if (++shared.updates > impl_->options.updates_max) {
    --shared.updates;
    return false;
  }
  impl_->post([status = std::move(status)](sdk::ExecutorSession& session) { session.update(status); });
  return true;
}

bool Driver::message(std::string_view data) {
  auto& shared = impl_->shared;
  if (shared.is_over) return false;
  if (++shared.messages > impl_->options.updates_max) {
    --shared.messages;
    return false;
  }
  impl_->post([data = std::string(data)](sdk::ExecutorSession& session) { session.message(data); });
  return true;
}

}  // namespace stoa::executor
