// What things cost, as ratios of processor time: how often is known, how long is not. Bounds leave room for what else
// runs on the machine; what they forbid is growth by another power.
#include <gtest/gtest.h>

#include <ctime>
#include <functional>

#include "allocator/allocator.h"
#include "model/testing.h"

namespace stoa::allocator {
namespace {

using model::testing::resources;
using namespace std::chrono_literals;

// Of three tries the best, in seconds of this thread's processor time.
double seconds_of(const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto now = [] {
      timespec time{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    const double before = now();
    work();
    best = std::min(best, now() - before);
  }
  return best;
}

struct Cluster {
  explicit Cluster(int agents, int frameworks) {
    const auto total = resources("cpus:8;mem:8192");
    for (int i = 0; i < agents; ++i) allocator.add_agent(AgentId(std::to_string(i)), {.total = total}, {}, now);
    for (int i = 0; i < frameworks; ++i) {
      allocator.add_framework(FrameworkId(std::to_string(i)), {.roles = {"r" + std::to_string(i % 10)}}, true, {}, now);
    }
  }
  std::vector<Grant> cycle() {
    now += 1s;
    return allocator.run(now);
  }
  void return_all(const std::vector<Grant>& grants, std::optional<double> refuse) {
    for (const Grant& grant : grants) {
      ASSERT_TRUE(allocator.recover(grant.framework, grant.agent, grant.resources, refuse, now).has_value());
    }
  }

  TimePoint now{};
  Allocator allocator{Options{}};
};

// ALC-280
TEST(Cost, AnEventCostsTheSameWhateverTheNumberOfAgents) {
  const auto unit = resources("cpus:1;mem:64").with_allocation_role("r0");
  const auto events = [&unit](Cluster& cluster) {
    return seconds_of([&] {
      for (int i = 0; i < 2000; ++i) {
        const AgentId agent(std::to_string(i % 100));
        ASSERT_TRUE(cluster.allocator.charge(FrameworkId("0"), agent, unit).has_value());
        ASSERT_TRUE(cluster.allocator.recover_used(FrameworkId("0"), agent, unit, cluster.now).has_value());
      }
    });
  };
  Cluster small(200, 10);
  Cluster large(20'000, 10);
  EXPECT_LT(events(large), 8 * events(small));
}

// ALC-280: one who wants something again is asked alone, and those who want nothing cost nothing.
TEST(Cost, ACycleAsksOnlyWhoMayWantSomething) {
  const auto revived = [](int frameworks) {
    Cluster cluster(1'000, frameworks);
    for (std::vector<Grant> grants = cluster.cycle(); !grants.empty(); grants = cluster.cycle()) {
      cluster.return_all(grants, 1e6);
    }
    return seconds_of([&] {
      for (int i = 0; i < 5; ++i) {
        cluster.allocator.update_framework(FrameworkId("0"), {.roles = {"r0"}}, cluster.now);
        EXPECT_TRUE(cluster.cycle().empty());
      }
    });
  };
  EXPECT_LT(revived(200), 4 * revived(10));  // 20 times as many have declined everything.
  const auto suppressed = [](int frameworks) {
    Cluster cluster(1'000, frameworks);
    for (int i = 1; i < frameworks; ++i) cluster.allocator.suppress(FrameworkId(std::to_string(i)), {});
    return seconds_of([&] { cluster.return_all(cluster.cycle(), std::nullopt); });
  };
  EXPECT_LT(suppressed(1'000), 4 * suppressed(1));
}

// Growth with agents is linear, with frameworks next to nothing.
TEST(Cost, ACycleThatOffersEverythingGrowsWithAgentsOnly) {
  const auto offered = [](int agents, int frameworks) {
    Cluster cluster(agents, frameworks);
    return seconds_of([&] {
      const std::vector<Grant> grants = cluster.cycle();
      EXPECT_EQ(grants.size(), static_cast<std::size_t>(agents));
      cluster.return_all(grants, std::nullopt);
    });
  };
  const double unit = offered(500, 50);
  EXPECT_LT(offered(5'000, 50), 40 * unit);
  EXPECT_LT(offered(500, 1'000), 8 * unit);
}

}  // namespace
}  // namespace stoa::allocator
