// GET /containers and GET /monitor/statistics of an agent (V0-105, V0-108).
#include "api/statistics.h"
#include "api/v0/documents.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api::v0 {
namespace {

using agent::ExecutorRecord;
using agent::FrameworkRecord;
using codec::JsonWriter;

std::string_view value_of(const net::Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

template <typename Visit>
void for_each_live(const agent::Snapshot& state, Visit visit) {
  for (const FrameworkRecord& framework : state.frameworks) {
    for (const auto& executor : framework.executors) {
      if (executor->stage != agent::ExecutorStage::terminated) visit(framework, *executor);
    }
  }
}

void write_names(JsonWriter& out, const FrameworkRecord& framework, const ExecutorRecord& executor) {
  out.key("framework_id").string(framework.info->id().value());
  out.key("executor_id").string(executor.info->executor_id().value());
  out.key("executor_name").string(executor.info->name()).key("source").string(source_of(executor));
}

void write_status(JsonWriter& out, const ExecutorRecord& executor) {
  if (executor.pid <= 0) return;
  mesos::v1::ContainerStatus status;
  status.mutable_container_id()->set_value(executor.container.value);
  status.set_executor_pid(static_cast<std::uint32_t>(executor.pid));
  out.key("status").message(status);
}

}  // namespace

std::string agent_containers(const MeasuredAgent& agent, const net::Query& query, const ReadingContext& context) {
  const std::string_view container = value_of(query, "container_id");
  const std::string_view framework_id = value_of(query, "framework_id");
  const std::string_view executor_id = value_of(query, "executor_id");
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for_each_live(agent.state, [&](const FrameworkRecord& framework, const ExecutorRecord& executor) {
    if (!framework_id.empty() && framework.info->id().value() != framework_id) return;
    if (!container.empty() && executor.container.value != container) return;
    if (!executor_id.empty() && executor.info->executor_id().value() != executor_id) return;
    write_names(out.begin_object(), framework, executor);
    out.key("container_id").string(executor.container.value);
    write_status(out, executor);
    mesos::v1::ResourceStatistics statistics;
    if (fill_statistics(executor, agent.usage, context, statistics)) out.key("statistics").message(statistics);
    out.end_object();
  });
  out.end_array();
  return text;
}

std::string agent_statistics(const MeasuredAgent& agent, const ReadingContext& context) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for_each_live(agent.state, [&](const FrameworkRecord& framework, const ExecutorRecord& executor) {
    mesos::v1::ResourceStatistics statistics;
    if (!fill_statistics(executor, agent.usage, context, statistics)) return;
    write_names(out.begin_object(), framework, executor);
    out.key("statistics").message(statistics).end_object();
  });
  out.end_array();
  return text;
}

}  // namespace stoa::api::v0
