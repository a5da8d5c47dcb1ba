// A master's state of any size for benchmarks. A task is of the usual size: four resources, two updates with addresses,
// labels.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>

#include "master/snapshot.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::bench {

struct ClusterSize {
  int agents = 0;
  int tasks = 0;
  int frameworks = 10;
};

inline void add_scalar(google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources, const char* name,
                       double value) {
  auto& resource = *resources.Add();
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
}

inline void add_ports(google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources, std::uint64_t begin,
                      std::uint64_t end) {
  auto& resource = *resources.Add();
  resource.set_name("ports");
  resource.set_type(mesos::v1::Value::RANGES);
  auto& range = *resource.mutable_ranges()->add_range();
  range.set_begin(begin);
  range.set_end(end);
}

inline void add_status(mesos::v1::Task& task, mesos::v1::TaskState state, int i) {
  auto& status = *task.add_statuses();
  *status.mutable_task_id() = task.task_id();
  status.set_state(state);
  status.set_timestamp(1'700'000'000.123456 + i * 0.731);
  auto& container = *status.mutable_container_status();
  container.mutable_container_id()->set_value(fmt::format("6c9d1f3e-51a9-4f0b-9a51-{:012}", i));
  container.add_network_infos()->add_ip_addresses()->set_ip_address(fmt::format("10.0.{}.{}", i / 250 % 250, i % 250));
}

inline std::shared_ptr<const mesos::v1::Task> make_task(int i, const ClusterSize& size) {
  auto task = std::make_shared<mesos::v1::Task>();
  task->set_name("web-frontend");
  task->mutable_task_id()->set_value(fmt::format("web-frontend.instance-{:08}._app.1", i));
  task->mutable_framework_id()->set_value(
      fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-{:04}", i % size.frameworks));
  task->mutable_agent_id()->set_value(fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-S{}", i % size.agents));
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

inline master::Snapshot make_state(const ClusterSize& size) {
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
  for (int i = 0; i < size.agents; ++i) {
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
  for (int f = 0; f < size.frameworks; ++f) {
    auto framework = std::make_shared<master::FrameworkView>();
    auto framework_info = std::make_shared<mesos::v1::FrameworkInfo>();
    framework_info->set_user("svc");
    framework_info->set_name("services");
    framework->id = FrameworkId(fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-{:04}", f));
    framework->info = framework_info;
    for (int i = f; i < size.tasks; i += size.frameworks) framework->tasks.push_back(make_task(i, size));
    state.frameworks.push_back(framework);
  }
  return state;
}

}  // namespace stoa::bench
