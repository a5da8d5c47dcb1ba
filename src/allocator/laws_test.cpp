// Laws of fair sharing (Ghodsi et al., NSDI 2011, with whole tasks: each holds up to one task of the largest kind), and
// equality with a twin that does everything anew each time. STOA_ALLOCATOR_SEEDS sets how many seeds are tried.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "allocator/allocator.h"
#include "base/random.h"
#include "model/testing.h"

namespace stoa::allocator {
namespace {

using namespace std::chrono_literals;

std::uint64_t seeds() {
  const char* given = std::getenv("STOA_ALLOCATOR_SEEDS");
  return given == nullptr ? 200 : std::strtoull(given, nullptr, 10);
}

const std::array<const char*, 4> names{"cpus", "mem", "disk", "units"};

using Vector = std::vector<std::int64_t>;  // By name, whole units.

model::Resources resources_of(const Vector& amounts) {
  model::Resources result;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    if (amounts[i] > 0) result.add(model::Resource(names[i], model::Scalar::from_whole(amounts[i])));
  }
  return result;
}

struct Instance {
  Vector total;
  std::vector<Vector> tasks;  // By user.

  double dominant(std::size_t user) const {
    double share = 0;
    for (std::size_t i = 0; i < total.size(); ++i) {
      share = std::max(share, static_cast<double>(tasks[user][i]) / static_cast<double>(total[i]));
    }
    return share;
  }
  double largest() const {
    double share = 0;
    for (std::size_t user = 0; user < tasks.size(); ++user) share = std::max(share, dominant(user));
    return share;
  }
};

Instance random_instance(Random& random, std::size_t kinds) {
  Instance instance;
  for (std::size_t i = 0; i < kinds; ++i) instance.total.push_back(static_cast<std::int64_t>(50 + random.below(100)));
  const std::size_t users = 2 + random.below(9);
  for (std::size_t user = 0; user < users; ++user) {
    Vector task(kinds);
    for (std::int64_t& amount : task) amount = static_cast<std::int64_t>(random.below(9));
    task[random.below(kinds)] += 1;  // Nobody asks for nothing.
    instance.tasks.push_back(std::move(task));
  }
  return instance;
}

struct Outcome {
  std::vector<std::int64_t> tasks;
  std::vector<std::vector<std::int64_t>> when_blocked;  // Tasks of all, when the user's next one did not fit any more.
  Vector free;
};

// Fills one agent: each user starts one task an offer, and declines for good when its task does not fit.
Outcome fill(const Instance& instance) {
  Allocator allocator({.order_by_id = true, .minimum = {}});
  TimePoint now{};
  allocator.add_agent(AgentId("a"), {.total = resources_of(instance.total)}, {}, now);
  const std::size_t users = instance.tasks.size();
  for (std::size_t user = 0; user < users; ++user) {
    const std::string name(1, static_cast<char>('a' + user));
    allocator.add_framework(FrameworkId(name), {.roles = {name}}, true, {}, now);
  }
  Outcome outcome{.tasks = std::vector<std::int64_t>(users),
                  .when_blocked = std::vector<std::vector<std::int64_t>>(users),
                  .free = instance.total};
  while (true) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    if (grants.empty()) break;
    for (const Grant& grant : grants) {
      const auto user = static_cast<std::size_t>(grant.framework.value[0] - 'a');
      const auto task = resources_of(instance.tasks[user]).with_allocation_role(grant.role);
      const bool fits = grant.resources.contains(task);
      if (fits) {
        ++outcome.tasks[user];
        for (std::size_t i = 0; i < outcome.free.size(); ++i) outcome.free[i] -= instance.tasks[user][i];
      } else {
        outcome.when_blocked[user] = outcome.tasks;
      }
      const model::Resources rest = fits ? grant.resources - task : grant.resources;
      if (rest.empty()) continue;
      EXPECT_TRUE(allocator.recover(grant.framework, grant.agent, rest, fits ? 0 : 1e9, now).has_value());
    }
  }
  for (auto& tasks : outcome.when_blocked) {
    if (tasks.empty()) tasks = outcome.tasks;
  }
  return outcome;
}

constexpr double epsilon = 1e-9;

class Laws : public ::testing::Test {
 protected:
  template <typename Law>
  void for_all(std::size_t kinds_max, Law law) {
    for (std::uint64_t seed = 0; seed < seeds() && !HasFailure(); ++seed) {
      Random random(seed);
      SCOPED_TRACE(seed);
      const Instance instance = random_instance(random, 1 + random.below(kinds_max));
      law(instance, fill(instance), random);
    }
  }
};

// PAP-043
TEST_F(Laws, ParetoEfficiency) {
  for_all(4, [](const Instance& instance, const Outcome& outcome, Random&) {
    for (const Vector& task : instance.tasks) {
      bool fits = true;
      for (std::size_t i = 0; i < task.size(); ++i) fits = fits && task[i] <= outcome.free[i];
      EXPECT_FALSE(fits);
    }
  });
}

// PAP-043: nobody would do better with its part of each resource.
TEST_F(Laws, SharingIncentive) {
  for_all(4, [](const Instance& instance, const Outcome& outcome, Random&) {
    const auto users = static_cast<double>(instance.tasks.size());
    for (std::size_t user = 0; user < instance.tasks.size(); ++user) {
      const double share = static_cast<double>(outcome.tasks[user]) * instance.dominant(user);
      EXPECT_GE(share + instance.largest() * (1 + 1 / users) + epsilon, 1 / users);
    }
  });
}

// PAP-043: when a user can have no more, nobody holds a bundle in which it could run more, but for one task.
TEST_F(Laws, EnvyFreeness) {
  for_all(4, [](const Instance& instance, const Outcome& outcome, Random&) {
    for (std::size_t user = 0; user < instance.tasks.size(); ++user) {
      const auto& tasks = outcome.when_blocked[user];
      for (std::size_t other = 0; other < instance.tasks.size(); ++other) {
        double in_others = 1e9;
        for (std::size_t i = 0; i < instance.total.size(); ++i) {
          if (instance.tasks[user][i] == 0) continue;
          in_others = std::min(in_others, static_cast<double>(tasks[other] * instance.tasks[other][i]) /
                                              static_cast<double>(instance.tasks[user][i]));
        }
        const double slack = instance.dominant(other) / instance.dominant(user);
        EXPECT_LE(in_others, static_cast<double>(tasks[user]) + slack + epsilon);
      }
    }
  });
}

// PAP-043: asking for more of something than a task needs does not give more tasks.
TEST_F(Laws, StrategyProofness) {
  for_all(4, [](const Instance& instance, const Outcome& outcome, Random& random) {
    Instance lie = instance;
    lie.tasks[0][random.below(lie.total.size())] += static_cast<std::int64_t>(1 + random.below(6));
    const Outcome lied = fill(lie);
    const double own = instance.dominant(0);
    EXPECT_LE(static_cast<double>(lied.tasks[0]) * own,
              static_cast<double>(outcome.tasks[0]) * own + lie.largest() + own + epsilon);
  });
}

// PAP-044: with one resource, and where all want most of the same one, this is max-min.
TEST_F(Laws, SingleResourceAndBottleneckFairness) {
  const auto law = [](const Instance& instance, const Outcome& outcome, Random&) {
    for (std::size_t user = 0; user < instance.tasks.size(); ++user) {
      const auto& tasks = outcome.when_blocked[user];
      for (std::size_t other = 0; other < instance.tasks.size(); ++other) {
        EXPECT_LE(static_cast<double>(tasks[other]) * instance.dominant(other),
                  static_cast<double>(tasks[user]) * instance.dominant(user) + instance.dominant(other) + epsilon);
      }
    }
  };
  for_all(1, law);
  for (std::uint64_t seed = 0; seed < seeds() && !HasFailure(); ++seed) {
    Random random(seed);
    Instance instance = random_instance(random, 3);
    for (Vector& task : instance.tasks) task[0] = 2 * (task[0] + task[1] + task[2]);
    instance.total[0] = 200;
    instance.total[1] = instance.total[2] = 200;
    law(instance, fill(instance), random);
  }
}

}  // namespace
}  // namespace stoa::allocator
