// GET_CONTAINERS: the containers that run on an agent, with what they use (AGT-205, AGT-149).
#include "agent/container_status.h"
#include "api/answers.h"
#include "api/operator/agent_calls.h"
#include "mesos/v1/agent/agent.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::agent::Response;
using Container = Response::GetContainers::Container;

Container& add_container(const ContainerId& id, int pid, const agent::ExecutorRecord& executor,
                         const FrameworkId& framework, Response::GetContainers& containers) {
  Container& entry = *containers.add_containers();
  entry.mutable_framework_id()->set_value(framework.value);
  *entry.mutable_executor_id() = executor.info->executor_id();
  entry.set_executor_name(executor.info->name());
  agent::put_container_id(id, *entry.mutable_container_id());
  *entry.mutable_container_status()->mutable_container_id() = entry.container_id();
  if (pid > 0) entry.mutable_container_status()->set_executor_pid(static_cast<std::uint32_t>(pid));
  return entry;
}

}  // namespace

http::Response answer_agent_containers(const AgentRequest& request) {
  Response response;
  response.set_type(Response::GET_CONTAINERS);
  Response::GetContainers& containers = *response.mutable_get_containers();
  const bool with_nested = request.call.get_containers().show_nested();
  for (const agent::FrameworkRecord& framework : request.state.frameworks) {
    const FrameworkId id(framework.info->id().value());
    for (const auto& executor : framework.executors) {
      if (executor->stage == agent::ExecutorStage::terminated) continue;
      Container& root = add_container(executor->container, executor->pid, *executor, id, containers);
      mesos::v1::ResourceStatistics statistics;
      if (fill_statistics(*executor, request.usage, request.context, statistics)) {
        *root.mutable_resource_statistics() = statistics;
      }
      for (const auto& task : executor->tasks) {
        // Those of command tasks are their executor's.
        if (!with_nested || task->container.empty() || task->container == executor->container) continue;
        if (task->stage != agent::TaskStage::launched) continue;
        Container& nested = add_container(task->container, task->pid, *executor, id, containers);
        mesos::v1::ResourceStatistics own;
        if (fill_statistics(*task, request.usage, own)) *nested.mutable_resource_statistics() = own;
      }
    }
  }
  return encoded(response, request.encoding);
}

}  // namespace stoa::api
