#include "master/recovery_pause.h"

#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;

// Five agents, and a quota if wanted, then a failover: the agents are not back yet.
class FailedOver : public ::testing::Test {
 protected:
  void begin(bool with_quota, Config config = test_config()) {
    Bench before;
    for (int i = 0; i < 5; ++i) ids.push_back(before.add_agent("cpus:2;mem:64").id);
    if (with_quota) {
      before.step(UpdateQuota{.reply = ReplyNumber{1'000'000},
                              .quotas = {{"eng", {.guarantees = *model::Quantities::parse("cpus:1"), .limits = {}}}}});
    }
    mesos::v1::MasterInfo info = *config.info;
    info.set_id("N");  // So that new agents get ids of their own.
    config.info = std::make_shared<const mesos::v1::MasterInfo>(info);
    bench.emplace(std::move(config), before.registry());
    scheduler = &bench->subscribe(test_framework({"eng"}));
  }
  void back(int index) {
    FakeAgent& agent = bench->agents.emplace_back();
    agent.id = ids[static_cast<std::size_t>(index)];
    agent.hostname = "n" + std::to_string(index);
    agent.resources = "cpus:2;mem:64";
    bench->connect(agent);
  }
  std::size_t offers() {
    bench->round();
    return scheduler->offers.size();
  }

  std::vector<AgentId> ids;
  std::optional<Bench> bench;
  FakeScheduler* scheduler = nullptr;
};

// ALC-240 HA-100
TEST_F(FailedOver, WithoutQuotaOffersStartAtOnce) {
  begin(false);
  back(0);
  EXPECT_EQ(offers(), 1U);
}

// ALC-240 ALC-241 ALC-244 HA-100
TEST_F(FailedOver, WithQuotaAllocationWaitsForFourOfFiveKnownAgents) {
  begin(true);
  for (int i = 0; i < 3; ++i) back(i);
  for (int i = 0; i < 3; ++i) bench->add_agent("cpus:2;mem:64", "new" + std::to_string(i));  // Do not count.
  EXPECT_EQ(offers(), 0U);
  EXPECT_EQ(bench->metric("allocator/paused"), 1);
  back(3);
  EXPECT_EQ(offers(), 7U);
  EXPECT_EQ(bench->metric("allocator/paused"), 0);
}

// ALC-240
TEST_F(FailedOver, TheWaitHasAnEnd) {
  begin(true);
  back(0);
  bench->advance(9min + 50s);
  EXPECT_EQ(offers(), 0U);
  bench->advance(10s);
  EXPECT_EQ(offers(), 1U);
}

// ALC-240
TEST_F(FailedOver, AFactorOfNothingMeansNoWait) {
  Config config = test_config();
  config.agent_recovery_factor = 0.1;  // Of 5: floor(0.5).
  begin(true, config);
  back(0);
  EXPECT_EQ(offers(), 1U);
}

}  // namespace
}  // namespace stoa::master
