#include "api/agent_files.h"
#include "api/answers.h"
#include "api/metrics/metrics.h"
#include "api/operator/agent_calls.h"
#include "api/operator/process_answers.h"
#include "mesos/v1/agent/agent.pb.h"

namespace stoa::api {
namespace {

using agent::TaskStage;
using mesos::v1::agent::Call;
using mesos::v1::agent::Response;

void add_task(const agent::TaskRecord& record, Response::GetTasks& tasks) {
  switch (record.stage) {
    case TaskStage::queued:
      *tasks.add_queued_tasks() = *record.task;
      break;
    case TaskStage::launched:
      *tasks.add_launched_tasks() = *record.task;
      break;
    case TaskStage::terminated:
      *tasks.add_terminated_tasks() = *record.task;
      break;
    case TaskStage::completed:
      *tasks.add_completed_tasks() = *record.task;
      break;
  }
}

template <typename Visit>
void for_each_executor(const agent::Snapshot& state, Visit visit) {
  for (const auto* frameworks : {&state.frameworks, &state.completed_frameworks}) {
    for (const agent::FrameworkRecord& framework : *frameworks) {
      for (const auto& executor : framework.executors) visit(*executor, true);
      for (const auto& executor : framework.completed_executors) visit(*executor, false);
    }
  }
}

void fill_tasks(const agent::Snapshot& state, Response::GetTasks& tasks) {
  for_each_executor(state, [&](const agent::ExecutorRecord& executor, bool) {
    for (const auto& record : executor.tasks) add_task(*record, tasks);
  });
}

void fill_executors(const agent::Snapshot& state, Response::GetExecutors& executors) {
  for_each_executor(state, [&](const agent::ExecutorRecord& executor, bool alive) {
    auto& entry = alive ? *executors.add_executors() : *executors.add_completed_executors();
    *entry.mutable_executor_info() = *executor.info;
  });
}

void fill_frameworks(const agent::Snapshot& state, Response::GetFrameworks& frameworks) {
  for (const agent::FrameworkRecord& framework : state.frameworks) {
    *frameworks.add_frameworks()->mutable_framework_info() = *framework.info;
  }
  for (const agent::FrameworkRecord& framework : state.completed_frameworks) {
    *frameworks.add_completed_frameworks()->mutable_framework_info() = *framework.info;
  }
}

// With the resources of now, not those that the flags say (AGT-204).
void fill_agent(const agent::Snapshot& state, Response::GetAgent& agent) {
  *agent.mutable_agent_info() = *state.info;
  if (state.total) {
    agent.mutable_agent_info()->clear_resources();
    state.total->to_messages(model::WireForm::endpoint_form, *agent.mutable_agent_info()->mutable_resources());
  }
  if (!state.drain_config) return;
  *agent.mutable_drain_config() = *state.drain_config;
  agent.mutable_estimated_drain_start_time()->set_nanoseconds(static_cast<std::int64_t>(state.drain_since * 1e9));
}

void fill_operations(const agent::Snapshot& state, Response::GetOperations& operations) {
  for (const auto& operation : state.operations) *operations.add_operations() = *operation;
}

void fill_metrics(const AgentRequest& request, Response::GetMetrics& metrics) {
  for (const auto& [name, value] : agent_metrics(request.state, request.context, net::wall())) {
    auto& metric = *metrics.add_metrics();
    metric.set_name(name);
    metric.set_value(value);
  }
}

}  // namespace

http::Response answer_agent_process(const AgentRequest& request) {
  Response response;
  switch (request.call.type()) {
    case Call::GET_HEALTH:
      response.set_type(Response::GET_HEALTH);
      response.mutable_get_health()->set_healthy(true);
      break;
    case Call::GET_VERSION:
      response.set_type(Response::GET_VERSION);
      fill_version(request.context, *response.mutable_get_version()->mutable_version_info());
      break;
    case Call::GET_FLAGS:
      response.set_type(Response::GET_FLAGS);
      fill_flags(request.context, *response.mutable_get_flags()->mutable_flags());
      break;
    case Call::GET_METRICS:
      if (request.call.get_metrics().timeout().nanoseconds() < 0) return refusal(400, "Negative timeout provided");
      response.set_type(Response::GET_METRICS);
      fill_metrics(request, *response.mutable_get_metrics());
      break;
    default:
      response.set_type(Response::GET_LOGGING_LEVEL);
      response.mutable_get_logging_level()->set_level(request.context.verbosity->level(net::now()));
  }
  return encoded(response, request.encoding);
}

http::Response set_agent_logging(const AgentRequest& request) {
  return set_logging(request.call.set_logging_level().level(),
                     request.call.set_logging_level().duration().nanoseconds(), request.context);
}

http::Response answer_agent_files(const AgentRequest& request) {
  const FileSpace files = agent_files(request.state, request.context);
  Response response;
  if (request.call.type() == Call::LIST_FILES) {
    const auto listing = files.list(request.call.list_files().path());
    if (!listing) return refusal(listing.error());
    response.set_type(Response::LIST_FILES);
    fill_files(*listing, *response.mutable_list_files()->mutable_file_infos());
    return encoded(response, request.encoding);
  }
  const auto& asked = request.call.read_file();
  auto piece =
      read_piece(files, asked.path(), asked.offset(), asked.has_length() ? asked.length() : file_read_bytes_max);
  if (!piece) return refusal(piece.error());
  response.set_type(Response::READ_FILE);
  response.mutable_read_file()->set_size(piece->size);
  response.mutable_read_file()->set_data(std::move(piece->data));
  return encoded(response, request.encoding);
}

http::Response answer_agent_state(const AgentRequest& request) {
  const agent::Snapshot& state = request.state;
  Response response;
  switch (request.call.type()) {
    case Call::GET_TASKS:
      response.set_type(Response::GET_TASKS);
      fill_tasks(state, *response.mutable_get_tasks());
      break;
    case Call::GET_EXECUTORS:
      response.set_type(Response::GET_EXECUTORS);
      fill_executors(state, *response.mutable_get_executors());
      break;
    case Call::GET_FRAMEWORKS:
      response.set_type(Response::GET_FRAMEWORKS);
      fill_frameworks(state, *response.mutable_get_frameworks());
      break;
    case Call::GET_OPERATIONS:
      response.set_type(Response::GET_OPERATIONS);
      fill_operations(state, *response.mutable_get_operations());
      break;
    case Call::GET_RESOURCE_PROVIDERS:
      response.set_type(Response::GET_RESOURCE_PROVIDERS);
      response.mutable_get_resource_providers();
      break;
    case Call::GET_AGENT:
      response.set_type(Response::GET_AGENT);
      fill_agent(state, *response.mutable_get_agent());
      break;
    default:
      response.set_type(Response::GET_STATE);
      fill_tasks(state, *response.mutable_get_state()->mutable_get_tasks());
      fill_executors(state, *response.mutable_get_state()->mutable_get_executors());
      fill_frameworks(state, *response.mutable_get_state()->mutable_get_frameworks());
  }
  return encoded(response, request.encoding);
}

}  // namespace stoa::api
