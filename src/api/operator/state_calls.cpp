// Calls of the master that show the cluster.
#include "api/answers.h"
#include "api/metrics/metrics.h"
#include "api/operator/master_calls.h"
#include "api/operator/state_writer.h"
#include "api/role_sums.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::master::Response;

AnswerWriter answer(const MasterRequest& request, Response::Type type) {
  return AnswerWriter(request.encoding, Response::Type_Name(type), type);
}

}  // namespace

http::Response get_metrics(const MasterRequest& request, const master::Snapshot& state) {
  if (request.call.get_metrics().timeout().nanoseconds() < 0) return refusal(400, "Negative timeout provided");
  Response response;
  response.set_type(Response::GET_METRICS);
  auto& metrics = *response.mutable_get_metrics();
  for (const auto& [name, value] : master_metrics(state, request.context, net::wall(), request.shared_reads)) {
    auto& metric = *metrics.add_metrics();
    metric.set_name(name);
    metric.set_value(value);
  }
  return encoded(response, request.encoding);
}

http::Response get_master(const MasterRequest& request, const master::Snapshot& state) {
  Response response;
  response.set_type(Response::GET_MASTER);
  auto& master = *response.mutable_get_master();
  *master.mutable_master_info() = *state.info;
  master.set_start_time(request.context.start_time);
  if (const auto elected = request.context.elected()) master.set_elected_time(*elected);
  return encoded(response, request.encoding);
}

http::Response get_state(const MasterRequest& request, const master::Snapshot& state) {
  AnswerWriter out = answer(request, Response::GET_STATE);
  out.begin({"get_state", Response::kGetStateFieldNumber});
  write_get_tasks(out, {"get_tasks", Response::GetState::kGetTasksFieldNumber}, state);
  write_get_executors(out, {"get_executors", Response::GetState::kGetExecutorsFieldNumber}, state);
  write_get_frameworks(out, {"get_frameworks", Response::GetState::kGetFrameworksFieldNumber}, state);
  write_get_agents(out, {"get_agents", Response::GetState::kGetAgentsFieldNumber}, state);
  out.end();
  return out.finish();
}

http::Response get_agents(const MasterRequest& request, const master::Snapshot& state) {
  AnswerWriter out = answer(request, Response::GET_AGENTS);
  write_get_agents(out, {"get_agents", Response::kGetAgentsFieldNumber}, state);
  return out.finish();
}

http::Response get_frameworks(const MasterRequest& request, const master::Snapshot& state) {
  AnswerWriter out = answer(request, Response::GET_FRAMEWORKS);
  write_get_frameworks(out, {"get_frameworks", Response::kGetFrameworksFieldNumber}, state);
  return out.finish();
}

http::Response get_tasks(const MasterRequest& request, const master::Snapshot& state) {
  AnswerWriter out = answer(request, Response::GET_TASKS);
  write_get_tasks(out, {"get_tasks", Response::kGetTasksFieldNumber}, state);
  return out.finish();
}

http::Response get_executors(const MasterRequest& request, const master::Snapshot& state) {
  AnswerWriter out = answer(request, Response::GET_EXECUTORS);
  write_get_executors(out, {"get_executors", Response::kGetExecutorsFieldNumber}, state);
  return out.finish();
}

// OPR-095
http::Response get_operations(const MasterRequest& request, const master::Snapshot& state) {
  Response response;
  response.set_type(Response::GET_OPERATIONS);
  auto& operations = *response.mutable_get_operations();
  for (const auto& agent : state.agents) {
    for (const auto& operation : agent->operations) *operations.add_operations() = *operation;
  }
  return encoded(response, request.encoding);
}

http::Response get_roles(const MasterRequest& request, const master::Snapshot& state) {
  Response response;
  response.set_type(Response::GET_ROLES);
  auto& roles = *response.mutable_get_roles();
  for (const auto& [name, sum] : role_sums(state, request.context)) {
    auto& role = *roles.add_roles();
    role.set_name(name);
    role.set_weight(sum.weight);
    for (const FrameworkId& id : sum.frameworks) role.add_frameworks()->set_value(id.value);
    const model::Quantities held = sum.allocated + sum.offered;
    for (const char* resource : {"cpus", "gpus", "mem", "disk"}) {
      if (held.get(resource).is_zero()) continue;
      auto& amount = *role.add_resources();
      amount.set_name(resource);
      amount.set_type(mesos::v1::Value::SCALAR);
      amount.mutable_scalar()->set_value(held.get(resource).to_double());
    }
  }
  return encoded(response, request.encoding);
}

}  // namespace stoa::api
