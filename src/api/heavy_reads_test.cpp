// Big documents and small ones over a real server: who waits for whom.
#include <gtest/gtest.h>

#include <future>

#include "api/testing.h"
#include "http/server.h"
#include "http/testing.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api {
namespace {

class HeavyReads : public ::testing::Test {
 protected:
  HeavyReads() : reading_(master_, testing::context(rendering_)) {
    master_.state.info = std::make_shared<const mesos::v1::MasterInfo>();
    http::Router router = testing::router("/master");
    add_master_routes(router, [this]() -> MasterReading& { return reading_; });
    server_ = std::make_unique<http::Server>(serving_, http::ServerOptions{}, std::move(router));
    EXPECT_TRUE(server_->listen({}).has_value());
  }
  http::testing::RawClient connect() { return http::testing::RawClient(server_->endpoints().front()); }

  net::Loop rendering_{1};
  net::Loop serving_{1};
  testing::FakeMaster master_;
  MasterReading reading_;
  std::unique_ptr<http::Server> server_;
};

// OPR-040
TEST_F(HeavyReads, HealthWaitsForNoneAndWhoWaitsTogetherSharesOne) {
  // A document that takes long: its thread is held until all others have asked.
  std::promise<void> is_held;
  std::promise<void> go_on;
  rendering_.post([&] {
    is_held.set_value();
    go_on.get_future().wait();
  });
  is_held.get_future().wait();

  std::vector<http::testing::RawClient> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(connect());
    readers.back().send("GET /state HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
  }
  auto prober = connect();
  for (int i = 0; i < 100; ++i) {
    prober.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(prober.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    const std::string call = R"({"type":"GET_HEALTH"})";
    prober.send("POST /api/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(call.size()) + "\r\n\r\n" + call);
    ASSERT_TRUE(prober.read_until("\"healthy\":true}}").starts_with("HTTP/1.1 200"));
  }
  // The first is under way; the four behind it will be one.
  while (reading_.renderings->shared() < 3) std::this_thread::yield();
  go_on.set_value();
  for (auto& reader : readers) EXPECT_TRUE(reader.read_all().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(reading_.renderings->shared(), 3u);
}

}  // namespace
}  // namespace stoa::api
