#include "agent/container_needs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

template <typename Info>
void add(Info& info, const char* name, double value) {
  auto& resource = *info.add_resources();
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
}

mesos::v1::TaskInfo task(double cpus, double mem, std::optional<double> cpus_limit = {},
                         std::optional<double> mem_limit = {}) {
  mesos::v1::TaskInfo info;
  add(info, "cpus", cpus);
  add(info, "mem", mem);
  if (cpus_limit) (*info.mutable_limits())["cpus"].set_value(*cpus_limit);
  if (mem_limit) (*info.mutable_limits())["mem"].set_value(*mem_limit);
  return info;
}

ContainerNeeds needs(const std::vector<mesos::v1::TaskInfo>& tasks, bool limits_cpus = false) {
  mesos::v1::ExecutorInfo executor;
  add(executor, "cpus", 0.5);
  add(executor, "mem", 32);
  std::vector<const mesos::v1::TaskInfo*> all;
  for (const auto& each : tasks) all.push_back(&each);
  return container_needs(&executor, all, limits_cpus);
}

// AGT-054
TEST(ContainerNeeds, MemoryIsLimitedAsSoonAsOneTaskAsksForALimit) {
  EXPECT_EQ(needs({task(1, 100), task(1, 200)}).mem_megabytes, 332);
  EXPECT_FALSE(needs({task(1, 100), task(1, 200)}).mem_limit_megabytes.has_value());
  EXPECT_EQ(needs({task(1, 100, {}, 500), task(1, 200)}).mem_limit_megabytes, 732);
  EXPECT_EQ(needs({task(1, 100, {}, infinite), task(1, 200, {}, 300)}).mem_limit_megabytes, infinite);
  EXPECT_FALSE(needs({}).mem_limit_megabytes.has_value());
}

// AGT-059
TEST(ContainerNeeds, CpusAreNotLimitedForATaskThatAskedForNoLimit) {
  EXPECT_EQ(needs({task(1, 100, 3), task(2, 200, 4)}).cpus_limit, 7.5);
  EXPECT_FALSE(needs({task(1, 100, 3), task(2, 200)}).cpus_limit.has_value());
  EXPECT_EQ(needs({task(1, 100, 3), task(2, 200)}, true).cpus_limit, 5.5);
  EXPECT_EQ(needs({task(1, 100, infinite), task(2, 200)}, true).cpus_limit, infinite);
  EXPECT_FALSE(needs({task(1, 100)}).cpus_limit.has_value());
}

}  // namespace
}  // namespace stoa::agent
