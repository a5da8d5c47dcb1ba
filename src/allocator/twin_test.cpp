// The allocator gives exactly what its slow twin gives, whatever happens to both; and the laws of quota and priority
// hold on the way. STOA_ALLOCATOR_SEEDS sets how many seeds are tried.
#include <gtest/gtest.h>

#include <cstdlib>

#include "allocator/twin_testing.h"
#include "base/random.h"
#include "model/testing.h"

namespace stoa::allocator::testing {
namespace {

using model::Resources;
using model::testing::resources;
using namespace std::chrono_literals;

std::uint64_t seeds() {
  const char* given = std::getenv("STOA_ALLOCATOR_SEEDS");
  return given == nullptr ? 200 : std::strtoull(given, nullptr, 10);
}

const std::vector<std::string> roles{"a", "b", "b/x", "b/y", "b/y/z", "c"};
const std::vector<std::string> tops{"a", "b", "c", "d"};
const std::vector<std::string> totals{"cpus:4;mem:512", "cpus:2;mem:256;cpus(b):2", "cpus:8;mem:64;mem(b/x):128",
                                      "cpus:1;mem:1024;disk:10"};

template <typename List>
const auto& one_of(const List& list, Random& random) {
  return list[random.below(list.size())];
}

// One allocator and its twin, to which the same happens.
class Pair {
 public:
  Pair(std::uint64_t seed, bool by_priority)
      : random_(seed),
        allocator_({.order_by_id = true,
                    .role_sorter = by_priority ? Sorter::priority : Sorter::drf,
                    .hold_after = Duration(0)}) {
    twin_.by_priority = by_priority;
    for (std::size_t i = 0; i < 1 + random_.below(4); ++i) {
      const std::string id = "a" + std::to_string(i);
      twin_.agents[id] = resources(one_of(totals, random_));
      allocator_.add_agent(AgentId(id), {.total = twin_.agents[id]}, {}, now_);
    }
    for (std::size_t i = 0; i < 1 + random_.below(5); ++i) {
      const std::string id = "f" + std::to_string(i);
      Twin::Framework& framework = twin_.frameworks[id];
      framework.roles = {one_of(roles, random_), one_of(roles, random_)};
      allocator_.add_framework(FrameworkId(id), {.roles = framework.roles}, true, {}, now_);
    }
  }

  void step() {
    for (std::size_t events = random_.below(4); events > 0; --events) happen();
    now_ += std::chrono::milliseconds(1000 + random_.below(2000));
    cycle();
  }

 private:
  const std::string& framework() {
    return std::next(twin_.frameworks.begin(), static_cast<std::ptrdiff_t>(random_.below(twin_.frameworks.size())))
        ->first;
  }
  const std::string& agent() {
    return std::next(twin_.agents.begin(), static_cast<std::ptrdiff_t>(random_.below(twin_.agents.size())))->first;
  }

  // Part of what somebody holds comes back: declined, or ended.
  void give_back() {
    if (twin_.held.empty()) return;
    const Twin::Holding holding = one_of(twin_.held, random_);
    Resources rest = holding.resources;
    if (random_.chance(0.4)) {
      Resources kept = resources("cpus:1;mem:32");
      rest.subtract_floored(kept);
    }
    if (rest.empty()) return;
    const double refuse = random_.chance(0.3) ? 0 : static_cast<double>(random_.below(8));
    ASSERT_TRUE(allocator_
                    .recover(FrameworkId(holding.framework), AgentId(holding.agent),
                             rest.with_allocation_role(holding.role), refuse, now_)
                    .has_value());
    twin_.decline(holding, rest, refuse, now_);
  }

  void change_quota() {
    const std::string& role = one_of(tops, random_);
    Quota quota;
    if (random_.chance(0.5))
      quota.guarantees.add("cpus", model::Scalar::from_whole(1 + static_cast<int>(random_.below(6))));
    if (random_.chance(0.3))
      quota.guarantees.add("mem", model::Scalar::from_whole(static_cast<int>(random_.below(300))));
    if (random_.chance(0.5)) quota.limits.set("cpus", model::Scalar::from_whole(static_cast<int>(random_.below(8))));
    twin_.quotas.erase(role);
    if (!quota.empty()) twin_.quotas[role] = quota;
    allocator_.set_quota(role, quota);
  }

  void happen() {
    const std::string id = framework();
    switch (random_.below(12)) {
      case 0:
        twin_.frameworks[id].suppressed = twin_.frameworks[id].roles;
        return allocator_.suppress(FrameworkId(id), {});
      case 1:
        twin_.revive(id);
        return allocator_.revive(FrameworkId(id), {}, now_);
      case 2:
        twin_.frameworks[id].is_active = false;
        twin_.forget_filters(id);
        return allocator_.deactivate_framework(FrameworkId(id));
      case 3:
        twin_.frameworks[id].is_active = true;
        return allocator_.activate_framework(FrameworkId(id), now_);
      case 4: {
        const std::string& role = one_of(roles, random_);
        twin_.weights[role] = 1 + static_cast<double>(random_.below(3));
        return allocator_.set_weight(role, twin_.weights[role]);
      }
      case 5: {
        const std::string& role = one_of(roles, random_);
        twin_.priorities[role] = static_cast<int>(random_.below(3));
        return allocator_.set_priority(role, twin_.priorities[role]);
      }
      case 6:
        return change_quota();
      case 7: {
        const std::string at = agent();
        twin_.agents[at] = resources(one_of(totals, random_));
        return allocator_.update_agent_total(AgentId(at), twin_.agents[at], now_);
      }
      case 8: {
        const std::string at = agent();
        if (twin_.agents_inactive.erase(at) > 0) return allocator_.activate_agent(AgentId(at), now_);
        twin_.agents_inactive.insert(at);
        return allocator_.deactivate_agent(AgentId(at));
      }
      default:
        return give_back();
    }
  }

  // What is equal has one text, in whatever order its members came together.
  static std::string text_of(const std::string& framework, const std::string& role, const std::string& agent,
                             const Resources& resources) {
    std::set<std::string> members;
    for (const auto& [resource, count] : resources) members.insert(resource.to_text());
    std::string text = framework + "@" + role + " " + agent;
    for (const std::string& member : members) text += " " + member;
    return text;
  }

  void cycle() {
    std::vector<std::string> expected;
    for (const Twin::Holding& grant : twin_.run(now_)) {
      expected.push_back(text_of(grant.framework, grant.role, grant.agent, grant.resources));
    }
    std::vector<std::string> given;
    const std::vector<Grant> grants = allocator_.run(now_);
    for (const Grant& grant : grants) {
      given.push_back(
          text_of(grant.framework.value, grant.role, grant.agent.value, grant.resources.without_allocation_role()));
      expect_within_limit(grant);
    }
    EXPECT_EQ(given, expected);
    const Result<> audit = allocator_.audit();
    EXPECT_TRUE(audit.has_value()) << audit.error().message;
  }

  // Whoever was given something that counts is within its limit, all offers included.
  void expect_within_limit(const Grant& grant) {
    const std::string top(grant.role.substr(0, grant.role.find('/')));
    const auto quota = twin_.quotas.find(top);
    if (quota == twin_.quotas.end()) return;
    for (const auto& [name, amount] : grant.resources.without_allocation_role().unreserved().scalar_quantities()) {
      const auto limit = quota->second.limits.get(name.text());
      if (limit) {
        EXPECT_LE(twin_.consumed(top).get(name.text()), *limit);
      }
    }
  }

  Random random_;
  TimePoint now_{};
  Allocator allocator_;
  Twin twin_;
};

void run(bool by_priority) {
  for (std::uint64_t seed = 0; seed < seeds() && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Pair pair(seed, by_priority);
    for (int step = 0; step < 50 && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE(step);
      pair.step();
    }
  }
}

// ALC-001 ALC-020 ALC-022 ALC-023 ALC-024 ALC-025 ALC-029 ALC-030 ALC-031 ALC-032 ALC-033 ALC-035 ALC-040 ALC-041
// ALC-070 ALC-071 ALC-072 ALC-073 ALC-074 ALC-075 ALC-076 ALC-077 ALC-078 ALC-079 ALC-120 ALC-126
TEST(Twin, GivesTheSame) { run(false); }

// ALC-201 ALC-202 ALC-203
TEST(Twin, GivesTheSameByPriority) { run(true); }

// ALC-201: while somebody more important may be asked and wants everything, others are given nothing. A million events
// take STOA_ALLOCATOR_SEEDS=10000.
TEST(Priority, IsNeverInverted) {
  Random random(7);
  Allocator allocator({.seed = 7, .role_sorter = Sorter::priority});
  TimePoint now{};
  std::map<std::string, int> priorities;
  std::set<std::string> active;
  std::vector<Grant> held;
  for (int i = 0; i < 6; ++i)
    allocator.add_agent(AgentId("a" + std::to_string(i)), {.total = resources("cpus:4;mem:512")}, {}, now);
  for (const std::string& role : roles) {
    allocator.add_framework(FrameworkId(role), {.roles = {role}}, true, {}, now);
    active.insert(role);
  }
  for (std::uint64_t event = 0; event < 100 * seeds() && !::testing::Test::HasFailure(); ++event) {
    const std::string& role = one_of(roles, random);
    switch (random.below(5)) {
      case 0:
        active.erase(role);
        allocator.suppress(FrameworkId(role), {});
        break;
      case 1:
        active.insert(role);
        allocator.revive(FrameworkId(role), {}, now);
        break;
      case 2:
        allocator.set_priority(role, static_cast<int>(random.below(5)) - 2);
        break;
      default:
        if (held.empty()) break;
        const std::size_t index = random.below(held.size());
        ASSERT_TRUE(allocator.recover(held[index].framework, held[index].agent, held[index].resources, 0.0, now));
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
    }
    now += 200ms;
    for (Grant& grant : allocator.run(now)) {
      for (const std::string& other : active) {
        EXPECT_LE(allocator.effective_priority(other), allocator.effective_priority(grant.role)) << event;
      }
      held.push_back(std::move(grant));
    }
  }
}

struct Worker {
  std::string need;
  TimePoint waiting_since;
  std::optional<TimePoint> ends;
  AgentId agent;
};

// ALC-181 ALC-183: who declares its need is served, although tasks of others end one by one and are replaced at once.
// With one hold at a time, each waits at most for its turn: the wait, and the longest task.
TEST(Holds, NobodyWhoDeclaresItsNeedStarves) {
  for (std::uint64_t seed = 0; seed < seeds() / 4 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Allocator allocator({.seed = seed, .hold_after = 5s});
    TimePoint now{};
    std::map<FrameworkId, Worker> workers;
    for (std::size_t i = 0; i < 1 + random.below(3); ++i) {
      allocator.add_agent(AgentId("a" + std::to_string(i)), {.total = resources("cpus:8;mem:8192")}, {}, now);
    }
    for (std::size_t i = 0; i < 2 + random.below(6); ++i) {
      const FrameworkId id("f" + std::to_string(i));
      const std::string need = "cpus:" + std::to_string(1 + random.below(8)) + ";mem:1024";
      workers[id] = {need, now, {}, {}};
      allocator.add_framework(id, {.roles = {id.value}, .minimum = {{id.value, *parse_minimum(need)}}}, true, {}, now);
    }
    const Duration longest = 4s;
    const Duration bound = static_cast<int>(workers.size()) * (5s + longest + 2s);
    for (int second = 0; second < 200; ++second) {
      for (auto& [id, worker] : workers) {
        if (!worker.ends || *worker.ends > now) continue;
        const Resources done = resources(worker.need).with_allocation_role(id.value);
        ASSERT_TRUE(allocator.recover_used(id, worker.agent, done, now));
        worker.ends.reset();
        worker.waiting_since = now;
      }
      for (const Grant& grant : allocator.run(now)) {
        Worker& worker = workers.at(grant.framework);
        Resources rest = grant.resources;
        if (!worker.ends) {
          rest -= resources(worker.need).with_allocation_role(grant.role);
          worker.ends = now + std::chrono::seconds(1 + random.below(4));
          worker.agent = grant.agent;
        }
        if (!rest.empty()) {
          ASSERT_TRUE(allocator.recover(grant.framework, grant.agent, rest, 0.0, now));
        }
      }
      for (const auto& [id, worker] : workers) {
        if (!worker.ends) EXPECT_LE(now - worker.waiting_since, bound) << id.value << " needs " << worker.need;
      }
      now += 1s;
    }
  }
}

}  // namespace
}  // namespace stoa::allocator::testing
