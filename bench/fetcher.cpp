// How long a container waits for what is in the fetcher's cache already: a file of this host, and one of an origin on
// loopback, which is asked each time whether it has another. Real processes, as an agent starts them.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "base/check.h"
#include "fetcher/process_fetcher.h"
#include "http/server.h"

namespace {

namespace fs = std::filesystem;
using namespace stoa;

class Bench {
 public:
  Bench() {
    std::string name = "/tmp/stoa-bench-XXXXXX";
    CHECK(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    fs::create_directory(folder_ / "sandbox");
    fetcher::Options options;
    options.settings.allowed_networks = {"127.0.0.0/8", "::1"};
    options.cache_directory = (folder_ / "cache").string();
    options.cache_bytes_max = 1 << 30;
    fetcher_ = *fetcher::ProcessFetcher::start(std::move(options));
  }
  ~Bench() {
    fetcher_.reset();
    fs::remove_all(folder_);
  }
  fs::path file(std::size_t bytes) const {
    std::ofstream(folder_ / "file") << std::string(bytes, 'x');
    return folder_ / "file";
  }
  void fetch(const std::string& uri) {
    ports::FetchSpec spec{.container = ContainerId(fmt::format("c{}", ++number_)),
                          .sandbox_directory = (folder_ / "sandbox").string()};
    spec.uris.push_back({.value = uri, .cache = true});
    std::promise<Result<>> done;
    fetcher_->fetch(std::move(spec), [&](Result<> result) { done.set_value(std::move(result)); });
    const Result<> result = done.get_future().get();
    CHECK(result.has_value());
  }

 private:
  fs::path folder_;
  std::unique_ptr<fetcher::ProcessFetcher> fetcher_;
  int number_ = 0;
};

// Launches are not back to back: the program that waits for the next job is there again by then.
void pause(benchmark::State& state) {
  state.PauseTiming();
  ::usleep(100'000);
  state.ResumeTiming();
}

void hit_of_local_file(benchmark::State& state) {
  Bench bench;
  const std::string path = bench.file(static_cast<std::size_t>(state.range(0))).string();
  bench.fetch(path);
  for (auto _ : state) {
    pause(state);
    bench.fetch(path);
  }
}

void hit_of_origin(benchmark::State& state) {
  Bench bench;
  net::Loop loop(1);
  http::Router router;
  router.add("/", http::Methods::any(), [&](http::Request, http::Responder responder) {
    responder.respond({200, {{"ETag", "\"1\""}}, std::string(static_cast<std::size_t>(state.range(0)), 'x')});
  });
  http::Server server(loop, {.compress = false}, std::move(router));
  CHECK(server.listen({}).has_value());
  const std::string uri = "http://" + server.endpoints().front().to_string() + "/file";
  bench.fetch(uri);
  for (auto _ : state) {
    pause(state);
    bench.fetch(uri);
  }
}

BENCHMARK(hit_of_local_file)->Arg(1 << 10)->Arg(1 << 20)->Iterations(30)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(hit_of_origin)->Arg(1 << 10)->Arg(1 << 20)->Iterations(30)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
