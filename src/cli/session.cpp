#include "cli/session.h"

#include <mesos/v1/scheduler/scheduler.pb.h>
#include <pwd.h>
#include <unistd.h>

namespace stoa::cli {

using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::Event;

Session::Session(Cluster& cluster, const mesos::v1::FrameworkInfo& info)
    : scheduler_(cluster.client(), cluster.master()) {
  interrupts_.emplace(cluster.loop(), [inbox = inbox_](int number) { inbox->put({.signal = number}); });
  subscribe(info);
}

Session::Session(Cluster& cluster, const mesos::v1::FrameworkInfo& info, std::nullopt_t)
    : scheduler_(cluster.client(), cluster.master()) {
  subscribe(info);
}

Session::~Session() = default;

void Session::subscribe(const mesos::v1::FrameworkInfo& info) {
  scheduler_.subscribe(
      info, [inbox = inbox_](const Event& event) { inbox->put({.event = std::make_shared<const Event>(event)}); },
      [inbox = inbox_](Error error) { inbox->put({.failure = std::move(error)}); });
}

void Session::call(Call call) {
  scheduler_.call(std::move(call), [inbox = inbox_](Result<> done) {
    if (!done) inbox->put({.failure = std::move(done).error()});
  });
}

void Session::acknowledge(const mesos::v1::TaskStatus& status) {
  if (status.uuid().empty()) return;
  Call call;
  call.set_type(Call::ACKNOWLEDGE);
  *call.mutable_acknowledge()->mutable_agent_id() = status.agent_id();
  *call.mutable_acknowledge()->mutable_task_id() = status.task_id();
  call.mutable_acknowledge()->set_uuid(status.uuid());
  this->call(std::move(call));
}

void Session::kill(const std::string& task_id) {
  Call call;
  call.set_type(Call::KILL);
  call.mutable_kill()->mutable_task_id()->set_value(task_id);
  this->call(std::move(call));
}

Result<> Session::teardown() {
  Call call;
  call.set_type(Call::TEARDOWN);
  return scheduler_.call_and_wait(std::move(call));
}

bool is_terminal(int task_state) {
  switch (static_cast<mesos::v1::TaskState>(task_state)) {
    case mesos::v1::TASK_FINISHED:
    case mesos::v1::TASK_FAILED:
    case mesos::v1::TASK_KILLED:
    case mesos::v1::TASK_ERROR:
    case mesos::v1::TASK_LOST:
    case mesos::v1::TASK_DROPPED:
    case mesos::v1::TASK_GONE:
    case mesos::v1::TASK_GONE_BY_OPERATOR:
      return true;
    default:
      return false;
  }
}

std::string user_name() {
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

}  // namespace stoa::cli
