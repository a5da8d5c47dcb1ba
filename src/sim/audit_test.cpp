#include "sim/audit.h"

#include <gtest/gtest.h>

#include "agent/checkpoint.h"
#include "master/state.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "sim/world.h"

// A law that never complains proves nothing: each is shown a breach, in a cluster that was at rest and lawful.
namespace stoa::sim {

// What tests may do and no part of a cluster can.
struct Saboteur {
  static Cluster& cluster(World& world) { return world.cluster_; }
  static Environment& environment(World& world) { return world.environment_; }
  static master::State& books(MasterHost& master) { return const_cast<master::State&>(master.core_->state()); }
  static Store& store(MasterHost& master) { return master.store_; }
  static Store& store(AgentHost& agent) { return agent.store_; }
  static Store::Records& records(AgentHost& agent) { return agent.store_.records_; }
  static Ledger& ledger(AgentHost& agent) { return agent.ledger_; }
  static Containers& containers(AgentHost& agent) { return agent.containers_; }
  static auto& running(AgentHost& agent) { return agent.containers_.containers_; }
  static std::vector<Scheduler::Task>& tasks(Scheduler& scheduler) { return scheduler.tasks_; }
  static Holdings& holdings(Scheduler& scheduler) { return scheduler.holdings_; }
  static bool& subscribed(Scheduler& scheduler) { return scheduler.subscribed_; }
  static bool& tearing_down(Scheduler& scheduler) { return scheduler.tearing_down_; }
};

namespace {

using State = Containers::Container::State;
using model::testing::resources;

class AtRest : public testing::Test {
 protected:
  // Runs clusters until there is one for which `find` finds what the test needs.
  template <typename Find>
  auto search(Find find) {
    for (std::uint64_t seed = 1;; ++seed) {
      world_ = std::make_unique<World>(Size{.agents = 3,
                                            .frameworks = 2,
                                            .tasks = 24,
                                            .busy = std::chrono::minutes(3),
                                            .task_mean = std::chrono::minutes(20)},
                                       seed);
      const Outcome outcome = world_->run();
      EXPECT_FALSE(outcome.violation) << seed;
      EXPECT_LT(seed, 200u) << "no cluster has what the test needs";
      if (auto* found = find(); found != nullptr || seed >= 200) return found;
    }
  }
  Cluster& cluster() { return Saboteur::cluster(*world_); }
  AgentHost& agent(std::size_t number = 0) { return *cluster().agents[number]; }
  Scheduler& scheduler(std::size_t number = 0) { return *cluster().schedulers[number]; }
  master::State& books() { return Saboteur::books(cluster().master); }
  master::Agent& book(const AgentHost& agent) { return books().agents.at(agent.id()); }

  void find_any() {
    search([this] { return &cluster(); });
  }
  // A machine on which something runs of a kind.
  template <typename Predicate>
  AgentHost* find_machine(Predicate is_wanted) {
    return search([&]() -> AgentHost* {
      for (const auto& agent : cluster().agents)
        for (const auto& [id, container] : agent->containers().all())
          if (container.state == State::running && is_wanted(container)) return agent.get();
      return nullptr;
    });
  }
  AgentHost* find_machine_with_task() {
    return find_machine([](const auto& container) { return !container.task.empty(); });
  }
  // A task that its scheduler knows to run.
  Scheduler::Task* find_task() {
    return search([this]() -> Scheduler::Task* {
      for (const auto& scheduler : cluster().schedulers) {
        if (scheduler->is_tearing_down()) continue;
        for (Scheduler::Task& task : Saboteur::tasks(*scheduler))
          if (task.launched && !task.killed && task.state == mesos::v1::TASK_RUNNING) return &task;
      }
      return nullptr;
    });
  }
  // A scheduler that asks for feedback, once it believes to have asked for an operation more.
  Scheduler* find_asking() {
    Scheduler* found = search([this]() -> Scheduler* {
      for (const auto& scheduler : cluster().schedulers)
        if (scheduler->holdings().asks_feedback() && !scheduler->is_tearing_down()) return scheduler.get();
      return nullptr;
    });
    Saboteur::environment(*world_).plan.operations = 1;
    const std::size_t before = found->holdings().operations().size();
    for (int i = 0; i < 1000 && found->holdings().operations().size() == before; ++i) {
      model::Resources left =
          resources("cpus:1;mem:64;disk:128").with_allocation_role(model::Symbol(found->holdings().role()));
      mesos::v1::scheduler::Call lost;
      Saboteur::holdings(*found).operate(agent().id(), left, lost);
    }
    EXPECT_GT(found->holdings().operations().size(), before);
    return found;
  }

  // Starts a task behind the agent's back.
  static void start(AgentHost& agent, const model::Resources& resources) {
    mesos::v1::TaskInfo info;
    info.mutable_task_id()->set_value("stray");
    info.mutable_command()->set_value(to_command({}));
    resources.to_messages(model::WireForm::new_form, *info.mutable_resources());
    agent::Launch launch;
    launch.id = ContainerId("stray");
    launch.environment["MESOS_FRAMEWORK_ID"] = "stranger";
    launch.task = std::make_shared<const mesos::v1::TaskInfo>(std::move(info));
    while (!agent.containers().all().contains(launch.id)) Saboteur::containers(agent).launch(launch);
  }

  std::string broken() {
    audit_quiet(cluster());
    const auto& violation = Saboteur::environment(*world_).laws.violation();
    return violation ? violation->law : "";
  }

 private:
  std::unique_ptr<World> world_;
};

TEST_F(AtRest, AllLawsHold) {
  find_any();
  EXPECT_EQ(broken(), "");
}

TEST_F(AtRest, WhatRunsIsInTheBooksOfTheMaster) {
  find_any();
  start(agent(), {});
  EXPECT_EQ(broken(), "what runs is in the books of the master");
}

TEST_F(AtRest, AnAgentRunsNoMoreThanItHas) {
  find_any();
  start(agent(), resources("cpus:1000"));
  EXPECT_EQ(broken(), "an agent runs no more than it has");
}

TEST_F(AtRest, WhatRunsIsNotOffered) {
  AgentHost* machine =
      find_machine([](const auto& container) { return !container.task.empty() && !container.resources.empty(); });
  book(*machine).offered = machine->total();
  EXPECT_EQ(broken(), "what runs is not offered");
}

TEST_F(AtRest, AVolumeThatIsUsedIsNotOffered) {
  AgentHost* machine = search([this]() -> AgentHost* {
    for (const auto& agent : cluster().agents)
      if (!agent->ledger().total().persistent_volumes().non_shared().empty()) return agent.get();
    return nullptr;
  });
  const model::Resources volumes = machine->ledger().total().persistent_volumes().non_shared();
  for (auto& [id, container] : Saboteur::running(*machine)) container.resources = {};
  start(*machine, volumes);
  book(*machine).offered = volumes;
  EXPECT_EQ(broken(), "what runs is not offered");
}

TEST_F(AtRest, TheBooksOfTheMasterAreSound) {
  find_any();
  books().agents.begin()->second.allocated += resources("cpus:0.1");
  EXPECT_EQ(broken(), "the books of the master are sound");
}

TEST_F(AtRest, ThereIsAMaster) {
  find_any();
  cluster().master.crash();
  EXPECT_EQ(broken(), "at rest there is a master");
}

TEST_F(AtRest, EveryAgentIsRegistered) {
  find_any();
  agent().crash(false);
  EXPECT_EQ(broken(), "at rest every agent is registered");
}

TEST_F(AtRest, EverySchedulerIsSubscribed) {
  search([this]() -> Scheduler* { return scheduler().is_tearing_down() ? nullptr : &scheduler(); });
  Saboteur::subscribed(scheduler()) = false;
  EXPECT_EQ(broken(), "at rest every scheduler is subscribed");
}

TEST_F(AtRest, NothingIsBeingWritten) {
  find_any();
  Saboteur::store(agent()).apply(WriteNumber{1}, {});
  EXPECT_EQ(broken(), "at rest nothing is being written");
  find_any();
  Saboteur::store(cluster().master).apply(WriteNumber{1}, {});
  EXPECT_EQ(broken(), "at rest nothing is being written");
}

TEST_F(AtRest, EveryUpdateAndOutcomeIsAcknowledged) {
  find_any();
  Saboteur::records(agent())[{agent::progress_kind, "f/t"}] = "nonsense";
  EXPECT_EQ(broken(), "at rest every update is acknowledged");
  find_any();
  Saboteur::records(agent())[{agent::operation_kind, "u"}] = "";
  EXPECT_EQ(broken(), "at rest every outcome is acknowledged");
}

TEST_F(AtRest, TotalsAgree) {
  AgentHost* machine = search([this]() -> AgentHost* {
    for (const auto& agent : cluster().agents)
      if (agent->ledger().total() == agent->total()) return agent.get();
    return nullptr;
  });
  Saboteur::ledger(*machine) = Ledger(machine->total() + resources("cpus:1"), "/work");
  EXPECT_EQ(broken(), "at rest totals agree");
}

TEST_F(AtRest, TheBooksAreWhatRuns) {
  AgentHost* machine = find_machine_with_task();
  for (auto& [id, container] : Saboteur::running(*machine))
    if (!container.task.empty()) container.state = State::ended;
  EXPECT_EQ(broken(), "at rest the books are what runs");
}

TEST_F(AtRest, TheBooksAreTheExecutorsThatRun) {
  AgentHost* machine = find_machine([](const auto& container) { return !container.executor.empty(); });
  for (auto& [id, container] : Saboteur::running(*machine))
    if (!container.executor.empty()) container.state = State::ended;
  EXPECT_EQ(broken(), "at rest the books are the executors that run");
}

TEST_F(AtRest, NoTaskIsLost) {
  find_task()->state = mesos::v1::TASK_FINISHED;
  EXPECT_EQ(broken(), "at rest no task is lost");
}

TEST_F(AtRest, SchedulersKnowTheState) {
  find_task()->state = mesos::v1::TASK_STARTING;
  EXPECT_EQ(broken(), "at rest schedulers know the state");
}

TEST_F(AtRest, WhatWasKilledHasEnded) {
  find_task()->killed = true;
  EXPECT_EQ(broken(), "at rest what was killed has ended");
}

TEST_F(AtRest, WhatWasTornDownIsGone) {
  search([this]() -> Scheduler* { return scheduler().is_tearing_down() ? nullptr : &scheduler(); });
  Saboteur::tearing_down(scheduler()) = true;
  EXPECT_EQ(broken(), "at rest what was torn down is gone");
}

TEST_F(AtRest, NoOperationIsWithoutAnAnswer) {
  find_asking();
  EXPECT_EQ(broken(), "no operation is without an answer");
}

TEST_F(AtRest, NoReservationIsLost) {
  Scheduler* asking = find_asking();
  for (const auto& operation : asking->holdings().operations()) {
    if (operation.is_over()) continue;
    mesos::v1::OperationStatus status;
    status.mutable_operation_id()->set_value(operation.id);
    status.set_state(mesos::v1::OPERATION_FINISHED);
    Saboteur::holdings(*asking).on_status(status);
  }
  EXPECT_EQ(broken(), "no reservation is lost");
}

}  // namespace
}  // namespace stoa::sim
