#include "api/role_sums.h"

#include <gtest/gtest.h>

#include "api/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "model/testing.h"

namespace stoa::api {
namespace {

using Names = std::vector<std::string>;

Names names(const master::Snapshot& state) {
  Names result;
  for (const auto& [name, sum] : role_sums(state, ReadingContext())) result.push_back(name);
  return result;
}

// RES-084
TEST(RoleSums, ARoleIsKnownForAsLongAsSomethingIsItsOwn) {
  master::Snapshot state;
  EXPECT_EQ(names(state), Names{});
  auto framework = std::make_shared<master::FrameworkView>();
  framework->roles = {"eng/db"};
  state.frameworks = {framework};
  EXPECT_EQ(names(state), (Names{"eng", "eng/db"})) << "subscribed, and the ancestors";
  state.frameworks.clear();
  auto agent = std::make_shared<master::AgentView>();
  agent->total = model::testing::resources("cpus:1;mem(ads):64");
  state.agents = {agent};
  EXPECT_EQ(names(state), Names{"ads"}) << "reserved";
  agent->total = model::testing::resources("cpus:1");
  agent->allocated = agent->total.with_allocation_role("web");
  EXPECT_EQ(names(state), Names{"web"}) << "allocated";
  agent->allocated = {};
  agent->offered = agent->total.with_allocation_role("ops");
  EXPECT_EQ(names(state), Names{"ops"}) << "offered";
  agent->offered = {};
  EXPECT_EQ(names(state), Names{});
  state.sharing = std::make_shared<const master::Sharing>(master::Sharing{.weights = {{"heavy", 2}}});
  EXPECT_EQ(names(state), Names{"heavy"}) << "weighted";
  state.sharing = std::make_shared<const master::Sharing>();
  EXPECT_EQ(names(state), Names{});
}

}  // namespace
}  // namespace stoa::api
