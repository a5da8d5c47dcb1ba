#include <array>
#include <map>
#include <set>

#include "api/v0/documents.h"
#include "api/v0/values.h"
#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"

namespace stoa::api::v0 {

using codec::JsonWriter;
using mesos::v1::TaskState;

namespace {

// In the order of V0-060.
constexpr std::array counted{mesos::v1::TASK_STAGING,         mesos::v1::TASK_STARTING, mesos::v1::TASK_RUNNING,
                             mesos::v1::TASK_KILLING,         mesos::v1::TASK_FINISHED, mesos::v1::TASK_KILLED,
                             mesos::v1::TASK_FAILED,          mesos::v1::TASK_LOST,     mesos::v1::TASK_ERROR,
                             mesos::v1::TASK_UNREACHABLE,     mesos::v1::TASK_DROPPED,  mesos::v1::TASK_GONE,
                             mesos::v1::TASK_GONE_BY_OPERATOR};

// What one agent has of all frameworks, or one framework on all agents.
struct Counts {
  std::map<TaskState, std::int64_t> tasks;
  std::set<std::string_view> others;  // Ids of the frameworks of an agent, of the agents of a framework.
};

struct Index {
  std::map<std::string_view, Counts> agents;
  std::map<std::string_view, Counts> frameworks;

  void add(const mesos::v1::Task& task) {
    Counts& agent = agents[task.agent_id().value()];
    Counts& framework = frameworks[task.framework_id().value()];
    ++agent.tasks[task.state()];
    ++framework.tasks[task.state()];
    agent.others.insert(task.framework_id().value());
    framework.others.insert(task.agent_id().value());
  }
};

Index index_of(const master::Snapshot& state) {
  Index index;
  for (const auto& framework : state.frameworks) {
    for (const auto* list : {&framework->tasks, &framework->unreachable_tasks, &framework->completed_tasks}) {
      for (const auto& task : *list) index.add(*task);
    }
  }
  return index;
}

void write_counts(JsonWriter& out, const Counts& counts, const char* others) {
  for (const TaskState state : counted) {
    const auto found = counts.tasks.find(state);
    out.key(mesos::v1::TaskState_Name(state)).integer(found == counts.tasks.end() ? 0 : found->second);
  }
  out.key(others).begin_array();
  for (const std::string_view id : counts.others) out.string(id);
  out.end_array();
}

const Counts& find(const std::map<std::string_view, Counts>& index, std::string_view id) {
  static const Counts none;
  const auto found = index.find(id);
  return found == index.end() ? none : found->second;
}

FrameworkSums sums_of(const master::FrameworkView& framework) {
  FrameworkSums sums{.used = {}, .offered = model::FlatSums(offered_to(framework))};
  for (const auto& executor : framework.executors) sums.used.add(model::FlatSums(executor.info->resources()));
  for (const auto& task : framework.tasks) {
    if (!model::is_terminal(task->state())) sums.used.add(model::FlatSums(task->resources()));
  }
  return sums;
}

}  // namespace

std::string state_summary(const master::Snapshot& state, const ReadingContext& context) {
  const Index index = index_of(state);
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("hostname").string(state.info->hostname());
  if (const std::string* cluster = context.flag("cluster")) out.key("cluster").string(*cluster);
  out.key("slaves").begin_array();
  for (const auto& agent : state.agents) {
    out.begin_object();
    write_agent(out, *agent);
    write_counts(out, find(index.agents, agent->id.value), "framework_ids");
    out.end_object();
  }
  out.end_array();
  out.key("frameworks").begin_array();
  for (const auto& framework : state.frameworks) {
    out.begin_object();
    write_framework_head(out, *framework, sums_of(*framework));
    write_counts(out, find(index.frameworks, framework->id.value), "slave_ids");
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

}  // namespace stoa::api::v0
