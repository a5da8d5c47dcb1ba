// What an agent tells about the use of its containers: one command task, and a pod with a task in it.
#include "api/statistics.h"

#include "api/testing.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Statistics : public ::testing::Test {
 protected:
  Statistics() : reading_(agent_, context()), router_(testing::router("/slave(1)")) {
    agent_.state.info = std::make_shared<const mesos::v1::AgentInfo>();
    agent_.state.recovered = true;
    mesos::v1::FrameworkInfo info;
    info.mutable_id()->set_value("F");
    agent_.state.frameworks.emplace_back().info = std::make_shared<const mesos::v1::FrameworkInfo>(info);
    agent_.state.frameworks[0].executors = {executor("t1", "C", "C"), executor("pod", "P", "P.1")};
    meter_.usage.time = 1700;
    meter_.usage.containers = {{ContainerId("C"), used(1)}, {ContainerId("P"), used(3)}, {ContainerId("P.1"), used(2)}};
    add_agent_routes(router_, [this]() -> AgentReading& { return reading_; });
  }
  ReadingContext context() {
    ReadingContext context = testing::context(loop_);
    context.meter = &meter_;
    context.work_dir = "/w";
    return context;
  }
  static ports::ContainerUsage used(unsigned count) {
    return {.processes = count,
            .threads = 2 * count,
            .user_seconds = 1.5 * count,
            .system_seconds = 0.5 * count,
            .memory_bytes = 4096 * count};
  }
  // With 0.1 cpus and 32 MB of its own, and one task of a cpu, 64 MB and 10 MB of disk.
  static std::shared_ptr<const agent::ExecutorRecord> executor(const char* id, const char* container,
                                                               const char* task_container) {
    auto task = std::make_shared<agent::TaskRecord>();
    mesos::v1::TaskInfo task_info;
    testing::add_scalar(*task_info.mutable_resources(), "cpus", 1);
    testing::add_scalar(*task_info.mutable_resources(), "mem", 64);
    testing::add_scalar(*task_info.mutable_resources(), "disk", 10);
    mesos::v1::Task shown = testing::task(std::string("task-") + id, mesos::v1::TASK_RUNNING);
    *shown.mutable_resources() = task_info.resources();
    task->info = std::make_shared<const mesos::v1::TaskInfo>(task_info);
    task->task = testing::shared(shown);
    task->stage = agent::TaskStage::launched;
    task->container = ContainerId(task_container);
    auto record = std::make_shared<agent::ExecutorRecord>();
    mesos::v1::ExecutorInfo info;
    info.mutable_executor_id()->set_value(id);
    info.set_name("Executor");
    info.set_source("src");
    testing::add_scalar(*info.mutable_resources(), "cpus", 0.125);
    testing::add_scalar(*info.mutable_resources(), "mem", 32);
    record->info = std::make_shared<const mesos::v1::ExecutorInfo>(info);
    record->container = ContainerId(container);
    record->directory = std::string("/w/runs/") + container;
    record->pid = 42;
    record->tasks = {task};
    return record;
  }
  std::string get(const std::string& target) {
    const http::Response response = testing::ask(router_, "GET", target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return response.body;
  }
  std::string containers(const char* more) {
    return testing::ask(router_, "POST", "/api/v1", {{"Content-Type", "application/json"}},
                        R"({"type":"GET_CONTAINERS","get_containers":{)" + std::string(more) + "}}")
        .body;
  }

  net::Loop loop_{1};
  testing::FakeMeter meter_;
  testing::FakeAgent agent_;
  AgentReading reading_;
  http::Router router_;
};

// AGT-145 V0-105 V0-111 V0-003
TEST_F(Statistics, EachExecutorIsListedWithWhatItUsesAndWhatItAskedFor) {
  const std::string text = get("/monitor/statistics");
  EXPECT_THAT(text, HasSubstr(R"([{"framework_id":"F","executor_id":"t1","executor_name":"Executor","source":"src",)"
                              R"("statistics":{"timestamp":1700.0,)"));
  for (const char* part :
       {R"("processes":1)", R"("threads":2)", R"("cpus_user_time_secs":1.5)", R"("cpus_system_time_secs":0.5)",
        R"("cpus_soft_limit":1.125)", R"("mem_limit_bytes":100663296)", R"("mem_soft_limit_bytes":100663296)",
        R"("mem_rss_bytes":4096)", R"("mem_total_bytes":4096)", R"("disk_limit_bytes":10485760)"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("cpus_limit")));
  EXPECT_THAT(text, Not(HasSubstr("disk_used_bytes")));  // Not known yet.
  EXPECT_EQ(get("/monitor/statistics.json"), text);
  EXPECT_EQ(get("/slave(1)/monitor/statistics.json"), text);
}

// AGT-146 V0-105 V0-108
TEST_F(Statistics, WhatCouldNotBeMeasuredHoldsUpNobody) {
  meter_.usage.containers.erase(ContainerId("C"));
  EXPECT_THAT(get("/monitor/statistics"), ::testing::AllOf(Not(HasSubstr("t1")), HasSubstr(R"("executor_id":"pod")")));
  EXPECT_THAT(get("/containers?container_id=C"),
              ::testing::AllOf(HasSubstr(R"("container_id":"C","status":{)"), Not(HasSubstr("statistics"))));
  meter_.usage = {};
  EXPECT_EQ(get("/monitor/statistics"), "[]");
}

// AGT-148 V0-108
TEST_F(Statistics, ContainersShowStatusAndStatisticsAndCanBeChosen) {
  EXPECT_THAT(
      get("/containers?container_id=C"),
      HasSubstr(R"("container_id":"C","status":{"container_id":{"value":"C"},"executor_pid":42},"statistics":{)"));
  EXPECT_THAT(get("/containers?framework_id=F"), ::testing::AllOf(HasSubstr("t1"), HasSubstr("pod")));
  EXPECT_THAT(get("/containers?framework_id=F&executor_id=pod"),
              ::testing::AllOf(Not(HasSubstr("t1")), HasSubstr("pod")));
  EXPECT_EQ(get("/containers?framework_id=G"), "[]");
  EXPECT_EQ(testing::ask(router_, "GET", "/containers?executor_id=pod").status, 400);
}

// AGT-149 AGT-205
TEST_F(Statistics, NestedContainersAreMeasuredOneByOneAndInTheirExecutor) {
  const std::string roots = containers("");
  EXPECT_THAT(roots, ::testing::AllOf(HasSubstr(R"("processes":3)"), Not(HasSubstr(R"("processes":2)"))));
  const std::string all = containers(R"("show_nested":true)");
  EXPECT_THAT(all, ::testing::AllOf(HasSubstr(R"("processes":3)"), HasSubstr(R"("processes":2)"),
                                    HasSubstr(R"("cpus_soft_limit":1.0)")));
}

// AGT-151
TEST_F(Statistics, DiskIsShownForTheSandboxAndForEachVolume) {
  auto with_volume = std::make_shared<agent::ExecutorRecord>(*agent_.state.frameworks[0].executors[0]);
  mesos::v1::Task task = *with_volume->tasks[0]->task;
  testing::add_scalar(*task.mutable_resources(), "disk", 64, "db");
  auto& volume = *task.mutable_resources(task.resources_size() - 1);
  auto& reservation = *volume.add_reservations();
  reservation.set_type(mesos::v1::Resource::ReservationInfo::DYNAMIC);
  reservation.set_role("db");
  volume.clear_role();
  volume.mutable_disk()->mutable_persistence()->set_id("v1");
  volume.mutable_disk()->mutable_volume()->set_container_path("data");
  volume.mutable_disk()->mutable_volume()->set_mode(mesos::v1::Volume::RW);
  auto record = std::make_shared<agent::TaskRecord>(*with_volume->tasks[0]);
  record->task = testing::shared(task);
  with_volume->tasks = {record};
  agent_.state.frameworks[0].executors = {with_volume};
  meter_.sizes = {{"/w/runs/C", 5000}, {"/w/volumes/roles/db/v1", 7000}};
  const std::string text = get("/monitor/statistics");
  EXPECT_EQ(meter_.asked, (std::vector<std::string>{"/w/runs/C", "/w/volumes/roles/db/v1"}));
  EXPECT_THAT(text, HasSubstr(R"("disk_used_bytes":5000)"));
  EXPECT_THAT(text, HasSubstr(R"("disk_statistics":[{"limit_bytes":10485760,"used_bytes":5000},)"
                              R"({"persistence":{"id":"v1"},"limit_bytes":67108864,"used_bytes":7000}])"));
}

}  // namespace
}  // namespace stoa::api
