// Executors in the books of the master: charged once, known from launches and from agents, gone when they end.
#include "master/executors.h"

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
using mesos::v1::TaskInfo;
using mesos::v1::scheduler::Call;

OfferId id_of(const mesos::v1::Offer& offer) { return OfferId(offer.id().value()); }

void put_resources(ExecutorInfo& executor, std::string_view text) {
  executor.clear_resources();
  model::testing::resources(text).to_messages(model::WireForm::new_form, *executor.mutable_resources());
}

// A task of the custom executor `executor`, which has cpus:0.5;mem:32 of its own.
TaskInfo executed(const std::string& id, const AgentId& agent, const std::string& executor = "e",
                  std::string_view resources = "cpus:1;mem:64") {
  TaskInfo task = test_task(id, agent, resources);
  task.clear_command();
  task.mutable_executor()->mutable_executor_id()->set_value(executor);
  task.mutable_executor()->mutable_command()->set_value("run-executor");
  put_resources(*task.mutable_executor(), "cpus:0.5;mem:32");
  return task;
}

struct Executors : testing::Test {
  explicit Executors(mesos::v1::FrameworkInfo info = test_framework())
      : agent(bench.add_agent("cpus:4;mem:1024;disk:1000;ports:[1-100]")), scheduler(bench.subscribe(info)) {
    bench.round();
    scheduler.told();
    agent.told();
  }
  OfferId offer() const { return id_of(scheduler.offer(agent.id)); }
  std::string allocated() const { return bench.snapshot().agents[0]->allocated.without_allocation_role().to_text(); }
  std::vector<std::string> executors() const {
    std::vector<std::string> ids;
    for (const auto& executor : bench.snapshot().frameworks[0]->executors) {
      ids.push_back(executor.info->executor_id().value() + "@" + executor.agent.value);
    }
    return ids;
  }
  // The text with which a task of an executor is refused; empty if it runs.
  std::string refusal_of(const std::function<void(TaskInfo&)>& change) {
    const std::string number = std::to_string(tasks_++);
    TaskInfo task = executed("t" + number, agent.id, "e" + number);
    change(task);
    bench.round();
    agent.told();
    scheduler.told();
    bench.accept(scheduler, {offer()}, {task}, 0);
    if (!agent.told().empty()) return "";
    EXPECT_EQ(scheduler.told(), Lines{"UPDATE " + task.task_id().value() + " TASK_ERROR"});
    EXPECT_EQ(scheduler.status().reason(), mesos::v1::TaskStatus::REASON_TASK_INVALID);
    return scheduler.status().message();
  }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
  int tasks_ = 0;
};

// SCH-154 SCH-092 SCH-151 EXE-177 OPR-079
TEST_F(Executors, ANewExecutorIsChargedBesideItsTaskAndListed) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  EXPECT_EQ(agent.told(), Lines{"run t1"});
  const link::Run& run = agent.last().run();
  EXPECT_TRUE(run.expects_new_executor());
  EXPECT_EQ(run.task().executor().framework_id().value(), scheduler.id.value);
  EXPECT_EQ(run.task().executor().resources(0).allocation_info().role(), "eng");
  EXPECT_EQ(allocated(), "cpus:1.5; mem:96");
  EXPECT_EQ(executors(), std::vector<std::string>{"e@M-S0"});
  EXPECT_EQ(bench.task(scheduler.id, "t1")->executor_id().value(), "e");
  bench.round();
  ASSERT_EQ(scheduler.offer().executor_ids_size(), 1);
  EXPECT_EQ(scheduler.offer().executor_ids(0).value(), "e");
}

// SCH-092
TEST_F(Executors, OffersListTheExecutorsOfTheirOwnFrameworkOnly) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 100));
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  bench.round();
  EXPECT_EQ(other.offer().executor_ids_size(), 0);
}

// SCH-153 SCH-154
TEST_F(Executors, AFurtherTaskJoinsARunningExecutorThatIsNotChargedAgain) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id), executed("t2", agent.id)}, 0));
  EXPECT_EQ(agent.told(), (Lines{"run t1", "run t2"}));
  EXPECT_TRUE(agent.received[agent.received.size() - 2]->run().expects_new_executor());
  EXPECT_FALSE(agent.last().run().expects_new_executor());
  EXPECT_EQ(allocated(), "cpus:2.5; mem:160");
  bench.round();
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t3", agent.id)}, 0));
  EXPECT_FALSE(agent.last().run().expects_new_executor());
  EXPECT_EQ(allocated(), "cpus:3.5; mem:224");
}

// SCH-137 AGT-055
TEST_F(Executors, ACommandTaskExpectsAnExecutorOfItsOwn) {
  bench.launch(scheduler, test_task("t1", agent.id));
  EXPECT_TRUE(agent.last().run().expects_new_executor());
  EXPECT_TRUE(executors().empty());
}

// SCH-153
TEST_F(Executors, AnExecutorOfTheSameIdMustBeTheSame) {
  constexpr const char* text = "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID";
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t", agent.id)}, 0));
  const auto joining = [&](const std::function<void(ExecutorInfo&)>& change) {
    return refusal_of([&](TaskInfo& task) {
      *task.mutable_executor() = executed("t", agent.id).executor();
      change(*task.mutable_executor());
    });
  };
  EXPECT_EQ(joining([](ExecutorInfo& info) { info.set_data("x"); }), text);
  EXPECT_EQ(joining([](ExecutorInfo& info) { info.set_name("x"); }), text);
  EXPECT_EQ(joining([](ExecutorInfo& info) { info.set_source("x"); }), text);
  EXPECT_EQ(joining([](ExecutorInfo& info) { info.mutable_command()->set_value("other"); }), text);
  EXPECT_EQ(joining([](ExecutorInfo& info) { put_resources(info, "cpus:0.6;mem:32"); }), text);
  EXPECT_EQ(joining([](ExecutorInfo& info) { info.mutable_container()->set_type(ContainerInfo::MESOS); }), text);
  EXPECT_EQ(joining([](ExecutorInfo& info) { info.mutable_discovery()->set_visibility({}); }), text);
  // Neither labels nor the grace period make it another one, nor another order of its resources or its default type.
  EXPECT_EQ(joining([](ExecutorInfo& info) {
              info.mutable_labels()->add_labels()->set_key("k");
              info.mutable_shutdown_grace_period()->set_nanoseconds(1);
              info.set_type(ExecutorInfo::CUSTOM);
              put_resources(info, "mem:32;cpus:0.5");
            }),
            "");
}

// SCH-155
TEST_F(Executors, IdGracePeriodCommandAndContainerAreValid) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_executor()->mutable_executor_id()->set_value(""); }),
            "ID must not be empty");
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_executor()->mutable_executor_id()->set_value("../x"); }),
            "'../x' contains invalid characters");
  EXPECT_EQ(
      refusal_of([](TaskInfo& task) { task.mutable_executor()->mutable_shutdown_grace_period()->set_nanoseconds(-1); }),
      "ExecutorInfo's 'shutdown_grace_period' must be non-negative");
  EXPECT_TRUE(refusal_of([](TaskInfo& task) {
                task.mutable_executor()->mutable_command()->mutable_environment()->add_variables()->set_name("V");
              }).starts_with("Executor's `CommandInfo` is invalid: "));
  EXPECT_TRUE(refusal_of([](TaskInfo& task) {
                task.mutable_executor()->mutable_container()->set_type(ContainerInfo::DOCKER);
              }).starts_with("Executor's `ContainerInfo` is invalid: "));
}

// SCH-156
TEST_F(Executors, AnExecutorOfATaskIsCustomAndHasACommand) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_executor()->set_type(ExecutorInfo::CUSTOM); }), "");
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_executor()->clear_command(); }),
            "'ExecutorInfo.command' must be set for 'CUSTOM' executor");
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_executor()->set_type(ExecutorInfo::DEFAULT); }),
            "'ExecutorInfo.command' must not be set for 'DEFAULT' executor");
  EXPECT_EQ(refusal_of([](TaskInfo& task) {
              task.mutable_executor()->set_type(ExecutorInfo::DEFAULT);
              task.mutable_executor()->clear_command();
            }),
            "'ExecutorInfo.type' must be 'CUSTOM'");
}

// SCH-151
TEST_F(Executors, AForeignFrameworkIdIsRefused) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_executor()->mutable_framework_id()->set_value("other"); }),
            "ExecutorInfo has an invalid FrameworkID (Actual: other vs Expected: " + scheduler.id.value + ")");
}

// SCH-157
TEST_F(Executors, ExecutorsMayNotShareCgroupsOrVolumes) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) {
              ContainerInfo& container = *task.mutable_executor()->mutable_container();
              container.set_type(ContainerInfo::MESOS);
              container.mutable_linux_info()->set_share_cgroups(true);
            }),
            "Executor's `ContainerInfo` is invalid: 'share_cgroups' cannot be set to 'true' on executors");
  const std::string text = refusal_of([](TaskInfo& task) {
    const model::Resource disk = model::testing::resource("disk(eng):10");
    const model::Resources shared{model::testing::shared(model::testing::volume(disk, "v"))};
    shared.to_messages(model::WireForm::new_form, *task.mutable_executor()->mutable_resources());
  });
  EXPECT_TRUE(text.ends_with("should not contain any shared resources")) << text;
}

// SCH-158
TEST_F(Executors, ASmallExecutorIsOnlyLogged) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) { put_resources(*task.mutable_executor(), "cpus:0.001"); }), "");
  const bool logged = std::ranges::any_of(bench.effects, [](const Effect& effect) {
    const auto* log = std::get_if<Log>(&effect);
    return log != nullptr && log->level == log::Level::warning && log->message.contains("less than 0.01 cpus");
  });
  EXPECT_TRUE(logged);
}

// SCH-138 RES-024 RES-153
TEST_F(Executors, TaskAndExecutorDoNotOverlapOrMixRoles) {
  const std::string ports = refusal_of([](TaskInfo& task) {
    model::testing::resources("ports:[5-6]").to_messages(model::WireForm::new_form, *task.mutable_resources());
    model::testing::resources("ports:[6-7]")
        .to_messages(model::WireForm::new_form, *task.mutable_executor()->mutable_resources());
  });
  EXPECT_TRUE(ports.starts_with("There are overlapping resources in the task resources ")) << ports;
  const std::string roles = refusal_of([](TaskInfo& task) {
    for (auto& resource : *task.mutable_executor()->mutable_resources()) {
      resource.mutable_allocation_info()->set_role("ops");
    }
  });
  EXPECT_TRUE(roles.contains("The resources have multiple allocation roles")) << roles;
}

// SCH-138 SCH-118
TEST_F(Executors, TaskAndNewExecutorTogetherFitIntoTheOffer) {
  const std::string text = refusal_of([](TaskInfo& task) {
    task.mutable_resources()->Clear();
    model::testing::resources("cpus:4;mem:64").to_messages(model::WireForm::new_form, *task.mutable_resources());
  });
  EXPECT_TRUE(text.starts_with("Total resources ")) << text;
  EXPECT_TRUE(text.contains(" required by task and its executor is more than available ")) << text;
}

// SCH-243 SCH-154 EXE-177
TEST_F(Executors, AnExecutorHoldsItsResourcesUntilItEndsAndIsThenAFailure) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  EXPECT_EQ(allocated(), "cpus:0.5; mem:32");
  scheduler.told();
  other.told();
  bench.exit_executor(agent, scheduler, "e", 256);
  EXPECT_EQ(scheduler.told(), Lines{"FAILURE M-S0 e"});
  EXPECT_EQ(scheduler.last().failure().status(), 256);
  EXPECT_EQ(other.told(), Lines{});
  EXPECT_EQ(allocated(), "{}");
  EXPECT_TRUE(executors().empty());
  bench.round();
  agent.told();
  const FakeScheduler& owner = scheduler.offers.empty() ? other : scheduler;
  ASSERT_FALSE(owner.offers.empty());
}

// SCH-205
TEST_F(Executors, ShutdownGoesToTheAgentAndIsDroppedIfAgentOrExecutorIsUnknown) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  agent.told();
  Call call;
  call.set_type(Call::SHUTDOWN);
  call.mutable_shutdown()->mutable_executor_id()->set_value("e");
  call.mutable_shutdown()->mutable_agent_id()->set_value("M-S9");
  ASSERT_TRUE(bench.call(scheduler, call));
  call.mutable_shutdown()->mutable_agent_id()->set_value(agent.id.value);
  call.mutable_shutdown()->mutable_executor_id()->set_value("other");
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(agent.told(), Lines{});
  call.mutable_shutdown()->mutable_executor_id()->set_value("e");
  ASSERT_TRUE(bench.call(scheduler, call));
  EXPECT_EQ(agent.told(), Lines{"shut down executor e"});
}

// SCH-074
TEST_F(Executors, RemovalOfTheFrameworkShutsDownEvenIdleExecutors) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.acknowledge(scheduler, agent.id, "t1", uuid);
  agent.told();
  ASSERT_TRUE(bench.teardown(scheduler));
  EXPECT_EQ(agent.told(), Lines{"shut down framework M-0000"});
  EXPECT_EQ(allocated(), "{}");
  // That it ended comes later and harms nothing.
  bench.exit_executor(agent, scheduler, "e");
}

// SCH-090
TEST_F(Executors, AnAgentWithAnIdleExecutorHearsOfANewDescription) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.acknowledge(scheduler, agent.id, "t1", uuid);
  agent.told();
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(scheduler.id.value);
  bench.subscribe(info);
  EXPECT_EQ(agent.told(), Lines{"framework M-0000"});
}

std::shared_ptr<link::Register> with_executor(const FrameworkId& framework, const ExecutorInfo& info) {
  auto claim = std::make_shared<link::Register>();
  auto& running = *claim->add_executors();
  running.mutable_framework_id()->set_value(framework.value);
  *running.mutable_executor_info() = info;
  return claim;
}

// SCH-254 SCH-153
TEST_F(Executors, ANewLeaderLearnsThemFromTheAgent) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  Bench next(test_config(), bench.registry());
  FakeAgent& returning = next.agents.emplace_back();
  returning.id = agent.id;
  returning.hostname = agent.hostname;
  returning.resources = agent.resources;
  returning.also = with_executor(scheduler.id, agent.last().run().task().executor());
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(scheduler.id.value);
  next.connect(returning, {*bench.task(scheduler.id, "t1")}, {info});
  EXPECT_EQ(next.snapshot().agents[0]->allocated.without_allocation_role().to_text(), "cpus:1.5; mem:96");
  FakeScheduler& again = next.subscribe(info);
  next.round();
  ASSERT_EQ(again.offer().executor_ids_size(), 1);
  ASSERT_TRUE(next.accept(again, {id_of(again.offer())}, {executed("t2", agent.id)}, 0));
  EXPECT_FALSE(returning.last().run().expects_new_executor());
  EXPECT_EQ(next.snapshot().agents[0]->allocated.without_allocation_role().to_text(), "cpus:2.5; mem:160");
}

// SCH-243 SCH-238
TEST_F(Executors, OneThatEndedWhileItsAgentWasAwayIsGoneAfterIt) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  bench.break_link(agent);
  EXPECT_EQ(allocated(), "cpus:1.5; mem:96");
  scheduler.told();
  bench.connect(agent);
  EXPECT_EQ(scheduler.told(), Lines{"FAILURE M-S0 e"});
  EXPECT_EQ(scheduler.last().failure().status(), -1);
  EXPECT_EQ(allocated(), "cpus:1; mem:64");
  agent.told();
}

// SCH-240
TEST_F(Executors, ThoseOfAnUnreachableAgentAreGoneAndComeBackWithIt) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  agent.also = with_executor(scheduler.id, agent.last().run().task().executor());
  bench.break_link(agent);
  bench.advance(std::chrono::minutes(11));
  EXPECT_TRUE(executors().empty());
  bench.connect(agent, {}, {*bench.snapshot().frameworks[0]->info});
  EXPECT_EQ(executors(), std::vector<std::string>{"e@M-S0"});
  EXPECT_EQ(allocated(), "cpus:0.5; mem:32");
}

// SCH-239
TEST(UnkeptExecutors, AreGoneWithTheLinkAndShutDownWhenTheAgentReturns) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  mesos::v1::FrameworkInfo info = test_framework();
  info.set_checkpoint(false);
  FakeScheduler& scheduler = bench.subscribe(info);
  bench.round();
  ASSERT_TRUE(bench.accept(scheduler, {id_of(scheduler.offer())}, {executed("t1", agent.id)}, 0));
  agent.also = with_executor(scheduler.id, agent.last().run().task().executor());
  bench.break_link(agent);
  EXPECT_TRUE(bench.snapshot().agents[0]->allocated.empty());
  agent.told();
  bench.connect(agent);
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "shut down executor e"}));
  EXPECT_EQ(bench.snapshot().agents[0]->allocated.without_allocation_role().to_text(), "cpus:0.5; mem:32");
  bench.exit_executor(agent, scheduler, "e");
  EXPECT_TRUE(bench.snapshot().agents[0]->allocated.empty());
}

// SCH-075
TEST_F(Executors, AnAgentThatWasAwayDuringTheRemovalIsToldToEndThem) {
  ASSERT_TRUE(bench.accept(scheduler, {offer()}, {executed("t1", agent.id)}, 0));
  agent.also = with_executor(scheduler.id, agent.last().run().task().executor());
  bench.break_link(agent);
  ASSERT_TRUE(bench.teardown(scheduler));
  agent.told();
  bench.connect(agent);
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "shut down framework M-0000"}));
}

}  // namespace
}  // namespace stoa::master
