// How long the state documents of 1,000 agents and 20,000 tasks take to render, on one core.
#include <benchmark/benchmark.h>

#include "api/operator/master_calls.h"
#include "api/v0/documents.h"
#include "cluster_state.h"
#include "mesos/v1/master/master.pb.h"

namespace {

using namespace stoa;  // NOLINT: a program of one file.

constexpr bench::ClusterSize size{.agents = 1'000, .tasks = 20'000};

const master::Snapshot& state() {
  static const master::Snapshot& made = *new master::Snapshot(bench::make_state(size));
  return made;
}

void render_v0_state(benchmark::State& run) {
  const api::ReadingContext context;
  std::size_t bytes = 0;
  state();
  for (auto _ : run) bytes = api::v0::master_state(state(), context).size();
  run.SetBytesProcessed(static_cast<std::int64_t>(bytes) * run.iterations());
  run.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(render_v0_state)->Unit(benchmark::kMillisecond);

void render_summary(benchmark::State& run) {
  const api::ReadingContext context;
  state();
  for (auto _ : run) benchmark::DoNotOptimize(api::v0::state_summary(state(), context).size());
}
BENCHMARK(render_summary)->Unit(benchmark::kMillisecond);

void render_get_state(benchmark::State& run, codec::MediaType encoding) {
  const api::ReadingContext context;
  const mesos::v1::master::Call call;
  std::size_t bytes = 0;
  state();
  for (auto _ : run) {
    bytes = api::get_state({.call = call, .encoding = encoding, .context = context}, state()).body.size();
  }
  run.SetBytesProcessed(static_cast<std::int64_t>(bytes) * run.iterations());
  run.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(render_get_state, json, codec::MediaType::json)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(render_get_state, protobuf, codec::MediaType::protobuf)->Unit(benchmark::kMillisecond);

}  // namespace
