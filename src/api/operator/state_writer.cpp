#include "api/operator/state_writer.h"

#include <cmath>

#include "api/v0/documents.h"
#include "api/v0/values.h"
#include "mesos/v1/master/master.pb.h"
#include "model/task_state.h"
#include "net/address.h"

namespace stoa::api {
namespace {

using mesos::v1::master::Response;
using model::WireForm;

using Tasks = std::vector<std::shared_ptr<const mesos::v1::Task>>;

void write_tasks(AnswerWriter& out, const Tasks& tasks) {
  for (const auto& task : tasks) out.element(*task);
}

std::int64_t nanoseconds(WallSeconds seconds) { return std::llround(seconds * 1e6) * 1000; }

void set_time(mesos::v1::TimeInfo* (Response::GetAgents::Agent::*member)(), Response::GetAgents::Agent& agent,
              WallSeconds seconds) {
  if (seconds > 0) (agent.*member)()->set_nanoseconds(nanoseconds(seconds));
}

using Framework = Response::GetFrameworks::Framework;

void set_time(mesos::v1::TimeInfo* (Framework::*member)(), Framework& framework, WallSeconds seconds) {
  if (seconds > 0) (framework.*member)()->set_nanoseconds(nanoseconds(seconds));
}

void fill_agent(const master::AgentView& view, Response::GetAgents::Agent& agent) {
  *agent.mutable_agent_info() = *view.info;
  *agent.mutable_agent_info()->mutable_id()->mutable_value() = view.id.value;
  agent.set_active(view.active);
  agent.set_deactivated(view.deactivated);
  for (const int type : view.capabilities) {
    agent.add_capabilities()->set_type(static_cast<mesos::v1::AgentInfo::Capability::Type>(type));
  }
  if (view.drain) {
    *agent.mutable_drain_info() = *view.drain;
    agent.mutable_estimated_drain_start_time()->set_nanoseconds(nanoseconds(view.drain_since));
  }
  agent.set_version(view.version);
  agent.set_pid(v0::pid_of(view));
  set_time(&Response::GetAgents::Agent::mutable_registered_time, agent, view.registered);
  set_time(&Response::GetAgents::Agent::mutable_reregistered_time, agent, view.reregistered);
  view.total.to_messages(WireForm::endpoint_form, *agent.mutable_total_resources());
  view.allocated.to_messages(WireForm::endpoint_form, *agent.mutable_allocated_resources());
  view.offered.to_messages(WireForm::endpoint_form, *agent.mutable_offered_resources());
}

// Offers carry `reservations` only, whatever form their framework reads (OPR-080).
void add_offer(const master::OfferView& view, Framework& framework) {
  mesos::v1::Offer& offer = *framework.add_offers();
  offer = *view.message;
  offer.clear_resources();
  view.resources.to_messages(WireForm::new_form, *offer.mutable_resources());
}

void fill_framework(const master::FrameworkView& view, Framework& framework) {
  *framework.mutable_framework_info() = *view.info;
  *framework.mutable_framework_info()->mutable_id()->mutable_value() = view.id.value;
  framework.set_active(view.active);
  framework.set_connected(view.connected);
  framework.set_recovered(view.recovered);
  set_time(&Framework::mutable_registered_time, framework, view.registered);
  set_time(&Framework::mutable_reregistered_time, framework, view.reregistered);
  set_time(&Framework::mutable_unregistered_time, framework, view.unregistered);
  for (const auto& offer : view.offers) add_offer(*offer, framework);
  v0::used_by(view).to_messages(WireForm::endpoint_form, *framework.mutable_allocated_resources());
  v0::offered_to(view).to_messages(WireForm::endpoint_form, *framework.mutable_offered_resources());
  framework.mutable_offer_constraints();
  if (view.offer_constraints) *framework.mutable_offer_constraints() = *view.offer_constraints;
}

}  // namespace

void write_get_tasks(AnswerWriter& out, Field field, const master::Snapshot& state) {
  using Message = Response::GetTasks;
  out.begin(field);
  out.begin_list({"tasks", Message::kTasksFieldNumber});
  for (const auto& framework : state.frameworks) write_tasks(out, framework->tasks);
  out.end_list();
  out.begin_list({"unreachable_tasks", Message::kUnreachableTasksFieldNumber});
  for (const auto& framework : state.frameworks) write_tasks(out, framework->unreachable_tasks);
  out.end_list();
  out.begin_list({"completed_tasks", Message::kCompletedTasksFieldNumber});
  for (const auto* list : {&state.frameworks, &state.completed_frameworks}) {
    for (const auto& framework : *list) write_tasks(out, framework->completed_tasks);
  }
  out.end_list();
  out.end();
}

// Without those that agents add for single tasks (OPR-094).
void write_get_executors(AnswerWriter& out, Field field, const master::Snapshot& state) {
  out.begin(field);
  out.begin_list({"executors", Response::GetExecutors::kExecutorsFieldNumber});
  for (const auto& framework : state.frameworks) {
    for (const master::ExecutorView& executor : framework->executors) {
      Response::GetExecutors::Executor element;
      *element.mutable_executor_info() = *executor.info;
      element.mutable_agent_id()->set_value(executor.agent.value);
      out.element(element);
    }
  }
  out.end_list();
  out.end();
}

void write_get_frameworks(AnswerWriter& out, Field field, const master::Snapshot& state) {
  using Message = Response::GetFrameworks;
  out.begin(field);
  const auto write_list = [&out](Field list, const auto& views) {
    out.begin_list(list);
    for (const auto& view : views) {
      Framework framework;
      fill_framework(*view, framework);
      out.element(framework);
    }
    out.end_list();
  };
  write_list({"frameworks", Message::kFrameworksFieldNumber}, state.frameworks);
  write_list({"completed_frameworks", Message::kCompletedFrameworksFieldNumber}, state.completed_frameworks);
  out.end();
}

void write_get_agents(AnswerWriter& out, Field field, const master::Snapshot& state) {
  using Message = Response::GetAgents;
  out.begin(field);
  out.begin_list({"agents", Message::kAgentsFieldNumber});
  for (const auto& view : state.agents) {
    Message::Agent agent;
    fill_agent(*view, agent);
    out.element(agent);
  }
  out.end_list();
  out.begin_list({"recovered_agents", Message::kRecoveredAgentsFieldNumber});
  for (const auto& info : state.recovered_agents) out.element(*info);
  out.end_list();
  out.end();
}

}  // namespace stoa::api
