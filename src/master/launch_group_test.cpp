// LAUNCH_GROUP: all tasks of a group, or none and one reason for all.
#include <gtest/gtest.h>

#include <functional>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::ContainerInfo;
using mesos::v1::ExecutorInfo;
using mesos::v1::HealthCheck;
using mesos::v1::TaskInfo;
using mesos::v1::TaskStatus;
using OperationInfo = mesos::v1::Offer_Operation;
using LaunchGroup = OperationInfo::LaunchGroup;

OfferId id_of(const mesos::v1::Offer& offer) { return OfferId(offer.id().value()); }

void put(google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages, std::string_view text) {
  messages.Clear();
  model::testing::resources(text).to_messages(model::WireForm::new_form, messages);
}

// Tasks a and b, each cpus:1;mem:64, on the default executor `e` with cpus:0.1;mem:32;disk:10.
OperationInfo group(const AgentId& agent) {
  OperationInfo operation;
  operation.set_type(OperationInfo::LAUNCH_GROUP);
  ExecutorInfo& executor = *operation.mutable_launch_group()->mutable_executor();
  executor.set_type(ExecutorInfo::DEFAULT);
  executor.mutable_executor_id()->set_value("e");
  put(*executor.mutable_resources(), "cpus:0.1;mem:32;disk:10");
  for (const char* id : {"a", "b"}) {
    *operation.mutable_launch_group()->mutable_task_group()->add_tasks() = test_task(id, agent);
  }
  return operation;
}

struct Groups : testing::Test {
  Groups()
      : agent(bench.add_agent("cpus:4;mem:1024;disk:1000;ports:[1-100]")),
        scheduler(bench.subscribe(test_framework())) {
    bench.round();
    scheduler.told();
    agent.told();
  }
  OfferId offer() const { return id_of(scheduler.offer(agent.id)); }
  std::string allocated() const { return bench.snapshot().agents[0]->allocated.without_allocation_role().to_text(); }
  Result<> launch(const OperationInfo& operation) { return bench.operate(scheduler, {offer()}, {operation}, 0); }

  // The text with which the whole group is refused; empty if it runs.
  std::string refusal_of(const std::function<void(LaunchGroup&)>& change) {
    OperationInfo operation = group(agent.id);
    change(*operation.mutable_launch_group());
    const std::string before = allocated();
    bench.round();
    agent.told();
    scheduler.told();
    EXPECT_TRUE(launch(operation));
    if (!agent.told().empty()) return "";
    EXPECT_EQ(allocated(), before);
    std::set<std::string> texts;
    Lines expected;
    for (const TaskInfo& task : operation.launch_group().task_group().tasks()) {
      expected.push_back("UPDATE " + task.task_id().value() + " TASK_ERROR");
    }
    for (auto event = scheduler.events.end() - static_cast<std::ptrdiff_t>(expected.size());
         event != scheduler.events.end(); ++event) {
      const TaskStatus& status = (*event)->update().status();
      texts.insert(status.message());
      EXPECT_EQ(status.reason(), TaskStatus::REASON_TASK_GROUP_INVALID);
      EXPECT_FALSE(status.has_uuid());
    }
    EXPECT_EQ(scheduler.told(), expected);
    EXPECT_EQ(texts.size(), 1U);
    return *texts.begin();
  }
  static TaskInfo& task(LaunchGroup& group, int index) { return *group.mutable_task_group()->mutable_tasks(index); }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
};

// SCH-159 SCH-161 SCH-163 SCH-165 SCH-154
TEST_F(Groups, RunAsOneWithTheirExecutor) {
  ASSERT_TRUE(launch(group(agent.id)));
  EXPECT_EQ(agent.told(), Lines{"run group on e"});
  const link::RunGroup& run = agent.last().run_group();
  EXPECT_TRUE(run.expects_new_executor());
  EXPECT_EQ(run.framework_info().id().value(), scheduler.id.value);
  EXPECT_EQ(run.executor_info().framework_id().value(), scheduler.id.value);
  ASSERT_EQ(run.task_group().tasks_size(), 2);
  for (const TaskInfo& task : run.task_group().tasks()) {
    EXPECT_EQ(task.executor().executor_id().value(), "e");
    EXPECT_EQ(task.resources(0).allocation_info().role(), "eng");
    EXPECT_EQ(bench.task(scheduler.id, task.task_id().value())->state(), mesos::v1::TASK_STAGING);
    EXPECT_EQ(bench.task(scheduler.id, task.task_id().value())->executor_id().value(), "e");
  }
  EXPECT_EQ(allocated(), "cpus:2.1; mem:160; disk:10");
}

// SCH-153 SCH-162
TEST_F(Groups, ASecondGroupJoinsTheExecutor) {
  ASSERT_TRUE(launch(group(agent.id)));
  const std::string text = refusal_of([](LaunchGroup& group) {
    task(group, 0).mutable_task_id()->set_value("c");
    task(group, 1).mutable_task_id()->set_value("d");
    put(*task(group, 0).mutable_resources(), "cpus:0.5");
    put(*task(group, 1).mutable_resources(), "cpus:0.5");
  });
  EXPECT_EQ(text, "");
  EXPECT_FALSE(agent.last().run_group().expects_new_executor());
  EXPECT_EQ(allocated(), "cpus:3.1; mem:160; disk:10");
}

// SCH-160
TEST_F(Groups, EachTaskPassesTheRulesForTasks) {
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { task(group, 1).mutable_task_id()->set_value("x/y"); }),
            "Task 'x/y' is invalid: 'x/y' contains invalid characters");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { task(group, 1).mutable_agent_id()->set_value("other"); }),
            "Task 'b' is invalid: Task uses invalid agent other while agent M-S0 is expected");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { task(group, 0).clear_resources(); }),
            "Task 'a' is invalid: Task uses no resources");
}

// SCH-141
TEST_F(Groups, TheTypeOfAHealthCheckIsNotInferred) {
  EXPECT_EQ(refusal_of([](LaunchGroup& group) {
              task(group, 0).mutable_health_check()->mutable_command()->set_value("true");
            }),
            "Task 'a' is invalid: Task uses invalid health check: HealthCheck must specify 'type'");
}

// SCH-145
TEST_F(Groups, LimitsNeedCgroupsOfTheirOwn) {
  const auto limited = [](LaunchGroup& group, bool shared) {
    for (int i = 0; i < 2; ++i) {
      (*task(group, i).mutable_limits())["cpus"].set_value(2);
      ContainerInfo& container = *task(group, i).mutable_container();
      container.set_type(ContainerInfo::MESOS);
      container.mutable_linux_info()->set_share_cgroups(shared);
    }
  };
  EXPECT_TRUE(refusal_of([&](LaunchGroup& group) { limited(group, true); }).starts_with("Task 'a' is invalid: "));
  EXPECT_EQ(refusal_of([&](LaunchGroup& group) { limited(group, false); }), "");
}

// SCH-161
TEST_F(Groups, TheExecutorHasATypeAndNothingOfItIsDocker) {
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { group.mutable_executor()->clear_type(); }),
            "'ExecutorInfo.type' must be set");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { group.mutable_executor()->set_type(ExecutorInfo::UNKNOWN); }),
            "Unknown executor type");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) {
              ExecutorInfo& executor = *group.mutable_executor();
              executor.set_type(ExecutorInfo::CUSTOM);
              executor.mutable_command()->set_value("x");
              executor.mutable_container()->set_type(ContainerInfo::DOCKER);
              executor.mutable_container()->mutable_docker()->set_image("i");
            }),
            "Docker ContainerInfo is not supported on the executor");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) {
              task(group, 1).mutable_container()->set_type(ContainerInfo::DOCKER);
              task(group, 1).mutable_container()->mutable_docker()->set_image("i");
            }),
            "Task 'b' is invalid: Docker ContainerInfo is not supported on the task");
}

// SCH-161
TEST_F(Groups, AnExecutorOfATaskIsThatOfTheGroup) {
  EXPECT_EQ(refusal_of([](LaunchGroup& group) {
              *task(group, 1).mutable_executor() = group.executor();
              task(group, 1).mutable_executor()->set_name("other");
            }),
            "The `ExecutorInfo` of task 'b' is different from executor 'e'");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { *task(group, 1).mutable_executor() = group.executor(); }), "");
}

// SCH-156
TEST_F(Groups, ADefaultExecutorHasNoCommandAndNoImage) {
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { group.mutable_executor()->mutable_command()->set_value("x"); }),
            "'ExecutorInfo.command' must not be set for 'DEFAULT' executor");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) {
              group.mutable_executor()->mutable_container()->set_type(ContainerInfo::MESOS);
              group.mutable_executor()->mutable_container()->mutable_mesos()->mutable_image()->set_type(
                  mesos::v1::Image::DOCKER);
            }),
            "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor");
  EXPECT_EQ(refusal_of([](LaunchGroup& group) {
              group.mutable_executor()->mutable_container()->set_type(ContainerInfo::DOCKER);
              group.mutable_executor()->mutable_container()->mutable_docker()->set_image("i");
            }),
            "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor");
}

// SCH-162 SCH-158
TEST_F(Groups, TheExecutorNeedsTheLeastOfEverything) {
  const auto with = [this](const char* resources) {
    return refusal_of([&](LaunchGroup& group) { put(*group.mutable_executor()->mutable_resources(), resources); });
  };
  EXPECT_EQ(with("mem:32;disk:10"), "Executor 'e' uses less CPUs (None) than the minimum required (0.01)");
  EXPECT_EQ(with("cpus:0.009;mem:32;disk:10"), "Executor 'e' uses less CPUs (0.009) than the minimum required (0.01)");
  EXPECT_EQ(with("cpus:0.01;mem:31;disk:10"), "Executor 'e' uses less memory (31) than the minimum required (32MB)");
  EXPECT_EQ(with("cpus:0.01;mem:32"), "Executor 'e' uses no disk");
  EXPECT_EQ(with("cpus:0.01;mem:32;disk:1"), "");
}

// SCH-162
TEST_F(Groups, AlsoWhenItAlreadyRuns) {
  ASSERT_TRUE(launch(group(agent.id)));
  EXPECT_EQ(refusal_of([](LaunchGroup& group) {
              task(group, 0).mutable_task_id()->set_value("c");
              task(group, 1).mutable_task_id()->set_value("d");
              put(*group.mutable_executor()->mutable_resources(), "cpus:0.1;mem:32");
            }),
            "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID");
}

// SCH-163
TEST_F(Groups, AForeignFrameworkIdIsRefused) {
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { group.mutable_executor()->mutable_framework_id()->set_value("x"); }),
            "ExecutorInfo has an invalid FrameworkID (Actual: x vs Expected: " + scheduler.id.value + ")");
}

// SCH-164
TEST_F(Groups, ATaskWithNetworksOfItsOwnHasNoHttpOrTcpHealthCheck) {
  const auto checked = [](LaunchGroup& group, HealthCheck::Type type) {
    TaskInfo& first = task(group, 0);
    first.mutable_container()->set_type(ContainerInfo::MESOS);
    first.mutable_container()->add_network_infos();
    first.mutable_health_check()->set_type(type);
    if (type == HealthCheck::HTTP) first.mutable_health_check()->mutable_http()->set_port(80);
    if (type == HealthCheck::TCP) first.mutable_health_check()->mutable_tcp()->set_port(80);
    if (type == HealthCheck::COMMAND) first.mutable_health_check()->mutable_command()->set_value("true");
  };
  for (const auto type : {HealthCheck::HTTP, HealthCheck::TCP}) {
    EXPECT_TRUE(refusal_of([&](LaunchGroup& group) { checked(group, type); }).starts_with("Task 'a' is invalid: "));
  }
  EXPECT_EQ(refusal_of([&](LaunchGroup& group) { checked(group, HealthCheck::COMMAND); }), "");
}

// SCH-165 RES-024
TEST_F(Groups, ExecutorAndTasksFitAndDoNotOverlap) {
  const std::string much = refusal_of([](LaunchGroup& group) { put(*task(group, 1).mutable_resources(), "cpus:3"); });
  EXPECT_TRUE(much.contains(" required by task group and its executor are more than available ")) << much;
  const std::string ports = refusal_of([](LaunchGroup& group) {
    put(*task(group, 0).mutable_resources(), "cpus:1;ports:[5-6]");
    put(*task(group, 1).mutable_resources(), "cpus:1;ports:[6-7]");
  });
  EXPECT_TRUE(ports.starts_with("There are overlapping resources in the task resources ")) << ports;
  const std::string executor = refusal_of([](LaunchGroup& group) {
    put(*group.mutable_executor()->mutable_resources(), "cpus:0.1;mem:32;disk:10;ports:[5-6]");
    put(*task(group, 1).mutable_resources(), "cpus:1;ports:[6-7]");
  });
  EXPECT_TRUE(executor.starts_with("There are overlapping resources in the task resources ")) << executor;
}

// SCH-165
TEST_F(Groups, NoPersistenceIdIsUsedTwice) {
  const std::string text = refusal_of([](LaunchGroup& group) {
    const model::Resource volume = model::testing::volume(model::testing::resource("disk(eng):10"), "v");
    for (int i = 0; i < 2; ++i) {
      model::Resources{volume}.to_messages(model::WireForm::new_form, *task(group, i).mutable_resources());
    }
  });
  EXPECT_EQ(text, "Task group and executor use duplicate persistence ID: Persistence ID 'v' is not unique");
}

// SCH-166
TEST_F(Groups, SharingOfCgroupsIsTheSameForAllTasksOfAnExecutor) {
  const auto apart = [](TaskInfo& task) {
    task.mutable_container()->set_type(ContainerInfo::MESOS);
    task.mutable_container()->mutable_linux_info()->set_share_cgroups(false);
  };
  EXPECT_EQ(refusal_of([&](LaunchGroup& group) { apart(task(group, 1)); }),
            "All tasks of a task group must have the same value of 'share_cgroups'");
  bench.round();
  ASSERT_TRUE(launch(group(agent.id)));
  EXPECT_EQ(refusal_of([&](LaunchGroup& group) {
              for (int i = 0; i < 2; ++i) {
                apart(task(group, i));
                task(group, i).mutable_task_id()->set_value("later" + std::to_string(i));
                put(*task(group, i).mutable_resources(), "cpus:0.1");
              }
            }),
            "All tasks of an executor must have the same value of 'share_cgroups'");
}

// SCH-167
TEST_F(Groups, TwoTasksWithOneIdFailTheWholeGroup) {
  EXPECT_EQ(refusal_of([](LaunchGroup& group) { task(group, 1).mutable_task_id()->set_value("a"); }),
            "Task 'a' is invalid: Task has duplicate ID: a");
}

// SCH-167
TEST_F(Groups, WithoutTasksNothingHappens) {
  OperationInfo empty = group(agent.id);
  empty.mutable_launch_group()->clear_task_group();
  empty.mutable_launch_group()->mutable_task_group();
  ASSERT_TRUE(launch(empty));
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(allocated(), "{}");
  EXPECT_TRUE(bench.snapshot().frameworks[0]->executors.empty());
}

// SCH-112 SCH-104
TEST_F(Groups, WithInvalidOffersEveryTaskIsDropped) {
  ASSERT_TRUE(bench.operate(scheduler, {OfferId("none")}, {group(agent.id)}));
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE a TASK_DROPPED", "UPDATE b TASK_DROPPED"}));
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_INVALID_OFFERS);
}

}  // namespace
}  // namespace stoa::master
