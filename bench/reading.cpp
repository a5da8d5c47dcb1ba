// What readers of a master's state wait for, over real sockets: /state itself, to its last byte, and /health while
// others read /state without pause (PAP-111). Server, clients and their 20,000 tasks share this process and its cores;
// the routes, threads and limits are those of a master.
#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "api/routes.h"
#include "base/check.h"
#include "cluster_state.h"
#include "http/server.h"
#include "net/sockaddr.h"

namespace {

using namespace stoa;  // NOLINT: a program of one file.
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

class StillMaster final : public api::MasterPort {
 public:
  explicit StillMaster(bench::ClusterSize size)
      : state_(std::make_shared<const master::Snapshot>(bench::make_state(size))) {}
  bool recovered() const override { return true; }
  void subscribe(std::shared_ptr<api::EventStream>, master::Subscribe) override {}
  void call(master::SchedulerCall, std::function<void(Result<>)>) override {}
  void teardown(FrameworkId, std::function<void(Result<>)>) override {}
  void snapshot(std::function<void(std::shared_ptr<const master::Snapshot>)> done) override { done(state_); }

 private:
  std::shared_ptr<const master::Snapshot> state_;
};

// A master as far as its readers see it.
class Service {
 public:
  explicit Service(bench::ClusterSize size) : master_(size), reading_(master_, context(rendering_)) {
    http::Router router({.component_prefix = "/master"});
    api::add_master_routes(router, [this]() -> api::MasterReading& { return reading_; });
    server_ = std::make_unique<http::Server>(loop_, http::ServerOptions{}, std::move(router));
    CHECK(server_->listen({{net::Address::loopback_v4(), 0}}).has_value(), "no port on 127.0.0.1");
  }
  net::Endpoint endpoint() const { return server_->endpoints().front(); }

 private:
  static api::ReadingContext context(net::Loop& loop) {
    api::ReadingContext context;
    context.loop = &loop;
    return context;
  }

  net::Loop rendering_{2};
  net::Loop loop_{2};
  StillMaster master_;
  api::MasterReading reading_;
  std::unique_ptr<http::Server> server_;
};

// One kept-alive connection that reads answers and throws them away.
class Reader {
 public:
  explicit Reader(const net::Endpoint& endpoint) : buffer_(256 * 1024, '\0') {
    sockaddr_storage storage{};
    const auto length = net::to_sockaddr(endpoint, storage);
    CHECK(length.has_value());
    socket_ = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(socket_, reinterpret_cast<sockaddr*>(&storage), *length) == 0, "the server does not listen");
  }
  Reader(const Reader&) = delete;
  ~Reader() { close(socket_); }

  // Returns how long it took to the last byte, and in `bytes` the length of the body as sent.
  Clock::duration get(std::string_view path, bool gzip, std::size_t& bytes) {
    const auto begun = Clock::now();
    std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n", path);
    request += gzip ? "Accept-Encoding: gzip\r\n\r\n" : "\r\n";
    CHECK(send(socket_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
    std::string head;
    std::size_t end = std::string::npos;
    while ((end = head.find("\r\n\r\n")) == std::string::npos) head += receive();
    CHECK(head.starts_with("HTTP/1.1 200"), head.substr(0, end));
    const auto length = head.find("Content-Length: ");
    CHECK(length < end, "an answer without a length");
    bytes = std::stoul(head.substr(length + 16));
    std::size_t got = head.size() - end - 4;
    while (got < bytes) got += receive().size();
    return Clock::now() - begun;
  }

 private:
  std::string_view receive() {
    const auto got = recv(socket_, buffer_.data(), buffer_.size(), 0);
    CHECK(got > 0, "the server closed");
    return {buffer_.data(), static_cast<std::size_t>(got)};
  }

  std::string buffer_;
  int socket_ = -1;
};

double percentile(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

double cpu_milliseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) * 1e-3;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// One /state after the other by one client.
void state_to_last_byte(benchmark::State& run, bench::ClusterSize size, bool gzip) {
  Service service(size);
  Reader reader(service.endpoint());
  std::size_t bytes = 0;
  for (auto _ : run) run.SetIterationTime(milliseconds(reader.get("/state", gzip, bytes)) / 1e3);
  run.counters["bytes"] = static_cast<double>(bytes);
}
constexpr bench::ClusterSize large{.agents = 1'000, .tasks = 20'000};
BENCHMARK_CAPTURE(state_to_last_byte, identity, large, false)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime()
    ->Iterations(5);
BENCHMARK_CAPTURE(state_to_last_byte, gzip, large, true)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(3);

struct Readers {
  int count = 0;
  bool gzip = false;
};

// What one client of /health waits for in a second, while so many others read /state without pause.
void health_beside_readers(benchmark::State& run, Readers readers) {
  static Service& service = *new Service({.agents = 100, .tasks = 20'000});
  constexpr auto warm_up = 200ms;
  constexpr auto measured = 800ms;
  for (auto _ : run) {
    std::atomic<bool> stop = false;
    std::vector<std::vector<double>> per_reader(static_cast<std::size_t>(readers.count));
    std::vector<std::jthread> threads;
    for (auto& times : per_reader) {
      threads.emplace_back([&] {
        Reader reader(service.endpoint());
        std::size_t bytes = 0;
        while (!stop) times.push_back(milliseconds(reader.get("/state", readers.gzip, bytes)));
      });
    }
    const auto begun = Clock::now();
    const double cpu_begun = cpu_milliseconds();
    Reader prober(service.endpoint());
    std::vector<double> health;
    std::size_t bytes = 0;
    while (Clock::now() - begun < warm_up + measured) {
      const double took = milliseconds(prober.get("/health", false, bytes));
      if (Clock::now() - begun > warm_up) health.push_back(took);
      std::this_thread::sleep_for(2ms);
    }
    stop = true;
    threads.clear();
    const double seconds = milliseconds(Clock::now() - begun) / 1e3;
    std::vector<double> states;
    for (const auto& times : per_reader) states.insert(states.end(), times.begin(), times.end());
    run.SetIterationTime(seconds);
    run.counters["health_p50_ms"] = percentile(health, 0.5);
    run.counters["health_p99_ms"] = percentile(health, 0.99);
    run.counters["health_max_ms"] = percentile(health, 1);
    run.counters["state_p50_ms"] = percentile(states, 0.5);
    run.counters["states_per_s"] = static_cast<double>(states.size()) / seconds;
    if (!states.empty()) {
      run.counters["cpu_ms_per_state"] = (cpu_milliseconds() - cpu_begun) / static_cast<double>(states.size());
    }
  }
}
BENCHMARK_CAPTURE(health_beside_readers, none, Readers{})->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(health_beside_readers, five, Readers{.count = 5})->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(health_beside_readers, five_gzip, Readers{.count = 5, .gzip = true})->UseManualTime()->Iterations(1);

}  // namespace
