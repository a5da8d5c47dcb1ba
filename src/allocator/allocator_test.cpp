#include "allocator/allocator.h"

#include <gtest/gtest.h>

#include <cmath>

#include "allocator/filters.h"
#include "base/random.h"
#include "model/testing.h"

namespace stoa::allocator {
namespace {

using model::Resources;
using model::Symbol;
using model::testing::resources;
using namespace std::chrono_literals;

TimePoint at(double seconds) {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

// Drives an allocator as the worked examples do: agents by id, a clock moved by hand, no cycle but those asked for.
class Cluster {
 public:
  explicit Cluster(Options options = {}) : allocator(with_order(std::move(options))) {}

  void agent(const std::string& id, std::string_view text) { agent(id, AgentSpec{.total = resources(text)}); }
  void agent(const std::string& id, AgentSpec spec) { allocator.add_agent(AgentId(id), std::move(spec), {}, now); }
  void framework(const std::string& id, std::set<std::string> roles) {
    framework(id, FrameworkSpec{.roles = std::move(roles)});
  }
  void framework(const std::string& id, const FrameworkSpec& spec) {
    allocator.add_framework(FrameworkId(id), spec, true, {}, now);
  }
  void running(const std::string& framework, const std::string& role, const std::string& agent, std::string_view text) {
    const Result<> charged =
        allocator.charge(FrameworkId(framework), AgentId(agent), resources(text).with_allocation_role(Symbol(role)));
    EXPECT_TRUE(charged.has_value());
  }
  // One cycle over all agents; what it offered, as `A@ra a1 cpus:4; mem:8192`.
  std::vector<std::string> cycle() {
    std::vector<std::string> texts;
    for (Grant& grant : grants()) {
      texts.push_back(grant.framework.value + "@" + grant.role + " " + grant.agent.value + " " +
                      grant.resources.without_allocation_role().to_text());
      outstanding.insert_or_assign({grant.framework.value, grant.agent.value}, std::move(grant));
    }
    return texts;
  }
  std::vector<Grant> grants() {
    now += 1ns;
    allocator.request_cycle(now);
    now = std::max(now, *allocator.next_cycle());
    std::vector<Grant> result = allocator.run(now);
    const Result<> audit = allocator.audit();
    EXPECT_TRUE(audit.has_value()) << audit.error().message;
    return result;
  }
  void decline(const std::string& framework, const std::string& agent, double refuse_seconds) {
    accept(framework, agent, "", refuse_seconds);
  }
  void accept(const std::string& framework, const std::string& agent, std::string_view use, double refuse_seconds) {
    const Grant grant = outstanding.at({framework, agent});
    outstanding.erase({framework, agent});
    const Resources rest = grant.resources - resources(use).with_allocation_role(Symbol(grant.role));
    EXPECT_TRUE(allocator.recover(grant.framework, grant.agent, rest, refuse_seconds, now).has_value());
  }
  void finish(const std::string& framework, const std::string& role, const std::string& agent, std::string_view text) {
    EXPECT_TRUE(allocator
                    .recover_used(FrameworkId(framework), AgentId(agent),
                                  resources(text).with_allocation_role(Symbol(role)), now)
                    .has_value());
  }
  void advance(double seconds) { now += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)); }

  TimePoint now = at(0);
  Allocator allocator;
  std::map<std::pair<std::string, std::string>, Grant> outstanding;

 private:
  static Options with_order(Options options) {
    options.order_by_id = true;
    options.allocation_interval_min = 0ns;
    return options;
  }
};

using Offers = std::vector<std::string>;

// ALC-132
TEST(Allocator, SuppressAndReviveWithAForeignRoleDoNothing) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:4096");
  cluster.framework("A", {"r1"});
  cluster.allocator.suppress(FrameworkId("A"), {"r1", "other"});
  EXPECT_EQ(cluster.cycle().size(), 1U);
  cluster.decline("A", "a1", 3600);
  cluster.allocator.revive(FrameworkId("A"), {"r1", "other"}, cluster.now);
  EXPECT_EQ(cluster.cycle().size(), 0U);
}

// ALC-133
TEST(Allocator, LeavingSuppressionByUpdateRevives) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:4096");
  cluster.framework("A", {"r1"});
  EXPECT_EQ(cluster.cycle().size(), 1U);
  cluster.decline("A", "a1", 3600);
  cluster.allocator.update_framework(FrameworkId("A"), {.roles = {"r1"}, .suppressed = {"r1"}}, cluster.now);
  EXPECT_EQ(cluster.cycle().size(), 0U);
  cluster.allocator.update_framework(FrameworkId("A"), {.roles = {"r1"}}, cluster.now);
  EXPECT_EQ(cluster.cycle().size(), 1U);
}

// ALC-110
TEST(Allocator, MinimumIsAlternativesOfNamesThatAllHold) {
  EXPECT_EQ(parse_minimum("cpus:0.01|mem:32"), default_minimum());
  EXPECT_TRUE(parse_minimum("")->empty());
  EXPECT_FALSE(parse_minimum("cpus").has_value());
  Cluster cluster({.minimum = *parse_minimum("cpus:2;mem:64|disk:5")});
  cluster.agent("a1", "cpus:2;mem:32;disk:4");
  cluster.agent("a2", "cpus:2;mem:64");
  cluster.agent("a3", "disk:5");
  cluster.framework("A", {"ra"});
  EXPECT_EQ(cluster.cycle(), (Offers{"A@ra a2 cpus:2; mem:64", "A@ra a3 disk:5"}));
}

// ALC-051
TEST(Allocator, OneOfferHoldsReservedAndUnreserved) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem(ads):4096");
  cluster.framework("D", {"ads"});
  EXPECT_EQ(cluster.cycle(), Offers{"D@ads a1 cpus:4; mem(reservations: [(STATIC,ads)]):4096"});
}

// ALC-150
TEST(Allocator, AgentsWithGpusAreForTheCapable) {
  for (const bool filter : {true, false}) {
    Cluster cluster({.filter_gpu_resources = filter});
    cluster.agent("a1", "cpus:4;mem:4096;gpus:1");
    cluster.agent("a2", "cpus:4;mem:4096");
    cluster.framework("A", {"aa"});
    cluster.framework("G", {.roles = {"zz"}, .gpu_resources = true});
    const Offers first = cluster.cycle();
    EXPECT_EQ(first, (filter ? Offers{"G@zz a1 cpus:4; mem:4096; gpus:1", "A@aa a2 cpus:4; mem:4096"}
                             : Offers{"A@aa a1 cpus:4; mem:4096; gpus:1", "G@zz a2 cpus:4; mem:4096"}));
  }
}

// ALC-152
TEST(Allocator, RefinedReservationsAreHiddenFromOldFrameworks) {
  Cluster cluster;
  const auto refined =
      model::testing::reserved(model::testing::resource("cpus(eng):2"), model::testing::dynamic_reservation("eng/a"));
  cluster.agent("a1", {.total = resources("cpus:4") + Resources{refined}});
  cluster.framework("A", {"eng/a"});
  EXPECT_EQ(cluster.cycle(), Offers{"A@eng/a a1 cpus:4"});
  cluster.framework("B", {.roles = {"eng/a"}, .reservation_refinement = true});
  EXPECT_EQ(cluster.cycle(), Offers{"B@eng/a a1 cpus(reservations: [(STATIC,eng),(DYNAMIC,eng/a)]):2"});
}

// ALC-152 RES-131 RES-132
TEST(Allocator, SharedVolumesAreOfferedOnceACycleAndCountedOnce) {
  Cluster cluster;
  const auto held = model::testing::shared(model::testing::volume(
      model::testing::reserved(model::testing::resource("disk:64"), model::testing::dynamic_reservation("ads")), "v"));
  cluster.agent("a1", {.total = resources("cpus:4;mem:100;disk:64") + Resources{held}});
  cluster.framework("A", {"ads"});
  cluster.framework("S", {.roles = {"ads"}, .shared_resources = true});
  cluster.framework("T", {.roles = {"ads"}, .shared_resources = true});
  const std::string text = "disk(reservations: [(DYNAMIC,ads)])[v:data]<SHARED>:64";
  // Without anything else beside it, a volume is below the minimum: give S more of the same to take.
  EXPECT_EQ(cluster.cycle(), Offers{"A@ads a1 cpus:4; mem:100; disk:64"});
  cluster.accept("A", "a1", "disk:64", 3600);
  EXPECT_EQ(cluster.cycle(), Offers{"S@ads a1 " + text + "; cpus:4; mem:100"});
  cluster.accept("S", "a1", "mem:50", 3600);
  EXPECT_EQ(cluster.allocator.available(AgentId("a1")).shared(), Resources{held});
  EXPECT_EQ(cluster.cycle(), Offers{"T@ads a1 " + text + "; cpus:4; mem:50"});
}

// ALC-153
TEST(Allocator, OldAgentsAreForOldFrameworksAndFlatRoles) {
  Cluster cluster;
  cluster.agent("a1", {.total = resources("cpus:1;mem:64"), .is_multi_role = false});
  cluster.agent("a2", {.total = resources("cpus:1;mem:64"), .is_hierarchical_role = false});
  cluster.framework("M", {.roles = {"m", "x/y"}, .multi_role = true});
  EXPECT_EQ(cluster.cycle(), Offers{"M@m a2 cpus:1; mem:64"});
  cluster.framework("P", {"p/q"});
  EXPECT_EQ(cluster.cycle(), Offers{"P@p/q a1 cpus:1; mem:64"});
}

// ALC-160 ALC-161
TEST(Allocator, InactiveAndNotWhitelistedAgentsAreNotOffered) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:4096");
  cluster.agent("a2", {.total = resources("cpus:4;mem:4096"), .hostname = "bad"});
  cluster.agent("a3", {.total = resources("cpus:4;mem:4096"), .hostname = "good"});
  cluster.allocator.deactivate_agent(AgentId("a1"));
  cluster.allocator.set_whitelist(std::set<std::string>{"", "good"}, cluster.now);
  cluster.framework("A", {"aa"});
  EXPECT_EQ(cluster.cycle(), Offers{"A@aa a3 cpus:4; mem:4096"});
  cluster.allocator.set_whitelist(std::nullopt, cluster.now);
  cluster.allocator.activate_agent(AgentId("a1"), cluster.now);
  EXPECT_EQ(cluster.cycle(), (Offers{"A@aa a1 cpus:4; mem:4096", "A@aa a2 cpus:4; mem:4096"}));
}

// ALC-041 ALC-125 ALC-243
TEST(Allocator, InactiveFrameworksAreAccountedButNotOffered) {
  Cluster cluster;
  const auto used = resources("cpus:1").with_allocation_role("ra");
  cluster.allocator.add_agent(AgentId("a1"), {.total = resources("cpus:4;mem:64")}, {{FrameworkId("A"), used}},
                              cluster.now);
  EXPECT_EQ(cluster.cycle(), Offers{});
  EXPECT_EQ(cluster.allocator.dominant_share("ra"), 0.25);  // ALC-242: at once.
  cluster.allocator.add_framework(FrameworkId("A"), {.roles = {"ra"}}, true, {{AgentId("a1"), used}}, cluster.now);
  EXPECT_EQ(cluster.allocator.dominant_share("ra"), 0.25);
  const Offers rest{"A@ra a1 cpus:3; mem:64"};
  EXPECT_EQ(cluster.cycle(), rest);
  cluster.decline("A", "a1", 3600);
  cluster.allocator.deactivate_framework(FrameworkId("A"));
  EXPECT_EQ(cluster.cycle(), Offers{});
  cluster.allocator.activate_framework(FrameworkId("A"), cluster.now);
  EXPECT_EQ(cluster.cycle(), rest);
}

// ALC-028 ALC-242
TEST(Allocator, WhatAFrameworkHoldsOutlivesItsRoleAndItself) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:64");
  cluster.framework("A", {"ra"});
  cluster.running("A", "ra", "a1", "cpus:2");
  cluster.allocator.update_framework(FrameworkId("A"), {.roles = {"rb"}}, cluster.now);
  EXPECT_EQ(cluster.allocator.dominant_share("ra"), 0.5);
  EXPECT_EQ(cluster.cycle(), Offers{"A@rb a1 cpus:2; mem:64"});
  cluster.decline("A", "a1", 0);
  cluster.allocator.remove_framework(FrameworkId("A"));
  EXPECT_EQ(cluster.allocator.dominant_share("ra"), 0.5);
  EXPECT_EQ(cluster.cycle(), Offers{});
  cluster.finish("A", "ra", "a1", "cpus:2");
  EXPECT_EQ(cluster.allocator.available(AgentId("a1")), resources("cpus:4;mem:64"));
  EXPECT_EQ(cluster.allocator.dominant_share("ra"), 0);
}

// ALC-125
TEST(Allocator, ChangedAttributesEndFilters) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:64");
  cluster.framework("A", {"ra"});
  EXPECT_EQ(cluster.cycle().size(), 1U);
  cluster.decline("A", "a1", 3600);
  EXPECT_EQ(cluster.allocator.roles()[0].filters, 1U);
  EXPECT_EQ(cluster.cycle().size(), 0U);
  cluster.allocator.forget_filters(AgentId("a1"), cluster.now);
  EXPECT_EQ(cluster.allocator.roles()[0].filters, 0U);
  EXPECT_EQ(cluster.cycle().size(), 1U);
}

// ALC-124
TEST(Allocator, ARescindInstallsNoFilter) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:64");
  cluster.framework("A", {"ra"});
  for (const Grant& grant : cluster.grants()) {
    ASSERT_TRUE(cluster.allocator.recover(grant.framework, grant.agent, grant.resources, std::nullopt, cluster.now)
                    .has_value());
  }
  EXPECT_EQ(cluster.cycle().size(), 1U);
}

double refusal_seconds_of(double seconds) { return std::chrono::duration<double>(refusal_length(seconds)).count(); }

// ALC-122
TEST(Filters, LengthIsReadAsClientsMeanIt) {
  EXPECT_EQ(refusal_seconds_of(5), 5);
  EXPECT_EQ(refusal_seconds_of(0), 0);
  EXPECT_EQ(refusal_seconds_of(-1), 5);
  EXPECT_EQ(refusal_seconds_of(std::nan("")), 5);
  EXPECT_EQ(refusal_seconds_of(1e300), 31'536'000);
}

// ALC-053
TEST(Allocator, OperationsChangeHoldingTotalAndSharesInOneStep) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:64");
  cluster.framework("A", {"ra"});
  const std::vector<Grant> grants = cluster.grants();
  const auto reserved = Resources{
      model::testing::reserved(model::testing::resource("cpus:2"), model::testing::dynamic_reservation("ra"))};
  ASSERT_TRUE(cluster.allocator
                  .update_allocation(FrameworkId("A"), AgentId("a1"), resources("cpus:2").with_allocation_role("ra"),
                                     reserved.with_allocation_role("ra"))
                  .has_value());
  EXPECT_EQ(cluster.allocator.total(AgentId("a1")), resources("cpus:2;mem:64") + reserved);
  EXPECT_EQ(cluster.allocator.dominant_share("ra"), 1.0);
  EXPECT_TRUE(cluster.allocator.audit().has_value());
  cluster.finish("A", "ra", "a1", "cpus:2;mem:64");
  EXPECT_EQ(cluster.allocator.available(AgentId("a1")), resources("cpus:2;mem:64"));
}

// ALC-054
TEST(Allocator, OperatorOperationsNeedFreeResources) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:64");
  const auto reserved = Resources{
      model::testing::reserved(model::testing::resource("cpus:2"), model::testing::dynamic_reservation("ra"))};
  ASSERT_TRUE(
      cluster.allocator.update_available(AgentId("a1"), resources("cpus:2"), reserved, cluster.now).has_value());
  EXPECT_EQ(cluster.allocator.available(AgentId("a1")), resources("cpus:2;mem:64") + reserved);
  cluster.framework("A", {"web"});
  EXPECT_EQ(cluster.cycle(), Offers{"A@web a1 cpus:2; mem:64"});
  const auto refused = cluster.allocator.update_available(AgentId("a1"), resources("cpus:2"), reserved, cluster.now);
  EXPECT_TRUE(refused.error().message.contains("does not contain"));
}

// ALC-003
TEST(Allocator, WhatIsNotHeldCannotComeBack) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:64");
  cluster.framework("A", {"ra"});
  cluster.running("A", "ra", "a1", "cpus:1");
  const auto back = [&](std::string_view text) {
    return cluster.allocator
        .recover(FrameworkId("A"), AgentId("a1"), resources(text).with_allocation_role("ra"), std::nullopt, cluster.now)
        .has_value();
  };
  EXPECT_FALSE(back("cpus:2"));
  EXPECT_TRUE(back("cpus:1"));
  EXPECT_FALSE(back("cpus:1"));
  EXPECT_EQ(cluster.allocator.available(AgentId("a1")), resources("cpus:4;mem:64"));
}

// ALC-176 RES-143
TEST(Allocator, AShrunkTotalGrowsBackAsTasksEnd) {
  Cluster cluster;
  cluster.agent("a1", "cpus:4;mem:64");
  cluster.running("A", "ra", "a1", "cpus:3");
  cluster.allocator.update_agent_total(AgentId("a1"), resources("cpus:2;mem:64"), cluster.now);
  EXPECT_EQ(cluster.allocator.available(AgentId("a1")), resources("mem:64"));
  EXPECT_TRUE(cluster.allocator.audit().has_value());
  cluster.finish("A", "ra", "a1", "cpus:2");
  EXPECT_EQ(cluster.allocator.available(AgentId("a1")), resources("cpus:1;mem:64"));
  EXPECT_TRUE(cluster.allocator.audit().has_value());
}

// ALC-010 ALC-012 ALC-014
TEST(Allocator, CyclesRunEachIntervalAndExtraOnesAreMergedAndPaced) {
  Allocator allocator({});
  EXPECT_FALSE(allocator.next_cycle().has_value());
  allocator.request_cycle(at(0));
  EXPECT_EQ(allocator.next_cycle(), at(0));
  allocator.run(at(0));
  EXPECT_EQ(allocator.next_cycle(), at(1));
  allocator.add_agent(AgentId("a1"), {.total = resources("cpus:1;mem:64")}, {}, at(0.01));
  allocator.add_agent(AgentId("a2"), {.total = resources("cpus:1;mem:64")}, {}, at(0.02));
  allocator.add_framework(FrameworkId("A"), {.roles = {"r"}}, true, {}, at(0.03));
  EXPECT_EQ(allocator.next_cycle(), at(0.05));
  EXPECT_TRUE(allocator.run(at(0.04)).empty());
  EXPECT_EQ(allocator.run(at(0.05)).size(), 2U);
  EXPECT_EQ(allocator.next_cycle(), at(1));
  allocator.run(at(1));
  EXPECT_EQ(allocator.next_cycle(), at(2));
  EXPECT_TRUE(allocator.run(at(1.5)).empty());
}

// ALC-013 ALC-014
TEST(Allocator, DeclinesDoNotAskForACycleAndEndsDo) {
  Allocator allocator({});
  allocator.add_agent(AgentId("a1"), {.total = resources("cpus:1;mem:64")}, {}, at(0));
  allocator.add_framework(FrameworkId("A"), {.roles = {"r"}}, true, {}, at(0));
  const std::vector<Grant> grants = allocator.run(at(0));
  ASSERT_EQ(grants.size(), 1U);
  const Resources part = resources("mem:64").with_allocation_role("r");
  ASSERT_TRUE(allocator.recover(FrameworkId("A"), AgentId("a1"), part, 0.0, at(0.1)).has_value());
  allocator.suppress(FrameworkId("A"), {});
  EXPECT_EQ(allocator.next_cycle(), at(1));
  ASSERT_TRUE(
      allocator.recover_used(FrameworkId("A"), AgentId("a1"), resources("cpus:1").with_allocation_role("r"), at(0.2))
          .has_value());
  EXPECT_EQ(allocator.next_cycle(), at(0.2));
}

// A cluster in which everything happens; returns what was granted, as text.
std::string random_run(std::uint64_t seed, int steps) {
  Random random(seed);
  Allocator allocator({.seed = seed});
  std::vector<Grant> held;
  std::string log;
  TimePoint now = at(0);
  const char* roles[] = {"a", "b/x", "b/y", "b"};
  for (int step = 0; step < steps; ++step) {
    now += std::chrono::milliseconds(random.below(300));
    const AgentId agent("a" + std::to_string(random.below(12)));
    const FrameworkId framework("f" + std::to_string(random.below(6)));
    const std::string role = roles[random.below(4)];
    switch (random.below(12)) {
      case 0:
        if (allocator.total(agent).empty()) {
          allocator.add_agent(agent, {.total = resources("cpus:4;mem:512;ports:[1-9];cpus(b):2;mem(b/x):64")}, {}, now);
        }
        break;
      case 1:
        if (random.chance(0.3)) {
          allocator.remove_agent(agent);
          std::erase_if(held, [&](const Grant& grant) { return grant.agent == agent; });
        }
        break;
      case 2:
        allocator.add_framework(framework, {.roles = {role, "a"}}, random.chance(0.9), {}, now);
        break;
      case 3:
        if (random.chance(0.2)) allocator.remove_framework(framework);
        break;
      case 4:
        allocator.suppress(framework, {});
        break;
      case 5:
        allocator.revive(framework, {}, now);
        break;
      case 6:
        allocator.update_agent_total(
            agent, resources(random.chance(0.5) ? "cpus:4;mem:512" : "cpus:3;mem:256;ports:[1-9];cpus(b):2"), now);
        break;
      default:
        if (!held.empty()) {
          const std::size_t index = random.below(held.size());
          const Grant grant = held[index];
          held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
          const std::optional<double> refuse =
              random.chance(0.5) ? std::optional(static_cast<double>(random.below(6))) : std::nullopt;
          const Result<> back = allocator.recover(grant.framework, grant.agent, grant.resources, refuse, now);
          EXPECT_TRUE(back.has_value()) << "seed " << seed << " step " << step << ": " << back.error().message;
        }
        break;
    }
    if (allocator.next_cycle().has_value() && *allocator.next_cycle() <= now) {
      for (Grant& grant : allocator.run(now)) {
        log += grant.framework.value + grant.role + grant.agent.value + grant.resources.to_text() + "\n";
        held.push_back(std::move(grant));
      }
    }
    const Result<> audit = allocator.audit();
    EXPECT_TRUE(audit.has_value()) << "seed " << seed << " step " << step << ": " << audit.error().message;
    if (!audit.has_value()) break;
  }
  return log;
}

// ALC-003 ALC-015
TEST(Allocator, BooksBalanceWhateverHappens) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    random_run(seed, 300);
    if (::testing::Test::HasFailure()) break;
  }
}

// ALC-270
TEST(Allocator, TheSameSeedAndEventsGiveTheSameGrants) {
  const std::string once = random_run(7, 500);
  EXPECT_FALSE(once.empty());
  EXPECT_EQ(once, random_run(7, 500));
}

}  // namespace
}  // namespace stoa::allocator
