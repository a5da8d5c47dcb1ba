#include "api/v0/documents.h"
#include "api/v0/values.h"
#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"

namespace stoa::api::v0 {

using codec::JsonWriter;

namespace {

using Tasks = std::vector<std::shared_ptr<const mesos::v1::Task>>;

void write_tasks(JsonWriter& out, const char* key, const Tasks& tasks) {
  out.key(key).begin_array();
  for (const auto& task : tasks) write_task(out, *task);
  out.end_array();
}

void write_offer(JsonWriter& out, const master::OfferView& offer) {
  out.begin_object().key("id").string(offer.message->id().value());
  out.key("framework_id").string(offer.framework.value);
  out.key("allocation_info").begin_object().key("role").string(offer.role).end_object();
  out.key("slave_id").string(offer.agent.value);
  write_resources(out.key("resources"), offer.resources);
  out.end_object();
}

}  // namespace

model::Resources offered_to(const master::FrameworkView& framework) {
  model::Resources sum;
  for (const auto& offer : framework.offers) sum += offer->resources;
  return sum;
}

model::Resources used_by(const master::FrameworkView& framework) {
  model::Resources sum;
  for (const auto& executor : framework.executors) sum += resources_of(executor.info->resources());
  for (const auto& task : framework.tasks) {
    if (!model::is_terminal(task->state())) sum += resources_of(task->resources());
  }
  return sum;
}

void write_framework_head(JsonWriter& out, const master::FrameworkView& framework, const FrameworkSums& sums) {
  const mesos::v1::FrameworkInfo& info = *framework.info;
  out.key("id").string(framework.id.value).key("name").string(info.name());
  write_resources(out.key("used_resources"), sums.used);
  write_resources(out.key("offered_resources"), sums.offered);
  out.key("capabilities").begin_array();
  for (const auto& capability : info.capabilities()) {
    out.string(mesos::v1::FrameworkInfo::Capability::Type_Name(capability.type()));
  }
  out.end_array();
  out.key("hostname").string(info.hostname()).key("webui_url").string(info.webui_url());
  out.key("active").boolean(framework.active).key("connected").boolean(framework.connected);
  out.key("recovered").boolean(framework.recovered);
}

void write_framework(JsonWriter& out, const master::FrameworkView& framework) {
  const mesos::v1::FrameworkInfo& info = *framework.info;
  FrameworkSums sums{.used = {}, .offered = model::FlatSums(offered_to(framework))};
  // A task's resources are read once: for the task itself and for the framework's sum.
  std::vector<model::FlatSums> resources;
  resources.reserve(framework.tasks.size());
  for (const auto& task : framework.tasks) {
    resources.emplace_back(task->resources());
    if (!model::is_terminal(task->state())) sums.used.add(resources.back());
  }
  for (const auto& executor : framework.executors) sums.used.add(model::FlatSums(executor.info->resources()));
  out.begin_object();
  write_framework_head(out, framework, sums);
  out.key("user").string(info.user()).key("failover_timeout").number(info.failover_timeout());
  out.key("checkpoint").boolean(info.checkpoint());
  out.key("registered_time").number(framework.registered).key("unregistered_time").number(framework.unregistered);
  if (info.has_principal()) out.key("principal").string(info.principal());
  model::FlatSums held = sums.used;
  held.add(sums.offered);
  write_resources(out.key("resources"), held);
  if (framework.reregistered > 0 && framework.reregistered != framework.registered) {
    out.key("reregistered_time").number(framework.reregistered);
  }
  write_roles(out, info);
  out.key("tasks").begin_array();
  for (std::size_t i = 0; i < framework.tasks.size(); ++i) write_task(out, *framework.tasks[i], resources[i]);
  out.end_array();
  write_tasks(out, "unreachable_tasks", framework.unreachable_tasks);
  write_tasks(out, "completed_tasks", framework.completed_tasks);
  out.key("offers").begin_array();
  for (const auto& offer : framework.offers) write_offer(out, *offer);
  out.end_array();
  write_executors(out.key("executors"), framework);
  if (info.has_labels()) write_labels(out.key("labels"), info.labels());
  out.key("offer_constraints");
  if (framework.offer_constraints) {
    out.message(*framework.offer_constraints);
  } else {
    out.begin_object().end_object();
  }
  out.end_object();
}

std::string frameworks(const master::Snapshot& state, const net::Query& query) {
  const auto asked = query.find("framework_id");
  const auto write_list = [&](JsonWriter& out, const auto& list) {
    out.begin_array();
    for (const auto& framework : list) {
      if (asked == query.end() || framework->id.value == asked->second) write_framework(out, *framework);
    }
    out.end_array();
  };
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_list(out.key("frameworks"), state.frameworks);
  write_list(out.key("completed_frameworks"), state.completed_frameworks);
  out.key("unregistered_frameworks").begin_array().end_array();
  out.end_object();
  return text;
}

}  // namespace stoa::api::v0
