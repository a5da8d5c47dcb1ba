#include <gtest/gtest.h>

#include "api/metrics/metrics.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::api {
namespace {

using Call = mesos::v1::scheduler::Call;

std::shared_ptr<const master::FrameworkView> framework(const std::string& name, const std::string& id) {
  auto view = std::make_shared<master::FrameworkView>();
  auto info = std::make_shared<mesos::v1::FrameworkInfo>();
  info->set_name(name);
  view->id = FrameworkId(id);
  view->info = info;
  view->connected = true;
  view->roles = {"eng", "ops/web"};
  view->suppressed = {"ops/web"};
  auto task = std::make_shared<mesos::v1::Task>();
  task->set_state(mesos::v1::TASK_RUNNING);
  view->tasks = {task, task};
  return view;
}

// SCH-266 SCH-267 V0-139
TEST(FrameworkMetrics, AreThereForAllTypesFromTheStart) {
  master::Snapshot state;
  state.frameworks = {framework("a b/c", "M-0000")};
  state.framework_counters.resize(1);
  master::FrameworkCounters& counters = state.framework_counters[0];
  master::count(counters.calls, Call::ACCEPT);
  master::count(counters.calls, Call::ACCEPT);
  master::count(counters.calls, Call::SUBSCRIBE);
  master::count(counters.operations, mesos::v1::Offer::Operation::LAUNCH_GROUP);
  master::count(counters.tasks_terminal, mesos::v1::TASK_FAILED);
  counters.offers_sent = 7;
  MetricValues values;
  add_framework_metrics(values, state);
  const std::string prefix = "master/frameworks/a%20b%2Fc/M-0000/";
  const std::pair<const char*, double> expected[] = {
      {"subscribed", 1},
      {"calls", 3},
      {"calls/accept", 2},
      {"calls/subscribe", 1},
      {"calls/acknowledge_operation_status", 0},
      {"events", 0},
      {"events/update_operation_status", 0},
      {"operations", 1},
      {"operations/launch_group", 1},
      {"operations/reserve", 0},
      {"tasks/active/task_running", 2},
      {"tasks/active/task_staging", 0},
      {"tasks/terminal/task_failed", 1},
      {"tasks/terminal/task_gone_by_operator", 0},
      {"offers/sent", 7},
      {"offers/accepted", 0},
      {"offers/declined", 0},
      {"offers/rescinded", 0},
      {"roles/eng/suppressed", 0},
      {"roles/ops/web/suppressed", 1},
  };
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(values.contains(prefix + name)) << name;
    EXPECT_EQ(values.at(prefix + name), value) << name;
  }
}

// SCH-267
TEST(FrameworkMetrics, StayWhileTheFrameworkIsListedAsCompletedAndMayBeOff) {
  master::Snapshot state;
  state.completed_frameworks = {framework("old", "M-0001")};
  state.framework_counters.resize(1);
  MetricValues values;
  add_framework_metrics(values, state);
  EXPECT_TRUE(values.contains("master/frameworks/old/M-0001/calls"));
  state.framework_counters.clear();
  values.clear();
  add_framework_metrics(values, state);
  EXPECT_TRUE(values.empty());
}

}  // namespace
}  // namespace stoa::api
