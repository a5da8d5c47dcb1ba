// What an agent does and says when its master does not want it yet.
#include <gtest/gtest.h>

#include "agent/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

using namespace std::chrono_literals;

void refuse(World& world, const std::string& why) {
  link::ToAgent message;
  message.mutable_refused()->set_message(why);
  world.say(std::move(message));
  world.settle();
}

std::set<int> capabilities(const World& world) {
  std::set<int> result;
  for (const auto& capability : world.registrations.back()->capabilities()) result.insert(capability.type());
  return result;
}

// AGT-044 AGT-025
TEST(Refusal, ForNowIsTriedAgainAndTheCauseIsShownUntilItIsOver) {
  World world;
  world.registers = false;
  world.start_and_register();
  world.advance(2s);
  ASSERT_FALSE(world.registrations.empty());
  refuse(world, "clocks differ");
  EXPECT_EQ(world.agent().registration_refusal(), "clocks differ");
  EXPECT_EQ(world.agent().snapshot().counters.registrations_refused, 1U);
  EXPECT_TRUE(world.alive());
  const std::size_t tries = world.registrations.size();
  world.advance(10s);
  EXPECT_GT(world.registrations.size(), tries);
  refuse(world, "versions differ");
  EXPECT_EQ(world.agent().registration_refusal(), "versions differ");
  world.registers = true;
  world.advance(1min);
  EXPECT_TRUE(world.agent().snapshot().registered);
  EXPECT_EQ(world.agent().registration_refusal(), "");
  EXPECT_EQ(world.agent().snapshot().counters.registrations_refused, 2U);
}

// AGT-007
TEST(Refusal, TheMasterIsToldTheCapabilitiesThatWereWanted) {
  using Capability = mesos::v1::AgentInfo::Capability;
  std::set<int> all = {
      Capability::MULTI_ROLE,        Capability::HIERARCHICAL_ROLE,   Capability::RESERVATION_REFINEMENT,
      Capability::RESOURCE_PROVIDER, Capability::RESIZE_VOLUME,       Capability::AGENT_OPERATION_FEEDBACK,
      Capability::AGENT_DRAINING,    Capability::TASK_RESOURCE_LIMITS};
  World world;
  world.start_and_register();
  EXPECT_EQ(capabilities(world), all);
  Config config = test_config();
  config.task_resource_limits = false;
  World without(config);
  without.start_and_register();
  all.erase(Capability::TASK_RESOURCE_LIMITS);
  EXPECT_EQ(capabilities(without), all);
}

}  // namespace
}  // namespace stoa::agent
