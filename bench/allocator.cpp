// The allocator in the shapes in which clusters spend their time: everything is offered (PAP-062, PAP-104), everybody
// has declined everything (PAP-105), quotas (PAP-064, PAP-107), agents that come and change (PAP-063, PAP-106),
// reservations (PAP-065, PAP-108), and the share order alone (PAP-066). Arguments: agents, frameworks, unless said.
#include "allocator/allocator.h"

#include <benchmark/benchmark.h>

#include <fstream>

#include "allocator/share_tree.h"
#include "model/resource_text.h"

namespace {

using stoa::AgentId;
using stoa::FrameworkId;
using stoa::TimePoint;
using stoa::allocator::Allocator;
using stoa::allocator::FrameworkSpec;
using stoa::allocator::Grant;
using stoa::model::Resources;
using namespace std::chrono_literals;

AgentId agent_id(std::int64_t i) { return AgentId("5b9ed0d6-6f8e-4e3b-9d59-0e8a9a1f0c11-S" + std::to_string(i)); }
FrameworkId framework_id(std::int64_t i) {
  return FrameworkId("5b9ed0d6-6f8e-4e3b-9d59-0e8a9a1f0c11-" + std::to_string(i));
}

Resources whole() {
  static const Resources total = stoa::model::parse_simple("cpus:24;mem:4096;disk:4096;ports:[31000-32000]")->resources;
  return total;
}

void add_agents(Allocator& allocator, std::int64_t agents, TimePoint now) {
  for (std::int64_t i = 0; i < agents; ++i) {
    allocator.add_agent(agent_id(i), {.total = whole(), .hostname = "host" + std::to_string(i)}, {}, now);
  }
}

void add_frameworks(Allocator& allocator, std::int64_t frameworks, TimePoint now, bool own_roles = false) {
  for (std::int64_t i = 0; i < frameworks; ++i) {
    allocator.add_framework(framework_id(i), {.roles = {own_roles ? "role" + std::to_string(i) : "role"}}, true, {},
                            now);
  }
}

Allocator cluster(std::int64_t agents, std::int64_t frameworks, TimePoint now, bool own_roles = false) {
  Allocator allocator({});
  add_agents(allocator, agents, now);
  allocator.run(now);
  add_frameworks(allocator, frameworks, now, own_roles);
  return allocator;
}

void give_back(Allocator& allocator, const std::vector<Grant>& grants, std::optional<double> refuse, TimePoint now) {
  for (const Grant& grant : grants) {
    if (!allocator.recover(grant.framework, grant.agent, grant.resources, refuse, now)) std::abort();
  }
}

void all_offered(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster(state.range(0), state.range(1), now);
  for (auto _ : state) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    state.PauseTiming();
    if (grants.size() != static_cast<std::size_t>(state.range(0))) state.SkipWithError("not all were offered");
    give_back(allocator, grants, std::nullopt, now);
    state.ResumeTiming();
  }
}
BENCHMARK(all_offered)
    ->Args({1'000, 50})
    ->Args({1'000, 1'000})
    ->Args({10'000, 50})
    ->Args({10'000, 1'000})
    ->Args({20'000, 2'000})
    ->Args({50'000, 5'000})
    ->Unit(benchmark::kMillisecond)
    ->MinTime(0.1);

// PAP-062 as it was measured: what each round offers is declined for good, so that the next goes to others.
void round_declined(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster(state.range(0), state.range(1), now);
  for (auto _ : state) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    state.PauseTiming();
    if (grants.size() != static_cast<std::size_t>(state.range(0))) state.SkipWithError("not all were offered");
    give_back(allocator, grants, 1e6, now);
    state.ResumeTiming();
  }
}
BENCHMARK(round_declined)
    ->Args({5'000, 500})
    ->Args({10'000, 1'000})
    ->Args({20'000, 2'000})
    ->Args({100'000, 2'000})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(10);

// The first cycle after the last decline: nothing is known to be idle yet.
void all_declined(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster(state.range(0), state.range(1), now);
  now += 1s;
  while (true) {
    const std::vector<Grant> grants = allocator.run(now);
    if (grants.empty()) break;
    give_back(allocator, grants, 1e6, now);
    now += 1s;
  }
  for (auto _ : state) {
    state.PauseTiming();
    allocator.update_framework(framework_id(0), {.roles = {"role"}}, now);
    now += 1s;
    state.ResumeTiming();
    if (!allocator.run(now).empty()) state.SkipWithError("something was offered");
  }
}
BENCHMARK(all_declined)
    ->Args({1'000, 50})
    ->Args({2'000, 50})
    ->Args({5'000, 50})
    ->Args({1'000, 200})
    ->Unit(benchmark::kMillisecond)
    ->MinTime(0.1);

// The same, when nothing has happened since the last cycle.
void all_declined_idle(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster(state.range(0), state.range(1), now);
  now += 1s;
  for (std::vector<Grant> grants = allocator.run(now); !grants.empty(); grants = allocator.run(now)) {
    give_back(allocator, grants, 1e6, now);
    now += 1s;
  }
  for (auto _ : state) {
    now += 1s;
    benchmark::DoNotOptimize(allocator.run(now));
  }
}
BENCHMARK(all_declined_idle)->Args({1'000, 200})->Args({10'000, 50})->Unit(benchmark::kMicrosecond)->MinTime(0.1);

// One framework that wants offers among many that do not (ALC-280).
void others_suppressed(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster(state.range(0), state.range(1), now);
  for (std::int64_t i = 1; i < state.range(1); ++i) allocator.suppress(framework_id(i), {});
  for (auto _ : state) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    state.PauseTiming();
    give_back(allocator, grants, std::nullopt, now);
    state.ResumeTiming();
  }
}
BENCHMARK(others_suppressed)->Args({10'000, 1})->Args({10'000, 1'000})->Unit(benchmark::kMillisecond)->MinTime(0.1);

// Each framework in a role of its own with a guarantee and a limit; a tenth more frameworks' worth is left to share.
Allocator cluster_with_quotas(std::int64_t size, TimePoint now) {
  Allocator allocator({});
  const stoa::allocator::Quota quota{.guarantees = *stoa::model::Quantities::parse("cpus:20;mem:3000"),
                                     .limits = *stoa::model::Limits::parse("cpus:48;mem:8192")};
  for (std::int64_t i = 0; i < size; ++i) allocator.set_quota("role" + std::to_string(i), quota);
  add_agents(allocator, size + size / 6, now);
  allocator.run(now);
  add_frameworks(allocator, size, now, true);
  return allocator;
}

void quota_offered(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster_with_quotas(state.range(0), now);
  std::size_t allocations = 0;
  for (auto _ : state) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    state.PauseTiming();
    allocations = grants.size();
    give_back(allocator, grants, std::nullopt, now);
    state.ResumeTiming();
  }
  state.counters["allocations"] = static_cast<double>(allocations);
}
BENCHMARK(quota_offered)->Arg(300)->Arg(3'000)->Unit(benchmark::kMillisecond)->MinTime(0.1);

// The cycle after: nothing more can be given.
void quota_idle(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster_with_quotas(state.range(0), now);
  now += 1s;
  benchmark::DoNotOptimize(allocator.run(now));
  for (auto _ : state) {
    now += 1s;
    benchmark::DoNotOptimize(allocator.run(now));
  }
}
BENCHMARK(quota_idle)->Arg(300)->Arg(3'000)->Unit(benchmark::kMicrosecond)->MinTime(0.1);

// What is left of the agents is withheld for a guarantee that nobody claims, and each cycle has to find that out.
void quota_withheld(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster(state.range(0), state.range(1), now, true);
  allocator.set_quota("absent", {.guarantees = *stoa::model::Quantities::parse("cpus:1e9;mem:1e9"), .limits = {}});
  for (auto _ : state) {
    now += 1s;
    benchmark::DoNotOptimize(allocator.run(now));
    state.PauseTiming();
    allocator.update_framework(framework_id(0), {.roles = {"role0"}}, now);
    state.ResumeTiming();
  }
}
BENCHMARK(quota_withheld)->Args({3'000, 300})->Unit(benchmark::kMillisecond)->MinTime(0.1);

void quota_frameworks_added(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cluster_with_quotas(state.range(0), TimePoint{}));
}
BENCHMARK(quota_frameworks_added)->Arg(3'000)->Unit(benchmark::kMillisecond)->MinTime(0.1);

// Agents under frameworks that are there already.
void agents_added(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Allocator allocator({});
    add_frameworks(allocator, state.range(1), TimePoint{});
    state.ResumeTiming();
    add_agents(allocator, state.range(0), TimePoint{});
    state.PauseTiming();
    allocator = Allocator({});
    state.ResumeTiming();
  }
}
BENCHMARK(agents_added)->Args({10'000, 1})->Args({10'000, 1'000})->Unit(benchmark::kMillisecond)->MinTime(0.1);

void agents_updated(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator = cluster(state.range(0), state.range(1), now);
  const Resources larger = stoa::model::parse_simple("cpus:25;mem:4096;disk:4096;ports:[31000-32000]")->resources;
  bool is_larger = false;
  for (auto _ : state) {
    is_larger = !is_larger;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      allocator.update_agent_total(agent_id(i), is_larger ? larger : whole(), now);
    }
  }
}
BENCHMARK(agents_updated)->Args({10'000, 1})->Args({10'000, 1'000})->Unit(benchmark::kMillisecond)->MinTime(0.1);

// One reservation and back, on an agent that has so many already.
void reserve_and_unreserve(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator({});
  Resources total = stoa::model::parse_simple("cpus:100000;mem:100000;disk:100000")->resources;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    total += stoa::model::parse_simple("cpus(role" + std::to_string(i) + "):1")->resources;
  }
  allocator.add_agent(agent_id(0), {.total = total}, {}, now);
  allocator.add_framework(framework_id(0), {.roles = {"role0"}}, true, {}, now);
  const std::vector<Grant> grants = allocator.run(now);
  if (grants.size() != 1) return state.SkipWithError("no offer");
  const Resources plain = stoa::model::parse_simple("cpus:1")->resources.with_allocation_role("role0");
  const Resources reserved = stoa::model::parse_simple("mem(role0):1")->resources.with_allocation_role("role0");
  const Resources before = stoa::model::parse_simple("mem:1")->resources.with_allocation_role("role0");
  for (auto _ : state) {
    if (!allocator.update_allocation(framework_id(0), agent_id(0), before, reserved)) std::abort();
    if (!allocator.update_allocation(framework_id(0), agent_id(0), reserved, before)) std::abort();
  }
}
BENCHMARK(reserve_and_unreserve)->Arg(200)->Arg(400)->Arg(800)->Arg(6'400)->Unit(benchmark::kMicrosecond)->MinTime(0.1);

// The order alone: 50,000 allocations to 1,000 clients, each brought into the order, then taken back.
void shares(benchmark::State& state, bool taken_back) {
  using stoa::allocator::Amounts;
  using stoa::allocator::ShareTree;
  const Amounts unit{1000, 32'000};
  for (auto _ : state) {
    state.PauseTiming();
    ShareTree tree;
    tree.set_total({24'000 * state.range(0), 4'096'000 * state.range(0)});
    std::vector<ShareTree::Node> leaves;
    for (std::int64_t i = 0; i < state.range(1); ++i) {
      leaves.push_back(tree.add(ShareTree::root, framework_id(i).value, static_cast<std::uint32_t>(i)));
      tree.set_active(leaves.back(), true);
    }
    const auto allocate = [&] {
      for (std::int64_t i = 0; i < state.range(0); ++i) {
        tree.allocate(leaves[static_cast<std::size_t>(i * 7919 % state.range(1))], unit, 1);
        tree.settle();
      }
    };
    if (taken_back) allocate();
    state.ResumeTiming();
    if (!taken_back) {
      allocate();
    } else {
      for (std::int64_t i = 0; i < state.range(0); ++i) {
        tree.release(leaves[static_cast<std::size_t>(i * 7919 % state.range(1))], unit);
        tree.settle();
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(shares, given, false)->Args({50'000, 1'000})->Unit(benchmark::kMillisecond)->MinTime(0.1);
BENCHMARK_CAPTURE(shares, taken_back, true)->Args({50'000, 1'000})->Unit(benchmark::kMillisecond)->MinTime(0.1);

// Decisions on a bare agent: the lowest share gets one unit, for ever (ALC-021).
void decisions(benchmark::State& state) {
  using stoa::allocator::Amounts;
  using stoa::allocator::ShareTree;
  struct First {
    ShareTree::Node leaf = ShareTree::root;
    bool enter(ShareTree::Node) { return true; }
    bool visit(ShareTree::Node node) {
      leaf = node;
      return false;
    }
  };
  ShareTree tree;
  tree.set_total({1'000'000'000, 1'000'000'000});
  const std::vector<Amounts> tasks{{1000, 4000}, {3000, 1000}, {2000, 2000}};
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    tree.set_active(tree.add(ShareTree::root, framework_id(i).value, static_cast<std::uint32_t>(i)), true);
  }
  for (auto _ : state) {
    tree.settle();
    First first;
    tree.walk(first);
    tree.allocate(first.leaf, tasks[tree.tag(first.leaf) % tasks.size()], 1);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decisions)->Arg(10)->Arg(1'000)->MinTime(0.1);

// Resident bytes for each agent that is idle (ALC-282).
void idle_agents(benchmark::State& state) {
  const auto resident = [] {
    std::ifstream file("/proc/self/statm");
    std::int64_t whole = 0;
    std::int64_t pages = 0;
    file >> whole >> pages;
    return static_cast<double>(pages) * 4096;
  };
  for (auto _ : state) {
    const double before = resident();
    Allocator allocator({});
    add_agents(allocator, state.range(0), TimePoint{});
    allocator.run(TimePoint{});
    state.counters["bytes_per_agent"] = (resident() - before) / static_cast<double>(state.range(0));
  }
}
BENCHMARK(idle_agents)->Arg(100'000)->Unit(benchmark::kMillisecond)->Iterations(1);

// ALC-282: the periodic cycle of a cluster with very many roles.
void many_roles(benchmark::State& state) {
  TimePoint now{};
  Allocator allocator({});
  add_agents(allocator, state.range(0), now);
  allocator.run(now);
  for (std::int64_t i = 0; i < state.range(1); ++i) {
    FrameworkSpec spec;
    for (int j = 0; j < 5; ++j) spec.roles.insert("team" + std::to_string(i) + "/r" + std::to_string(j));
    allocator.add_framework(framework_id(i), spec, true, {}, now);
  }
  for (auto _ : state) {
    now += 1s;
    const std::vector<Grant> grants = allocator.run(now);
    state.PauseTiming();
    give_back(allocator, grants, std::nullopt, now);
    state.ResumeTiming();
  }
}
BENCHMARK(many_roles)->Args({100'000, 2'000})->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
