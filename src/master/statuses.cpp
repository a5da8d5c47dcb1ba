#include "master/statuses.h"

#include "base/text.h"
#include "master/send.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

// The older spelling that metric names keep: reason_slave_removed, source_slave (V0 trap 9).
std::string old_spelling(const std::string& name) {
  std::string text = lower_case(name);
  for (std::size_t at = text.find("agent"); at != std::string::npos; at = text.find("agent", at)) {
    text.replace(at, 5, "slave");
  }
  return text;
}

}  // namespace

int told_state(const Capabilities& capabilities, int state) {
  if (capabilities.partition_aware) return state;
  switch (state) {
    case mesos::v1::TASK_UNREACHABLE:
    case mesos::v1::TASK_DROPPED:
    case mesos::v1::TASK_GONE:
    case mesos::v1::TASK_GONE_BY_OPERATOR:
    case mesos::v1::TASK_UNKNOWN:
      return mesos::v1::TASK_LOST;
    default:
      return state;
  }
}

mesos::v1::TaskStatus make_status(const Context& context, const Framework& framework, const StatusFacts& facts) {
  mesos::v1::TaskStatus status;
  status.mutable_task_id()->set_value(facts.task.value);
  status.set_state(static_cast<mesos::v1::TaskState>(told_state(framework.capabilities, facts.state)));
  status.set_source(mesos::v1::TaskStatus::SOURCE_MASTER);
  status.set_reason(static_cast<mesos::v1::TaskStatus::Reason>(facts.reason));
  status.set_message(facts.message);
  status.set_timestamp(context.now.wall);
  if (facts.agent) status.mutable_agent_id()->set_value(facts.agent->value);
  if (facts.unreachable_time) {
    status.mutable_unreachable_time()->set_nanoseconds(static_cast<std::int64_t>(*facts.unreachable_time * 1e9));
  }
  return status;
}

void tell_status(Context& context, const Framework& framework, const StatusFacts& facts) {
  const mesos::v1::TaskStatus status = make_status(context, framework, facts);
  count_status(context.state.metrics, status);
  send_update(context, framework, status);
}

void send_update(Context& context, const Framework& framework, const mesos::v1::TaskStatus& status) {
  if (!framework.connected()) return;
  auto event = std::make_shared<mesos::v1::scheduler::Event>();
  event->set_type(mesos::v1::scheduler::Event::UPDATE);
  *event->mutable_update()->mutable_status() = status;
  send(context, framework, std::move(event));
}

void count_status(Metrics& metrics, const mesos::v1::TaskStatus& status) {
  std::string name = "master/" + lower_case(mesos::v1::TaskState_Name(status.state()));
  if (status.has_source()) name += "/" + old_spelling(mesos::v1::TaskStatus::Source_Name(status.source()));
  if (status.has_reason()) name += "/" + old_spelling(mesos::v1::TaskStatus::Reason_Name(status.reason()));
  if (status.has_reason()) metrics.count(name);
}

}  // namespace stoa::master
