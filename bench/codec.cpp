// How fast a state document of 100,000 tasks is written and read, on one core. The size of a task is that of a real
// one: five resources, two updates with addresses, labels, discovery. Bytes per second are those of the JSON text, or
// of the encoding named.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

#include "base/check.h"
#include "codec/arena.h"
#include "codec/gzip.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "codec/protobuf.h"
#include "codec/record_io.h"
#include "mesos/v1/master/master.pb.h"

namespace {

using mesos::v1::Resource;
using mesos::v1::Task;

constexpr int tasks_count = 100'000;

void add_scalar(Task& task, const char* name, double value) {
  Resource& resource = *task.add_resources();
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
  resource.mutable_allocation_info()->set_role("services/web");
}

void add_label(mesos::v1::Labels& labels, const char* key, std::string value) {
  auto& label = *labels.add_labels();
  label.set_key(key);
  label.set_value(std::move(value));
}

void add_status(Task& task, mesos::v1::TaskState state, int i) {
  auto& status = *task.add_statuses();
  *status.mutable_task_id() = task.task_id();
  status.set_state(state);
  status.set_source(mesos::v1::TaskStatus::SOURCE_EXECUTOR);
  *status.mutable_agent_id() = task.agent_id();
  *status.mutable_executor_id() = task.executor_id();
  status.set_timestamp(1'700'000'000.123456 + i * 0.731);
  status.set_uuid(std::string("\x8f\x01\xa0\x55\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0\xc0", 16));
  status.set_healthy(true);
  auto& container = *status.mutable_container_status();
  container.mutable_container_id()->set_value(fmt::format("6c9d1f3e-51a9-4f0b-9a51-{:012}", i));
  auto& network = *container.add_network_infos();
  network.set_name("overlay");
  auto& address = *network.add_ip_addresses();
  address.set_protocol(mesos::v1::NetworkInfo::IPv6);
  address.set_ip_address(fmt::format("fd00:10:{:x}::{:x}", i >> 16, i & 0xffff));
  container.set_executor_pid(static_cast<std::uint32_t>(1000 + i));
}

void fill_task(Task& task, int i) {
  task.set_name("web-frontend");
  task.mutable_task_id()->set_value(fmt::format("web-frontend.instance-{:08}._app.1", i));
  task.mutable_framework_id()->set_value("5f1a2b3c-1111-4222-8333-abcdefabcdef-0001");
  task.mutable_executor_id()->set_value(fmt::format("instance-web-frontend.{:08}", i));
  task.mutable_agent_id()->set_value(fmt::format("5f1a2b3c-1111-4222-8333-abcdefabcdef-S{}", i % 5000));
  task.set_state(mesos::v1::TASK_RUNNING);
  add_scalar(task, "cpus", 0.1 * (i % 30 + 1));
  add_scalar(task, "mem", 128.0 * (i % 16 + 1));
  add_scalar(task, "disk", 1024.5);
  add_scalar(task, "gpus", 1);
  Resource& ports = *task.add_resources();
  ports.set_name("ports");
  ports.set_type(mesos::v1::Value::RANGES);
  ports.mutable_allocation_info()->set_role("services/web");
  auto& range = *ports.mutable_ranges()->add_range();
  range.set_begin(static_cast<std::uint64_t>(31000 + i % 1000));
  range.set_end(static_cast<std::uint64_t>(31001 + i % 1000));
  add_status(task, mesos::v1::TASK_STARTING, i);
  add_status(task, mesos::v1::TASK_RUNNING, i);
  task.set_status_update_state(mesos::v1::TASK_RUNNING);
  task.set_status_update_uuid(task.statuses(1).uuid());
  add_label(*task.mutable_labels(), "team", "payments");
  add_label(*task.mutable_labels(), "commit", "3f786850e387550fdab836ed7e6dc881de23001b");
  add_label(*task.mutable_labels(), "note", "line one\nline \"two\"");
  auto& discovery = *task.mutable_discovery();
  discovery.set_visibility(mesos::v1::DiscoveryInfo::FRAMEWORK);
  discovery.set_name("web-frontend.services");
  auto& port = *discovery.mutable_ports()->add_ports();
  port.set_number(static_cast<std::uint32_t>(31000 + i % 1000));
  port.set_name("http");
  port.set_protocol("tcp");
}

const mesos::v1::master::Response& state() {
  static const auto& response = *[] {
    auto* made = new mesos::v1::master::Response;
    made->set_type(mesos::v1::master::Response::GET_STATE);
    auto& tasks = *made->mutable_get_state()->mutable_get_tasks();
    for (int i = 0; i < tasks_count; ++i) fill_task(*tasks.add_tasks(), i);
    return made;
  }();
  return response;
}

void count_bytes(benchmark::State& run, std::size_t bytes) {
  run.SetBytesProcessed(static_cast<std::int64_t>(bytes) * run.iterations());
  run.counters["bytes_per_task"] = static_cast<double>(bytes) / tasks_count;
}

void write_state_json(benchmark::State& run) {
  std::string out;
  for (auto _ : run) {
    out.clear();
    stoa::codec::write_json(state(), out);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(run, out.size());
}
BENCHMARK(write_state_json)->Unit(benchmark::kMillisecond);

// As a request sees it: with the growth of the string.
void write_state_json_into_new_string(benchmark::State& run) {
  std::size_t bytes = 0;
  for (auto _ : run) bytes = stoa::codec::to_json(state()).size();
  count_bytes(run, bytes);
}
BENCHMARK(write_state_json_into_new_string)->Unit(benchmark::kMillisecond);

// As calls are read, and given back: into an arena.
void read_state_json(benchmark::State& run) {
  const std::string text = stoa::codec::to_json(state());
  for (auto _ : run) {
    const auto message = stoa::codec::make_in_arena<mesos::v1::master::Response>();
    CHECK(stoa::codec::read_json(text, *message).has_value());
    benchmark::DoNotOptimize(message.get());
  }
  count_bytes(run, text.size());
}
BENCHMARK(read_state_json)->Unit(benchmark::kMillisecond);

void read_state_json_on_the_heap(benchmark::State& run) {
  const std::string text = stoa::codec::to_json(state());
  for (auto _ : run) {
    mesos::v1::master::Response message;
    CHECK(stoa::codec::read_json(text, message).has_value());
    benchmark::DoNotOptimize(&message);
  }
  count_bytes(run, text.size());
}
BENCHMARK(read_state_json_on_the_heap)->Unit(benchmark::kMillisecond);

void write_state_protobuf(benchmark::State& run) {
  std::size_t bytes = 0;
  for (auto _ : run) bytes = stoa::codec::to_protobuf(state()).size();
  count_bytes(run, bytes);
}
BENCHMARK(write_state_protobuf)->Unit(benchmark::kMillisecond);

void read_state_protobuf(benchmark::State& run) {
  const std::string bytes = stoa::codec::to_protobuf(state());
  for (auto _ : run) {
    const auto message = stoa::codec::make_in_arena<mesos::v1::master::Response>();
    CHECK(stoa::codec::read_protobuf(bytes, *message).has_value());
    benchmark::DoNotOptimize(message.get());
  }
  count_bytes(run, bytes.size());
}
BENCHMARK(read_state_protobuf)->Unit(benchmark::kMillisecond);

// A v0 document of the same tasks, a few members each.
void write_with_json_writer(benchmark::State& run) {
  std::string out;
  for (auto _ : run) {
    out.clear();
    stoa::codec::JsonWriter writer(out);
    writer.begin_array();
    for (const Task& task : state().get_state().get_tasks().tasks()) {
      writer.begin_object().key("id").string(task.task_id().value()).key("name").string(task.name());
      writer.key("cpus").number(task.resources(0).scalar().value()).key("statuses").begin_array();
      for (const auto& status : task.statuses()) writer.message(status);
      writer.end_array().end_object();
    }
    writer.end_array();
  }
  count_bytes(run, out.size());
}
BENCHMARK(write_with_json_writer)->Unit(benchmark::kMillisecond);

void compress_state(benchmark::State& run) {
  const std::string text = stoa::codec::to_json(state()).substr(0, std::size_t{16} << 20);
  for (auto _ : run) benchmark::DoNotOptimize(stoa::codec::gzip_compress(text).size());
  count_bytes(run, text.size());
}
BENCHMARK(compress_state)->Unit(benchmark::kMillisecond);

void read_records(benchmark::State& run) {
  std::string stream;
  for (int i = 0; i < 1000; ++i) stream += stoa::codec::frame_record(std::string(2000, 'x'));
  for (auto _ : run) {
    stoa::codec::RecordReader reader(std::size_t{1} << 20);
    for (std::size_t at = 0; at < stream.size(); at += 4096) {
      CHECK(reader.feed(std::string_view(stream).substr(at, 4096)).has_value());
      while (auto record = reader.next()) benchmark::DoNotOptimize(record->data());
    }
  }
  run.SetBytesProcessed(static_cast<std::int64_t>(stream.size()) * run.iterations());
}
BENCHMARK(read_records);

}  // namespace
