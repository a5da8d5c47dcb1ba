#include "master/gone.h"

#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::TaskStatus;
using OperationInfo = mesos::v1::Offer_Operation;

mesos::v1::FrameworkInfo not_partition_aware() {
  mesos::v1::FrameworkInfo info = old_framework("eng");
  return info;
}

// A framework with the running task t1 and the pending operation "op" on an agent.
struct Gone : testing::Test {
  explicit Gone(const mesos::v1::FrameworkInfo& info = test_framework())
      : agent(bench.add_agent()), scheduler(bench.subscribe(info)) {
    bench.round();
    OperationInfo reserve;
    reserve.set_type(OperationInfo::RESERVE);
    reserve.mutable_id()->set_value("op");
    const model::Resource cpus =
        model::testing::reserved(model::testing::resource("cpus:1"), model::testing::dynamic_reservation("eng"));
    model::Resources{cpus}.to_messages(model::WireForm::new_form, *reserve.mutable_reserve()->mutable_resources());
    OperationInfo launch;
    launch.set_type(OperationInfo::LAUNCH);
    *launch.mutable_launch()->add_task_infos() = test_task("t1", agent.id);
    EXPECT_TRUE(bench.operate(scheduler, {OfferId(scheduler.offer().id().value())}, {reserve, launch}, 0));
    bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
    bench.round();
    scheduler.told();
    agent.told();
  }
  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
};

// SCH-244 SCH-194 SCH-242 HA-114 OPR-167
TEST_F(Gone, EverythingOnTheAgentEndsAndItIsToldToShutDown) {
  const std::string offer = scheduler.offer().id().value();
  const ReplyNumber reply = bench.mark_gone(agent.id);
  EXPECT_TRUE(bench.replies.at(reply));
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE_OPERATION_STATUS op OPERATION_GONE_BY_OPERATOR",
                                     "UPDATE t1 TASK_GONE_BY_OPERATOR", "RESCIND " + offer, "FAILURE M-S0"}));
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_AGENT_REMOVED_BY_OPERATOR);
  EXPECT_EQ(agent.told(), Lines{"shut down"});
  EXPECT_FALSE(agent.open);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  bench.connect(agent);
  EXPECT_EQ(agent.told(), Lines{"refused, shut down: Agent has been marked gone"});
  ASSERT_TRUE(bench.reconcile(scheduler, {{"t1", agent.id}}));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_GONE_BY_OPERATOR"});
}

// SCH-244 HA-051
TEST_F(Gone, NothingIsSaidBeforeItIsDurable) {
  bench.hold_writes();
  const ReplyNumber reply = bench.mark_gone(agent.id);
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_FALSE(bench.replies.contains(reply));
  const ReplyNumber second = bench.mark_gone(agent.id);
  EXPECT_EQ(bench.replies.at(second).error().code, Code::unavailable) << "503";
  bench.release_all_writes();
  EXPECT_TRUE(bench.replies.at(reply));
  EXPECT_FALSE(scheduler.told().empty());
  Bench next(test_config(), bench.registry());
  FakeAgent& returning = next.agents.emplace_back();
  returning.id = agent.id;
  returning.hostname = agent.hostname;
  returning.resources = agent.resources;
  next.connect(returning);
  EXPECT_EQ(returning.told(), Lines{"refused, shut down: Agent has been marked gone"});
}

// SCH-245
TEST_F(Gone, TasksOfAnUnreachableAgentAreGoneWithIt) {
  bench.break_link(agent);
  bench.advance(11min);
  ASSERT_EQ(bench.list_of(scheduler.id, "t1"), "unreachable");
  scheduler.told();
  EXPECT_TRUE(bench.replies.at(bench.mark_gone(agent.id)));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_GONE_BY_OPERATOR"});
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_AGENT_REMOVED_BY_OPERATOR);
  EXPECT_FALSE(scheduler.status().has_uuid());
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
}

struct GoneForOld : Gone {
  GoneForOld() : Gone(not_partition_aware()) {}
};

// SCH-245 SCH-226
TEST_F(GoneForOld, AFrameworkThatIsNotPartitionAwareIsToldLost) {
  bench.break_link(agent);
  bench.advance(11min);
  scheduler.told();
  bench.mark_gone(agent.id);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_LOST"});
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_AGENT_REMOVED);
}

// OPR-167 OPR-168
TEST_F(Gone, ItIsIdempotentAndWorksBeforeTheAgentIsBack) {
  EXPECT_EQ(bench.replies.at(bench.mark_gone(AgentId("nobody"))).error().code, Code::not_found);
  Bench next(test_config(), bench.registry());
  EXPECT_TRUE(next.replies.at(next.mark_gone(agent.id)));
  EXPECT_TRUE(next.replies.at(next.mark_gone(agent.id)));
  EXPECT_TRUE(next.snapshot().recovered_agents.empty());
}

}  // namespace
}  // namespace stoa::master
