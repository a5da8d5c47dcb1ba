// How long the state documents of 1,000 agents and 20,000 tasks take to render, on one core. A task is of the usual
// size: four resources, two updates with addresses, labels.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "api/operator/master_calls.h"
#include "api/v0/documents.h"
#include "mesos/v1/master/master.pb.h"

namespace {

using namespace stoa;  // NOLINT: a program of one file.

constexpr int agents_count = 1'000;
constexpr int tasks_count = 20'000;
constexpr int frameworks_count = 10;

void add_scalar(google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources, const char* name, double value) {
  auto& resource = *resources.Add();
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
}

void add_ports(google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources, std::uint64_t begin,
               std::uint64_t end) {
  auto& resource = *resources.Add();
  resource.set_name("ports");
  resource.set_type(mesos::v1::Value::RANGES);
  auto& range = *resource.mutable_ranges()->add_range();
  range.set_begin(begin);
  range.set_end(end);
}

void add_status(mesos::v1::Task& task, mesos::v1::TaskState state, int i) {
  auto& status = *task.add_statuses();
  *status.mutable_task_id() = task.task_id();
  status.set_state(state);
  status.set_timestamp(1'700'000'000.123456 + i * 0.731);
  auto& container = *status.mutable_container_status();
  container.mutable_container_id()->set_value(fmt::format("6c9d1f3e-51a9-4f0b-9a51-{:012}", i));
  container.add_network_infos()->add_ip_addresses()->set_ip_address(fmt::format("10.0.{}.{}", i / 250 % 250, i % 250));
}

std::shared_ptr<const mesos::v1::Task> make_task(int i) {
  auto task = std::make_shared<mesos::v1::Task>();
  task->set_name("web-frontend");
  task->mutable_task_id()->set_value(fmt::format("web-frontend.instance-{:08}._app.1", i));
  task->mutable_framework_id()->set_value(fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-{:04}", i % 10));
  task->mutable_agent_id()->set_value(fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-S{}", i % agents_count));
  task->set_state(mesos::v1::TASK_RUNNING);
  add_scalar(*task->mutable_resources(), "cpus", 0.1 * (i % 30 + 1));
  add_scalar(*task->mutable_resources(), "mem", 128.0 * (i % 16 + 1));
  add_scalar(*task->mutable_resources(), "disk", 1024.5);
  add_ports(*task->mutable_resources(), 31000 + static_cast<std::uint64_t>(i % 1000),
            31001 + static_cast<std::uint64_t>(i % 1000));
  for (auto& resource : *task->mutable_resources()) resource.mutable_allocation_info()->set_role("services/web");
  add_status(*task, mesos::v1::TASK_STARTING, i);
  add_status(*task, mesos::v1::TASK_RUNNING, i);
  for (const char* key : {"team", "commit", "note"}) {
    auto& label = *task->mutable_labels()->add_labels();
    label.set_key(key);
    label.set_value("3f786850e387550fdab836ed7e6dc881de23001b");
  }
  return task;
}

master::Snapshot make_state() {
  master::Snapshot state;
  auto info = std::make_shared<mesos::v1::MasterInfo>();
  info->set_id("5f1a2b3c-1111-4222-8333-abcdefabcdef");
  info->set_ip(0);
  info->set_pid("master@10.0.0.1:5050");
  state.info = info;
  google::protobuf::RepeatedPtrField<mesos::v1::Resource> total;
  add_scalar(total, "cpus", 64);
  add_scalar(total, "mem", 256'000);
  add_scalar(total, "disk", 1'000'000);
  add_ports(total, 31000, 32000);
  for (int i = 0; i < agents_count; ++i) {
    auto agent = std::make_shared<master::AgentView>();
    auto agent_info = std::make_shared<mesos::v1::AgentInfo>();
    agent_info->set_hostname(fmt::format("agent-{}.example", i));
    agent->id = AgentId(fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-S{}", i));
    agent->info = agent_info;
    agent->active = true;
    agent->addresses = {fmt::format("10.1.{}.{}", i / 250, i % 250)};
    agent->total = model::Resources::from_messages(total).value();
    agent->allocated = agent->total;
    state.agents.push_back(agent);
  }
  for (int f = 0; f < frameworks_count; ++f) {
    auto framework = std::make_shared<master::FrameworkView>();
    auto framework_info = std::make_shared<mesos::v1::FrameworkInfo>();
    framework_info->set_user("svc");
    framework_info->set_name("services");
    framework->id = FrameworkId(fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-{:04}", f));
    framework->info = framework_info;
    for (int i = f; i < tasks_count; i += frameworks_count) framework->tasks.push_back(make_task(i));
    state.frameworks.push_back(framework);
  }
  return state;
}

const master::Snapshot& state() {
  static const master::Snapshot& made = *new master::Snapshot(make_state());
  return made;
}

void render_v0_state(benchmark::State& run) {
  const api::ReadingContext context;
  std::size_t bytes = 0;
  state();
  for (auto _ : run) bytes = api::v0::master_state(state(), context).size();
  run.SetBytesProcessed(static_cast<std::int64_t>(bytes) * run.iterations());
  run.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(render_v0_state)->Unit(benchmark::kMillisecond);

void render_summary(benchmark::State& run) {
  const api::ReadingContext context;
  state();
  for (auto _ : run) benchmark::DoNotOptimize(api::v0::state_summary(state(), context).size());
}
BENCHMARK(render_summary)->Unit(benchmark::kMillisecond);

void render_get_state(benchmark::State& run, codec::MediaType encoding) {
  const api::ReadingContext context;
  const mesos::v1::master::Call call;
  std::size_t bytes = 0;
  state();
  for (auto _ : run) {
    bytes = api::get_state({.call = call, .encoding = encoding, .context = context}, state()).body.size();
  }
  run.SetBytesProcessed(static_cast<std::int64_t>(bytes) * run.iterations());
  run.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(render_get_state, json, codec::MediaType::json)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(render_get_state, protobuf, codec::MediaType::protobuf)->Unit(benchmark::kMillisecond);

}  // namespace
