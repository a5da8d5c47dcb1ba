// Preemption from the REQUEST of one framework to the end of another one's task.
#include "master/preempt.h"

#include <gmock/gmock.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using Call = mesos::v1::scheduler::Call;
using ::testing::HasSubstr;

Config preempting_config() {
  Config config = test_config();
  config.allocation.role_sorter = allocator::Sorter::priority;
  config.allocation.preemption.mode = allocator::PreemptionMode::priority;
  config.role_priorities = {{"prod", 10}};
  return config;
}

// An agent full of two tasks of `batch`, and `prod`, which is more important and has nothing.
class Preempt : public ::testing::Test {
 protected:
  explicit Preempt(Config config = preempting_config()) : bench(std::move(config)) {
    bench.round();
    bench.launch(batch, task("old", "cpus:2;mem:512"));
    bench.update(agent, batch, "old", mesos::v1::TASK_RUNNING);
    bench.round();
    mesos::v1::TaskInfo young = task("young", "cpus:2;mem:512");
    young.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(Duration(90s).count());
    bench.launch(batch, young);
    bench.update(agent, batch, "young", mesos::v1::TASK_RUNNING);
    batch.told();
    agent.told();
  }
  mesos::v1::TaskInfo task(const std::string& id, std::string_view resources) const {
    return test_task(id, agent.id, resources);
  }
  void request(FakeScheduler& scheduler, double cpus) {
    Call call;
    call.set_type(Call::REQUEST);
    auto& resource = *call.mutable_request()->add_requests()->add_resources();
    resource.set_name("cpus");
    resource.set_type(mesos::v1::Value::SCALAR);
    resource.mutable_scalar()->set_value(cpus);
    ASSERT_TRUE(bench.call(scheduler, call));
  }

  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  FakeScheduler& batch = bench.subscribe(test_framework({"batch"}));
  FakeScheduler& prod = bench.subscribe(test_framework({"prod"}), {"prod"});
};

// ALC-210 ALC-214 ALC-216 ALC-217 ALC-223 ALC-252
TEST_F(Preempt, ANoticeThenAKillThenAnOffer) {
  bench.revive(prod);
  request(prod, 2);
  bench.advance(29s);
  EXPECT_EQ(batch.told(), Lines{});
  bench.advance(2s);
  ASSERT_EQ(batch.told().size(), 1U);
  const auto& notice = batch.last().inverse_offers().inverse_offers(0);
  EXPECT_EQ(notice.agent_id().value(), agent.id.value);
  EXPECT_EQ(notice.resources_size(), 2);
  const double start = static_cast<double>(notice.unavailability().start().nanoseconds()) / 1e9;
  EXPECT_NEAR(start, bench.now.wall + 30, 2);
  EXPECT_EQ(agent.told(), Lines{});
  bench.advance(30s);
  EXPECT_EQ(agent.told(), Lines{"kill young"});
  EXPECT_EQ(agent.last().kill().kill_policy().grace_period().nanoseconds(), Duration(30s).count());  // Not its 90 s.
  bench.update(agent, batch, "young", mesos::v1::TASK_KILLED);
  EXPECT_EQ(batch.status().reason(), mesos::v1::TaskStatus::REASON_CONTAINER_PREEMPTED);
  EXPECT_THAT(batch.status().message(), HasSubstr("role 'prod'"));
  bench.round();
  ASSERT_EQ(prod.offers.size(), 1U);
  EXPECT_EQ(bench.list_of(batch.id, "old"), "tasks");
  const Snapshot seen = bench.snapshot();
  ASSERT_TRUE(seen.preemptions);
  ASSERT_EQ(seen.preemptions->size(), 1U);
  EXPECT_EQ(seen.preemptions->front().role, "prod");
  EXPECT_EQ(seen.preemptions->front().victims.at(0).second, TaskId("young"));
  EXPECT_EQ(bench.metric("allocator/preemption/demands"), 1);
  EXPECT_EQ(bench.metric("allocator/preemption/plans"), 1);
  EXPECT_EQ(bench.metric("allocator/preemption/victims"), 1);
}

// ALC-216
TEST_F(Preempt, WhoIsSparedIsTold) {
  bench.revive(prod);
  request(prod, 2);
  bench.advance(31s);
  batch.told();
  request(prod, 5);  // Another wish, which no agent can meet.
  bench.round();
  ASSERT_EQ(batch.told().size(), 1U);
  EXPECT_TRUE(batch.last().has_rescind_inverse_offer());
  bench.advance(60s);
  EXPECT_EQ(agent.told(), Lines{});
}

// ALC-213 ALC-223
TEST_F(Preempt, ADryRunSaysWhatWouldBeKilled) {
  const allocator::Plan plan =
      bench.master.plan(FrameworkId(), {.role = "prod", .bundle = *model::Quantities::parse("cpus:3"), .agent = {}});
  EXPECT_EQ(plan.agent, agent.id);
  ASSERT_EQ(plan.victims.size(), 2U);
  EXPECT_EQ(plan.victims[0].tasks[0], TaskId("young"));
  EXPECT_EQ(bench.list_of(batch.id, "young"), "tasks");
  ASSERT_TRUE(bench.kill(batch, "young"));
  EXPECT_FALSE(
      bench.master.plan(FrameworkId(), {.role = "prod", .bundle = *model::Quantities::parse("cpus:3"), .agent = {}})
          .agent);  // What is being killed is no victim.
}

// ALC-221
TEST_F(Preempt, ANewLeaderKnowsNoDemandsAndKillsNobody) {
  bench.revive(prod);
  request(prod, 2);
  bench.advance(31s);
  Bench next(preempting_config(), bench.registry());
  FakeAgent& back = next.agents.emplace_back();
  back.id = agent.id;
  back.hostname = agent.hostname;
  back.resources = agent.resources;
  next.connect(back, {*bench.task(batch.id, "old"), *bench.task(batch.id, "young")}, {test_framework({"batch"})});
  next.subscribe(test_framework({"prod"}));
  back.told();
  next.advance(120s);
  EXPECT_EQ(back.told(), Lines{});
}

class NotPreempting : public Preempt {
 protected:
  NotPreempting() : Preempt(config()) {}
  static Config config() {
    Config config = preempting_config();
    config.allocation.preemption.mode = allocator::PreemptionMode::off;
    return config;
  }
};

// ALC-205 ALC-210 SCH-207
TEST_F(NotPreempting, RequestsAreAcceptedAndNobodyIsKilled) {
  bench.revive(prod);
  request(prod, 2);
  bench.advance(120s);
  EXPECT_EQ(batch.told(), Lines{});
  EXPECT_EQ(agent.told(), Lines{});
}

class Lapsing : public Preempt {
 protected:
  Lapsing() : Preempt(config()) {}
  static Config config() {
    Config config = preempting_config();
    config.offer_timeout = 5s;
    return config;
  }
};

// ALC-091 ALC-219
TEST_F(Lapsing, AnOfferThatWasWonAndLapsesIsARefusal) {
  bench.revive(prod);
  request(prod, 2);
  bench.advance(61s);
  bench.update(agent, batch, "young", mesos::v1::TASK_KILLED);
  bench.round();
  ASSERT_EQ(prod.offers.size(), 1U);
  prod.told();
  bench.advance(6s);
  EXPECT_THAT(prod.told(), ::testing::Contains(HasSubstr("RESCIND ")));
  EXPECT_EQ(bench.metric("allocator/preemption/refused"), 1);
}

}  // namespace
}  // namespace stoa::master
