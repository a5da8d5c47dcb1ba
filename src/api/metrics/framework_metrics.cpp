#include "api/metrics/metrics.h"
#include "base/text.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/task_state.h"
#include "net/url.h"

namespace stoa::api {
namespace {

using mesos::v1::TaskState;
using Call = mesos::v1::scheduler::Call;
using Event = mesos::v1::scheduler::Event;
using Operation = mesos::v1::Offer::Operation;

using ByType = master::FrameworkCounters::ByType;

// A counter for each value of an enum, and their sum under `key` itself.
void add_types(MetricValues& values, const std::string& key, const ByType& counters, int max, bool (*valid)(int),
               const std::string& (*name)(int)) {
  double sum = 0;
  for (int type = 1; type <= max; ++type) {  // 0 is UNKNOWN in all of them.
    if (!valid(type)) continue;
    const auto counted = static_cast<double>(counters.at(static_cast<std::size_t>(type)));
    values[key + "/" + lower_case(name(type))] = counted;
    sum += counted;
  }
  values[key] = sum;
}

const std::string& call_name(int type) { return Call::Type_Name(static_cast<Call::Type>(type)); }
const std::string& event_name(int type) { return Event::Type_Name(static_cast<Event::Type>(type)); }
const std::string& operation_name(int type) { return Operation::Type_Name(static_cast<Operation::Type>(type)); }

void add_tasks(MetricValues& values, const std::string& prefix, const master::FrameworkView& framework,
               const ByType& ended) {
  std::map<TaskState, double> active;
  for (const auto& task : framework.tasks) ++active[task->state()];
  for (int number = mesos::v1::TaskState_MIN; number <= mesos::v1::TaskState_MAX; ++number) {
    if (!mesos::v1::TaskState_IsValid(number)) continue;
    const auto state = static_cast<TaskState>(number);
    const std::string name = lower_case(mesos::v1::TaskState_Name(state));
    if (model::is_terminal(state)) {
      values[prefix + "tasks/terminal/" + name] = static_cast<double>(ended.at(static_cast<std::size_t>(number)));
    } else {
      values[prefix + "tasks/active/" + name] = active[state];
    }
  }
  values[prefix + "tasks/active/task_unreachable"] = static_cast<double>(framework.unreachable_tasks.size());
}

void add_framework(MetricValues& values, const master::FrameworkView& framework,
                   const master::FrameworkCounters& counters) {
  const std::string prefix =
      "master/frameworks/" + net::percent_encode(framework.info->name()) + "/" + framework.id.value + "/";
  values[prefix + "subscribed"] = framework.connected ? 1 : 0;
  add_types(values, prefix + "calls", counters.calls, Call::Type_MAX, Call::Type_IsValid, call_name);
  add_types(values, prefix + "events", counters.events, Event::Type_MAX, Event::Type_IsValid, event_name);
  add_types(values, prefix + "operations", counters.operations, Operation::Type_MAX, Operation::Type_IsValid,
            operation_name);
  add_tasks(values, prefix, framework, counters.tasks_terminal);
  values[prefix + "offers/sent"] = static_cast<double>(counters.offers_sent);
  values[prefix + "offers/accepted"] = static_cast<double>(counters.offers_accepted);
  values[prefix + "offers/declined"] = static_cast<double>(counters.offers_declined);
  values[prefix + "offers/rescinded"] = static_cast<double>(counters.offers_rescinded);
  for (const std::string& role : framework.roles) values[prefix + "roles/" + role + "/suppressed"] = 0;
  for (const std::string& role : framework.suppressed) values[prefix + "roles/" + role + "/suppressed"] = 1;
}

}  // namespace

void add_framework_metrics(MetricValues& values, const master::Snapshot& state) {
  std::size_t index = 0;
  for (const auto* list : {&state.frameworks, &state.completed_frameworks}) {
    for (const auto& framework : *list) {
      if (index == state.framework_counters.size()) return;
      add_framework(values, *framework, state.framework_counters[index++]);
    }
  }
}

}  // namespace stoa::api
