// Runs every example of examples.json, the normative cases of the specification (ALC-273).
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "allocator/examples_testing.h"

namespace stoa::allocator::testing {
namespace {

// Rules that are still missing. Empty when the allocator is complete.
const std::set<std::string> pending = {"ALX-44", "ALX-49", "ALX-50", "ALX-51", "ALX-52", "ALX-53",
                                       "ALX-54", "ALX-55", "ALX-56", "ALX-57", "ALX-58", "ALX-59"};

// The order of clients shows when each refuses what it is offered for good.
void run_sort(const Json& example) {
  World world(example);
  Allocator& allocator = *world.allocator;
  const AgentId agent("a1");
  allocator.add_agent(agent, {.total = resources_of(text(example, "total"))}, {}, world.now);
  allocator.set_whitelist(std::nullopt, world.now);
  for (const Json* client : list(example, "clients")) {
    const std::string path = text(*client, "path");
    const FrameworkId id("framework of " + path);
    FrameworkSpec spec{.roles = {path}, .gpu_resources = true};
    if (has(*client, "active")) spec.suppressed = {path};
    allocator.add_framework(id, spec, true, {}, world.now);
    const model::Resources allocated = resources_of(text(*client, "allocated")).with_allocation_role(path);
    const model::Resources unit = resources_of("cpus:1").with_allocation_role(path);
    const int count = static_cast<int>(number(*client, "count"));
    for (int i = allocated.empty() ? 0 : 1; i < count; ++i) {
      ASSERT_TRUE(allocator.charge(id, agent, unit).has_value());
      ASSERT_TRUE(allocator.recover(id, agent, unit, std::nullopt, world.now).has_value());
    }
    if (!allocated.empty()) {
      ASSERT_TRUE(allocator.charge(id, agent, allocated).has_value());
    }
  }
  const Json& expect = member(example, "expect");
  for (const auto& [path, share] : member(expect, "shares").struct_value().fields()) {
    const std::string subtree = path.substr(0, path.find(" (subtree)"));
    EXPECT_NEAR(allocator.dominant_share(subtree), share.number_value(), 1e-6) << path;
  }
  std::vector<std::string> order;
  for (std::vector<Grant> grants = world.cycle(); !grants.empty(); grants = world.cycle()) {
    ASSERT_EQ(grants.size(), 1U);
    order.push_back(grants[0].role);
    ASSERT_TRUE(allocator.recover(grants[0].framework, agent, grants[0].resources, 31'536'000, world.now).has_value());
  }
  EXPECT_EQ(order, texts(expect, "order"));
}

void run(const Json& example) {
  const std::string kind = text(example, "kind");
  if (kind == "sort") return run_sort(example);
  World world(example);
  if (kind == "fill") return world.fill(example);
  for (const Json* step : list(example, "steps")) world.step(*step);
  if (kind == "preempt") ADD_FAILURE() << "not yet";
}

class Example : public ::testing::TestWithParam<std::string> {};

const Json& find(const std::string& id) {
  return *std::ranges::find_if(examples(), [&id](const Json& example) { return text(example, "id") == id; });
}

std::vector<std::string> ids() {
  std::vector<std::string> result;
  for (const Json& example : examples()) result.push_back(text(example, "id"));
  return result;
}

TEST_P(Example, GivesExactlyWhatItSays) {
  const Json& example = find(GetParam());
  SCOPED_TRACE(text(example, "title"));
  if (pending.contains(GetParam())) GTEST_SKIP() << "pending: " << text(example, "title");
  run(example);
}

INSTANTIATE_TEST_SUITE_P(Examples, Example, ::testing::ValuesIn(ids()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Examples, NoneIsMissing) { EXPECT_EQ(examples().size(), 60U); }

}  // namespace
}  // namespace stoa::allocator::testing
