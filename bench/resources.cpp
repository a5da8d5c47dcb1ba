// What the arithmetic of resources costs on what agents really have: a handful of scalars and a range of ports.
#include "model/resources.h"

#include <benchmark/benchmark.h>

#include "mesos/v1/mesos.pb.h"
#include "model/resource_text.h"

namespace {

using stoa::model::Resources;

Resources resources(const char* text) { return stoa::model::parse_simple(text)->resources; }

const Resources agent = resources("cpus:64;mem:262144;disk:1000000;gpus:8");
const Resources task = resources("cpus:0.5;mem:512;disk:100;gpus:1");

void add_and_subtract(benchmark::State& state) {
  Resources pool = agent;
  for (auto _ : state) {
    pool -= task;
    pool += task;
    benchmark::DoNotOptimize(pool);
  }
}
BENCHMARK(add_and_subtract);

void add(benchmark::State& state) {
  Resources pool = agent;
  for (auto _ : state) {
    pool += task;
    benchmark::DoNotOptimize(pool);
  }
}
BENCHMARK(add);

void subtract(benchmark::State& state) {
  Resources pool = resources("cpus:900000000000;mem:1000000000000;disk:1000000000000;gpus:900000000000");
  const Resources little = resources("cpus:0.001;mem:0.001;disk:0.001;gpus:1");
  for (auto _ : state) {
    pool -= little;
    benchmark::DoNotOptimize(pool);
  }
}
BENCHMARK(subtract)->Iterations(1'000'000);

void contains(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(agent.contains(task));
}
BENCHMARK(contains);

void add_and_subtract_allocated(benchmark::State& state) {
  Resources pool = agent.with_allocation_role("engineering/databases");
  const Resources mine = task.with_allocation_role("engineering/databases");
  for (auto _ : state) {
    pool -= mine;
    pool += mine;
    benchmark::DoNotOptimize(pool);
  }
}
BENCHMARK(add_and_subtract_allocated);

void copy(benchmark::State& state) {
  for (auto _ : state) {
    Resources pool = agent;
    benchmark::DoNotOptimize(pool);
  }
}
BENCHMARK(copy);

void from_messages(benchmark::State& state) {
  google::protobuf::RepeatedPtrField<mesos::v1::Resource> messages;
  task.with_allocation_role("ads").to_messages(stoa::model::WireForm::old_form, messages);
  for (auto _ : state) benchmark::DoNotOptimize(Resources::from_messages(messages));
}
BENCHMARK(from_messages);

void to_messages(benchmark::State& state) {
  google::protobuf::RepeatedPtrField<mesos::v1::Resource> messages;
  for (auto _ : state) {
    messages.Clear();
    task.to_messages(stoa::model::WireForm::old_form, messages);
    benchmark::DoNotOptimize(messages);
  }
}
BENCHMARK(to_messages);

}  // namespace
