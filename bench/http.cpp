// Requests per second of small GETs on kept-alive loopback connections, with server and clients in one process.
#include <benchmark/benchmark.h>

#include <string>

#include "http/server.h"
#include "http/testing.h"

namespace stoa::http {
namespace {

void keep_alive_get(benchmark::State& state) {
  static net::Loop loop(2);
  static Server* server = [] {
    Router router({.component_prefix = "/master"});
    router.add("/health", {"GET"}, [](Request, Responder responder) { responder.respond(empty(200)); });
    // Lives until the process ends: benchmark threads come and go.
    auto* made = new Server(loop, {}, std::move(router));
    if (!made->listen({})) std::abort();
    return made;
  }();
  testing::RawClient client(server->endpoints().front());
  for (auto _ : state) {
    client.send("GET /health HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
    benchmark::DoNotOptimize(client.read_until("\r\n\r\n"));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(keep_alive_get)->ThreadRange(1, 64)->UseRealTime();

}  // namespace
}  // namespace stoa::http
