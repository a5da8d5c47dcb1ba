#include <array>

#include "api/metrics/metrics.h"
#include "api/metrics/resource_metrics.h"
#include "api/role_sums.h"
#include "base/text.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::TaskState;

// There from the start though nothing feeds them yet (V0-157).
constexpr std::array unfed{
    "master/event_queue_messages",
    "master/event_queue_dispatches",
    "master/event_queue_http_requests",
    "master/operator_event_stream_subscribers",
    "registrar/queued_operations",
    "registrar/registry_size_bytes",
    "registrar/log/ensemble_size",
    "allocator/mesos/allocation_runs",
    "allocator/mesos/event_queue_dispatches",
    "allocator/event_queue_dispatches",
};

void add_agents(MetricValues& values, const master::Snapshot& state) {
  double connected = 0;
  double active = 0;
  ResourceUse use;
  std::map<std::string, double> promised{{"cpus", 0}, {"mem", 0}, {"disk", 0}};
  for (const auto& agent : state.agents) {
    connected += agent->connected ? 1 : 0;
    active += agent->active ? 1 : 0;
    use.total.add(agent->total);
    use.used.add(agent->allocated);
    for (auto& [name, sum] : promised) {
      sum += (agent->allocated.scalar(name) + agent->offered.scalar(name)).to_double();
    }
  }
  const auto count = static_cast<double>(state.agents.size());
  values["master/slaves_connected"] = connected;
  values["master/slaves_disconnected"] = count - connected;
  values["master/slaves_active"] = active;
  values["master/slaves_inactive"] = count - active;
  values["master/slaves_unreachable"] = static_cast<double>(state.unreachable_agents);
  add_resource_metrics(values, "master/", use);
  for (const auto& [name, sum] : promised) {
    values["allocator/mesos/resources/" + name + "/offered_or_allocated"] = sum;
    const auto total = use.total.regular.find(name);
    values["allocator/mesos/resources/" + name + "/total"] =
        total == use.total.regular.end() ? 0 : static_cast<double>(total->second) / 1000.0;
  }
}

void add_frameworks(MetricValues& values, const master::Snapshot& state) {
  double connected = 0;
  double active = 0;
  double offers = 0;
  std::map<TaskState, double> tasks;
  for (const auto& framework : state.frameworks) {
    connected += framework->connected ? 1 : 0;
    active += framework->active ? 1 : 0;
    offers += static_cast<double>(framework->offers.size());
    for (const auto& task : framework->tasks) ++tasks[task->state()];
    tasks[mesos::v1::TASK_UNREACHABLE] += static_cast<double>(framework->unreachable_tasks.size());
  }
  const auto count = static_cast<double>(state.frameworks.size());
  values["master/frameworks_connected"] = connected;
  values["master/frameworks_disconnected"] = count - connected;
  values["master/frameworks_active"] = active;
  values["master/frameworks_inactive"] = count - active;
  values["master/outstanding_offers"] = offers;
  values["master/tasks_staging"] = tasks[mesos::v1::TASK_STAGING];
  values["master/tasks_starting"] = tasks[mesos::v1::TASK_STARTING];
  values["master/tasks_running"] = tasks[mesos::v1::TASK_RUNNING];
  values["master/tasks_killing"] = tasks[mesos::v1::TASK_KILLING];
  values["master/tasks_unreachable"] = tasks[mesos::v1::TASK_UNREACHABLE];
}

// The gauges are of operations now; what ended is the core's count (V0-138).
void add_operations(MetricValues& values, const master::Snapshot& state) {
  using Operation = mesos::v1::Offer::Operation;
  const auto names = [](int type) {
    std::string prefix = "master/operations/";
    if (type != Operation::UNKNOWN) {
      prefix += lower_case(Operation::Type_Name(static_cast<Operation::Type>(type))) + "/";
    }
    return prefix;
  };
  for (int type = Operation::Type_MIN; type <= Operation::Type_MAX; ++type) {
    if (!Operation::Type_IsValid(type) || type == Operation::LAUNCH || type == Operation::LAUNCH_GROUP) continue;
    for (const char* name : {"total", "pending", "recovering", "unreachable", "finished", "failed", "error", "dropped",
                             "gone_by_operator"}) {
      values[names(type) + name] = 0;
    }
  }
  for (const auto& agent : state.agents) {
    for (const auto& operation : agent->operations) {
      for (const int type : {static_cast<int>(Operation::UNKNOWN), static_cast<int>(operation->info().type())}) {
        ++values[names(type) + "total"];
        if (operation->latest_status().state() == mesos::v1::OPERATION_PENDING) ++values[names(type) + "pending"];
      }
    }
  }
}

// Of roles that are known; what quotas name, and what counts for them (V0-143).
void add_roles(MetricValues& values, const master::Snapshot& state, const ReadingContext& context) {
  for (const master::RoleGauges& role : state.roles) {
    values["allocator/mesos/roles/" + role.role + "/shares/dominant"] = role.share;
    values["allocator/mesos/offer_filters/roles/" + role.role + "/active"] = static_cast<double>(role.filters);
  }
  for (const auto& [name, role] : role_sums(state, context)) {
    const std::string prefix = "allocator/mesos/quota/roles/" + name + "/resources/";
    const model::Quantities promised = role.allocated + role.offered;
    const auto add_of_quota = [&](const std::string& resource, const char* key, const model::Scalar& amount) {
      values[prefix + resource + key] = amount.to_double();
      values[prefix + resource + "/consumed"] = role.consumed.get(resource).to_double();
      values[prefix + resource + "/offered_or_allocated"] = promised.get(resource).to_double();
    };
    for (const auto& [resource, amount] : role.quota.guarantees) add_of_quota(resource.text(), "/guarantee", amount);
    for (const auto& [resource, amount] : role.quota.limits) add_of_quota(resource.text(), "/limit", amount);
    for (const auto& [resource, amount] : role.consumed)
      values[prefix + resource.text() + "/consumed"] = amount.to_double();
  }
}

}  // namespace

MetricValues master_metrics(const master::Snapshot& state, const ReadingContext& context, WallSeconds now,
                            std::uint64_t shared_reads) {
  MetricValues values;
  for (const char* name : unfed) values[name] = 0;
  values["registrar/log/recovered"] = 1;
  values["master/uptime_secs"] = now - context.start_time;
  values["master/elected"] = context.elected() ? 1 : 0;
  values["master/http_cache_hits"] = static_cast<double>(shared_reads);
  add_agents(values, state);
  add_frameworks(values, state);
  add_operations(values, state);
  add_roles(values, state, context);
  add_framework_metrics(values, state);
  add_system_metrics(values);
  // What the core counts itself is the truth.
  for (const auto& [name, value] : state.metrics) values[name] = value;
  return values;
}

}  // namespace stoa::api
