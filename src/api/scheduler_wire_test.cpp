// The scheduler endpoint behind a real server: what only the bytes on a connection show.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/scheduler_testing.h"
#include "http/server.h"
#include "http/testing.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::api {
namespace {

using http::testing::RawClient;
using testing::SchedulerBench;
using testing::subscribe_body;

class SchedulerWire : public ::testing::Test {
 protected:
  // The handlers run on the one thread of the bench's loop, and so does every change to the bench.
  void start(SchedulerBench::Start state = SchedulerBench::Start::recovered, std::vector<std::string> disabled = {}) {
    bench_ = std::make_unique<SchedulerBench>(state);
    http::Router router({.component_prefix = "/master", .exempt_from_prefix = {}, .disabled = std::move(disabled)});
    router.add("/api/v1/scheduler", http::Methods::any(), [this](http::Request request, http::Responder responder) {
      bench_->api.handle(std::move(request), std::move(responder));
    });
    http::ServerOptions options;
    options.body_bytes_max = 4096;
    server_ = std::make_unique<http::Server>(bench_->loop, std::move(options), std::move(router));
    const auto listening = server_->listen({});
    ASSERT_TRUE(listening) << listening.error().message;
  }
  // The head of the answer, and its body if that has an end.
  std::string exchange(const std::string& method, const std::string& headers, const std::string& body,
                       const std::string& target = "/api/v1/scheduler") {
    RawClient client(server_->endpoints().front());
    client.send(fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", method, target, body.size(),
                            headers, body));
    std::string head = client.read_until("\r\n\r\n");
    const auto length = head.find("Content-Length: ");
    return length == std::string::npos ? head : head + client.read_exactly(std::stoul(head.substr(length + 16)));
  }

  std::unique_ptr<SchedulerBench> bench_;
  std::unique_ptr<http::Server> server_;  // Before the bench in its end.
};

int status_of(const std::string& answer) { return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3)); }

const std::string json = "Content-Type: application/json\r\n";

// HTTP-046
TEST_F(SchedulerWire, OfManyFaultsTheFirstInOrderAnswers) {
  const std::string big(5000, 'x');
  const std::string invalid = R"({"type":"SUBSCRIBE"})";
  start(SchedulerBench::Start::recovering, {"/api/v1/scheduler"});
  EXPECT_EQ(status_of(exchange("GET", "Accept: a/b\r\nMesos-Stream-Id: x\r\n", big)), 403);
  server_.reset();
  start(SchedulerBench::Start::recovering);
  // Every line has the faults of those below it too.
  struct Case {
    int status;
    const char* method;
    std::string headers;
    std::string body;
    const char* text;
  };
  const std::string rest = "Accept: a/b\r\nMesos-Stream-Id: x\r\n";
  EXPECT_EQ(status_of(exchange("GET", rest, big)), 413);
  EXPECT_EQ(status_of(exchange("GET", rest, "x")), 503);
  bench_->loop.post([&] { bench_->master.step(master::RegistryLoaded{}); });
  bench_->settle();
  const Case cases[] = {
      {405, "GET", rest, "x", "405 Method Not Allowed"},
      {400, "POST", rest, "x", "Expecting 'Content-Type' to be present"},
      {415, "POST", "Content-Type: a/b\r\n" + rest, "x", "Expecting 'Content-Type' of"},
      {400, "POST", json + rest, "x", "Failed to parse body into JSON"},
      {400, "POST", json + rest, invalid, "Failed to validate scheduler::Call"},
      {406, "POST", json + rest, subscribe_body, "Expecting 'Accept' to allow"},
      {400, "POST", json + "Mesos-Stream-Id: x\r\n", subscribe_body, "Subscribe calls should not include"},
      {200, "POST", json, subscribe_body, ""},
  };
  for (const Case& given : cases) {
    const std::string answer = exchange(given.method, given.headers, given.body);
    EXPECT_EQ(status_of(answer), given.status) << answer;
    EXPECT_NE(answer.find(given.text), std::string::npos) << answer;
  }
}

// HTTP-001
TEST_F(SchedulerWire, QueriesAndTheComponentsPrefixLeadToTheSameEndpoint) {
  start();
  for (const char* target : {"/api/v1/scheduler", "/api/v1/scheduler?_ts=1700000000&x=%20", "/api/v1/scheduler/",
                             "/master/api/v1/scheduler"}) {
    EXPECT_EQ(status_of(exchange("POST", json, subscribe_body, target)), 200) << target;
  }
}

// HTTP-086 HTTP-092 SCH-015
TEST_F(SchedulerWire, EveryRecordIsAChunkOfItsOwn) {
  start();
  RawClient client(server_->endpoints().front());
  const std::string body = subscribe_body;
  client.send(fmt::format("POST /api/v1/scheduler HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n{}", json,
                          body.size(), body));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_EQ(status_of(head), 200);
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Mesos-Stream-Id: "), std::string::npos);
  for (const char* type : {"SUBSCRIBED", "HEARTBEAT"}) {
    const std::size_t chunk_size = std::stoul(client.read_until("\r\n"), nullptr, 16);
    const std::string chunk = client.read_exactly(chunk_size);
    EXPECT_EQ(client.read_exactly(2), "\r\n");
    const std::size_t line_end = chunk.find('\n');
    ASSERT_NE(line_end, std::string::npos);
    EXPECT_EQ(std::stoul(chunk), chunk_size - line_end - 1);
    EXPECT_TRUE(chunk.substr(line_end + 1).starts_with(fmt::format(R"({{"type":"{}")", type))) << chunk;
  }
}

// SCH-001 SCH-068
TEST_F(SchedulerWire, TheStreamHasItsConnectionAndCallsComeOverAnyOthers) {
  start();
  RawClient client(server_->endpoints().front());
  const std::string body = subscribe_body;
  client.send(fmt::format("POST /api/v1/scheduler HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n{}", json,
                          body.size(), body));
  const std::string head = client.read_until("\r\n\r\n");
  const std::size_t at = head.find("Mesos-Stream-Id: ") + 17;
  const std::string stream = "Mesos-Stream-Id: " + head.substr(at, head.find("\r\n", at) - at) + "\r\n";
  const std::string id = "\"framework_id\":{\"value\":\"";
  const std::string record = client.read_until("HEARTBEAT");
  const std::size_t value = record.find(id) + id.size();
  const std::string call = fmt::format(R"({{"type":"REVIVE","framework_id":{{"value":"{}"}}}})",
                                       record.substr(value, record.find('"', value) - value));
  // Each on a connection of its own, which then ends.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_of(exchange("POST", json + stream, call)), 202);
  EXPECT_EQ(status_of(exchange("POST", json, call)), 400) << "without the stream's id";
}

// SEC-217
TEST_F(SchedulerWire, ABodyOfBlanksBeyondTheLimitIsNotEvenRead) {
  start();
  RawClient client(server_->endpoints().front());
  client.send("POST /api/v1/scheduler HTTP/1.1\r\nHost: x\r\n" + json + "Content-Length: 200000000\r\n\r\n" +
              std::string(5000, ' '));
  EXPECT_EQ(status_of(client.read_until("\r\n\r\n")), 413);
}

}  // namespace
}  // namespace stoa::api
