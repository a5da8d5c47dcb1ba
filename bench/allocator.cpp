// One allocation cycle, in the two shapes in which clusters spend their time: everything is offered, and everybody has
// declined everything (PAP-104, PAP-105). Arguments: agents, frameworks.
#include "allocator/allocator.h"

#include <benchmark/benchmark.h>

#include "model/resource_text.h"

namespace {

using stoa::AgentId;
using stoa::FrameworkId;
using stoa::TimePoint;
using stoa::allocator::Allocator;
using stoa::allocator::Grant;
using namespace std::chrono_literals;

Allocator cluster(std::int64_t agents, std::int64_t frameworks, TimePoint now) {
  Allocator allocator({});
  const auto total = stoa::model::parse_simple("cpus:24;mem:4096;disk:4096;ports:[31000-32000]")->resources;
  for (std::int64_t i = 0; i < agents; ++i) {
    allocator.add_agent(AgentId("5b9ed0d6-6f8e-4e3b-9d59-0e8a9a1f0c11-S" + std::to_string(i)),
                        {.total = total, .hostname = "host" + std::to_string(i)}, {}, now);
  }
  allocator.run(now);
  for (std::int64_t i = 0; i < frameworks; ++i) {
    allocator.add_framework(FrameworkId("5b9ed0d6-6f8e-4e3b-9d59-0e8a9a1f0c11-" + std::to_string(i)),
                            {.roles = {"role"}}, true, {}, now);
  }
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
    ->Unit(benchmark::kMillisecond);

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
    allocator.update_framework(FrameworkId("5b9ed0d6-6f8e-4e3b-9d59-0e8a9a1f0c11-0"), {.roles = {"role"}}, now);
    now += 1s;
    state.ResumeTiming();
    if (!allocator.run(now).empty()) state.SkipWithError("something was offered");
  }
}
BENCHMARK(all_declined)
    ->Args({1'000, 50})
    ->Args({1'000, 200})
    ->Args({5'000, 50})
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

void agents_added(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cluster(state.range(0), state.range(1), TimePoint{}));
}
BENCHMARK(agents_added)->Args({10'000, 1})->Args({10'000, 1'000})->Unit(benchmark::kMillisecond);

}  // namespace
