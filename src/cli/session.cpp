#include "cli/session.h"

#include <mesos/v1/scheduler/scheduler.pb.h>
#include <pwd.h>
#include <unistd.h>

#include "cli/exit_code.h"

namespace stoa::cli {
namespace {

constexpr std::chrono::seconds teardown_time_max{5};

}  // namespace

Session::Session(Cluster& cluster, const mesos::v1::FrameworkInfo& info)
    : driver_(cluster.driver_options(), info, *this),
      interrupts_(cluster.loop(), [inbox = inbox_](int number) { inbox->put({.signal = number}); }) {
  driver_.start();
}

void Session::on_subscribed(scheduler::Driver&, const mesos::v1::scheduler::Event_Subscribed&) {
  is_subscribed_ = was_subscribed_ = true;
}

void Session::on_disconnected(scheduler::Driver& driver, const Failure& failure) {
  is_subscribed_ = false;
  if (was_subscribed_) return inbox_->put({.lost = failure.message});
  // A command says at once that nobody is there.
  inbox_->put({.failure = error_of(failure)});
  driver.stop();
}

void Session::on_event(scheduler::Driver&, const mesos::v1::scheduler::Event& event) {
  using mesos::v1::scheduler::Event;
  if (event.type() == Event::ERROR) return;  // on_error() tells it.
  inbox_->put({.event = std::make_shared<const Event>(event)});
}

void Session::on_refused(scheduler::Driver&, const mesos::v1::scheduler::Call&, const Failure& failure) {
  // Without an answer the driver asks for the tasks of the call: their updates say what became of it.
  if (failure.status != 0) inbox_->put({.failure = error_of(failure)});
}

void Session::on_error(scheduler::Driver&, const Failure& failure) { inbox_->put({.failure = error_of(failure)}); }

void Session::kill(const std::string& task_id) {
  mesos::v1::TaskID id;
  id.set_value(task_id);
  driver_.kill(id);
}

Result<> Session::teardown() {
  driver_.teardown();
  if (!driver_.wait_for(teardown_time_max)) return fail(Code::timed_out, "the master does not answer");
  if (const auto ended = driver_.wait(); !ended) return std::unexpected(error_of(ended.error()));
  return {};
}

Error error_of(const Failure& failure) {
  if (failure.status == 0) return {Code::unavailable, failure.message};
  if (failure.status == 200) return {Code::failed_precondition, failure.message};  // An ERROR event.
  return error_of_status(failure.status, failure.message);
}

std::string user_name() {
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

}  // namespace stoa::cli
