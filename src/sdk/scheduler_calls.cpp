// The typed calls of scheduler::Driver: each makes one message and hands it to call().
#include "sdk/scheduler_calls.h"

#include <mesos/v1/scheduler/scheduler.pb.h>

#include "model/task_state.h"
#include "stoa/scheduler.h"

namespace stoa::sdk {

using mesos::v1::scheduler::Call;

Call acknowledgement(const mesos::v1::TaskStatus& status) {
  Call call;
  call.set_type(Call::ACKNOWLEDGE);
  *call.mutable_acknowledge()->mutable_agent_id() = status.agent_id();
  *call.mutable_acknowledge()->mutable_task_id() = status.task_id();
  call.mutable_acknowledge()->set_uuid(status.uuid());
  return call;
}

Call acknowledgement(const mesos::v1::OperationStatus& status) {
  Call call;
  call.set_type(Call::ACKNOWLEDGE_OPERATION_STATUS);
  auto& out = *call.mutable_acknowledge_operation_status();
  if (status.has_agent_id()) *out.mutable_agent_id() = status.agent_id();
  if (status.has_resource_provider_id()) *out.mutable_resource_provider_id() = status.resource_provider_id();
  *out.mutable_operation_id() = status.operation_id();
  out.set_uuid(status.uuid().value());
  return call;
}

}  // namespace stoa::sdk

namespace stoa::scheduler {
namespace {

using mesos::v1::scheduler::Call;

Call make(Call::Type type) {
  Call call;
  call.set_type(type);
  return call;
}

template <typename Message>
void set_refuse(Message& message, const std::optional<double>& seconds) {
  if (seconds) message.mutable_filters()->set_refuse_seconds(*seconds);
}

}  // namespace

bool Driver::launch(const mesos::v1::OfferID& offer, const std::vector<mesos::v1::TaskInfo>& tasks, Seconds refuse) {
  if (tasks.empty()) return decline(offer, refuse);
  mesos::v1::Offer::Operation operation;
  operation.set_type(mesos::v1::Offer::Operation::LAUNCH);
  operation.mutable_launch()->mutable_task_infos()->Add(tasks.begin(), tasks.end());
  return accept({offer}, {operation}, refuse);
}

bool Driver::accept(const std::vector<mesos::v1::OfferID>& offers,
                    const std::vector<mesos::v1::Offer_Operation>& operations, Seconds refuse) {
  Call call = make(Call::ACCEPT);
  call.mutable_accept()->mutable_offer_ids()->Add(offers.begin(), offers.end());
  call.mutable_accept()->mutable_operations()->Add(operations.begin(), operations.end());
  set_refuse(*call.mutable_accept(), refuse);
  return this->call(std::move(call));
}

bool Driver::decline(const mesos::v1::OfferID& offer, Seconds refuse) {
  Call call = make(Call::DECLINE);
  *call.mutable_decline()->add_offer_ids() = offer;
  set_refuse(*call.mutable_decline(), refuse);
  return this->call(std::move(call));
}

bool Driver::accept_inverse_offer(const mesos::v1::OfferID& offer, Seconds refuse) {
  Call call = make(Call::ACCEPT_INVERSE_OFFERS);
  *call.mutable_accept_inverse_offers()->add_inverse_offer_ids() = offer;
  set_refuse(*call.mutable_accept_inverse_offers(), refuse);
  return this->call(std::move(call));
}

bool Driver::decline_inverse_offer(const mesos::v1::OfferID& offer, Seconds refuse) {
  Call call = make(Call::DECLINE_INVERSE_OFFERS);
  *call.mutable_decline_inverse_offers()->add_inverse_offer_ids() = offer;
  set_refuse(*call.mutable_decline_inverse_offers(), refuse);
  return this->call(std::move(call));
}

bool Driver::suppress(const std::vector<std::string>& roles) {
  Call call = make(Call::SUPPRESS);
  call.mutable_suppress()->mutable_roles()->Add(roles.begin(), roles.end());
  return this->call(std::move(call));
}

bool Driver::revive(const std::vector<std::string>& roles) {
  Call call = make(Call::REVIVE);
  call.mutable_revive()->mutable_roles()->Add(roles.begin(), roles.end());
  return this->call(std::move(call));
}

bool Driver::kill(const mesos::v1::TaskID& task) {
  Call call = make(Call::KILL);
  *call.mutable_kill()->mutable_task_id() = task;
  return this->call(std::move(call));
}

bool Driver::shutdown(const mesos::v1::ExecutorID& executor, const mesos::v1::AgentID& agent) {
  Call call = make(Call::SHUTDOWN);
  *call.mutable_shutdown()->mutable_executor_id() = executor;
  *call.mutable_shutdown()->mutable_agent_id() = agent;
  return this->call(std::move(call));
}

bool Driver::acknowledge(const mesos::v1::TaskStatus& status) {
  return status.uuid().empty() || call(sdk::acknowledgement(status));
}

bool Driver::acknowledge(const mesos::v1::OperationStatus& status) {
  return !status.has_uuid() || call(sdk::acknowledgement(status));
}

bool Driver::reconcile() { return reconcile(std::vector<mesos::v1::scheduler::Call_Reconcile_Task>()); }

bool Driver::reconcile(const std::vector<mesos::v1::scheduler::Call_Reconcile_Task>& tasks) {
  Call call = make(Call::RECONCILE);
  call.mutable_reconcile()->mutable_tasks()->Add(tasks.begin(), tasks.end());
  return this->call(std::move(call));
}

bool Driver::reconcile_operations(
    const std::vector<mesos::v1::scheduler::Call_ReconcileOperations_Operation>& operations) {
  Call call = make(Call::RECONCILE_OPERATIONS);
  call.mutable_reconcile_operations()->mutable_operations()->Add(operations.begin(), operations.end());
  return this->call(std::move(call));
}

bool Driver::message(const mesos::v1::ExecutorID& executor, const mesos::v1::AgentID& agent, std::string_view data) {
  Call call = make(Call::MESSAGE);
  *call.mutable_message()->mutable_executor_id() = executor;
  *call.mutable_message()->mutable_agent_id() = agent;
  call.mutable_message()->set_data(std::string(data));
  return this->call(std::move(call));
}

bool Driver::update_framework(const mesos::v1::FrameworkInfo& info) {
  Call call = make(Call::UPDATE_FRAMEWORK);
  *call.mutable_update_framework()->mutable_framework_info() = info;
  return this->call(std::move(call));
}

bool Driver::teardown() { return call(make(Call::TEARDOWN)); }

bool is_terminal(int task_state) { return model::is_terminal(static_cast<mesos::v1::TaskState>(task_state)); }

}  // namespace stoa::scheduler
