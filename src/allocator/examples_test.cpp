// Runs every example of examples.json, the normative cases of the specification (ALC-273).
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "allocator/examples_testing.h"

namespace stoa::allocator::testing {
namespace {

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
  if (kind == "preempt") world.preempt(example);
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

// What each example shows:
// ALC-020 ALC-021 ALC-022 ALC-023 ALC-024 (ALX-01 to ALX-13), ALC-025 ALC-026 ALC-027 (ALX-14 to ALX-18)
// ALC-030 ALC-031 ALC-032 ALC-033 ALC-037 ALC-040 (ALX-01, ALX-02, ALX-09, ALX-10, ALX-19, ALX-20)
// ALC-050 ALC-051 (ALX-26, ALX-27), ALC-120 ALC-121 ALC-122 ALC-123 (ALX-21, ALX-22), ALC-130 ALC-131 (ALX-23)
// ALC-110 ALC-111 (ALX-24, ALX-25), ALC-140 (ALX-40), ALC-150 ALC-151 ALC-152 (ALX-38, ALX-39, ALX-41)
// ALC-160 ALC-161 (ALX-42), ALC-180 ALC-182 (ALX-43, ALX-44)
// ALC-070 ALC-071 ALC-072 ALC-073 ALC-074 ALC-075 ALC-076 ALC-077 ALC-078 ALC-079 (ALX-28 to ALX-37)
// ALC-201 ALC-202 ALC-203 (ALX-45 to ALX-48)
// ALC-210 ALC-211 ALC-212 ALC-213 ALC-214 ALC-215 ALC-216 (ALX-49 to ALX-59)
// ALC-271 ALC-272 PAP-040 PAP-042
TEST_P(Example, GivesExactlyWhatItSays) {
  const Json& example = find(GetParam());
  SCOPED_TRACE(text(example, "title"));
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
