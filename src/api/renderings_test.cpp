#include "api/renderings.h"

#include "api/testing.h"
#include "http/compress.h"

namespace stoa::api {
namespace {

class RenderingTest : public ::testing::Test {
 protected:
  // Asks, and keeps what would finish the rendering.
  void ask(const std::string& key) {
    answers_.push_back(std::make_unique<std::promise<http::Response>>());
    renderings_->answer(
        key, [this, key](Renderings::Done done) { started_.emplace_back(key, std::move(done)); },
        http::Responder(std::make_shared<testing::CaughtExchange>(*answers_.back())));
  }
  std::string answered(std::size_t number) {
    auto future = answers_[number]->get_future();
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready ? future.get().body : "pending";
  }
  void finish(std::size_t number, const std::string& body) {
    const auto done = started_[number].second;
    done(http::json(body));
  }

  net::Loop loop_{1};
  std::shared_ptr<Renderings> renderings_ =
      std::make_shared<Renderings>(loop_, Renderings::Options{.running_max = 2, .wait_max = std::chrono::hours(1)});
  std::vector<std::unique_ptr<std::promise<http::Response>>> answers_;
  std::deque<std::pair<std::string, Renderings::Done>> started_;
};

// OPR-065 OPR-062
TEST_F(RenderingTest, RequestsThatWaitTogetherShareTheNextRenderingNotTheOneUnderWay) {
  ask("a");
  ask("a");
  ask("a");
  ASSERT_EQ(started_.size(), 1u);
  finish(0, "old");
  ASSERT_EQ(started_.size(), 2u);
  finish(1, "new");
  EXPECT_EQ(answered(0), "old");
  EXPECT_EQ(answered(1), "new");
  EXPECT_EQ(answered(2), "new");
  EXPECT_EQ(renderings_->shared(), 1u);
}

// AGT-188
TEST_F(RenderingTest, WhoWaitsWhenTheProcessEndsIsToldSo) {
  ask("a");
  ask("a");
  ask("b");
  ask("c");
  renderings_->stop();
  for (std::size_t i = 0; i < 4; ++i) {
    const http::Response response = answers_[i]->get_future().get();
    EXPECT_EQ(response.status, 503) << i;
    EXPECT_EQ(response.headers.get("Retry-After"), "1") << i;
  }
  finish(0, "too late");
  ask("a");
  EXPECT_EQ(answers_[4]->get_future().get().status, 503);
}

// One that takes gzip, or does not.
class Client final : public http::Exchange {
 public:
  explicit Client(bool takes_gzip) : takes_gzip_(takes_gzip) {}
  void respond(http::Response response) override { answer = std::move(response); }
  bool wants_gzip(std::size_t bytes) const override { return takes_gzip_ && bytes > 1; }
  std::shared_ptr<http::Stream> stream(http::Response) override { return nullptr; }
  void upgrade(std::string, http::Headers, std::function<void(std::shared_ptr<http::Channel>)>) override {}

  http::Response answer;

 private:
  const bool takes_gzip_;
};

// HTTP-108
TEST_F(RenderingTest, OneTextIsHeldOnceAndCompressedOnceForAllWhoTakeIt) {
  std::vector<std::shared_ptr<Client>> clients;
  for (const bool takes_gzip : {true, true, false, true, false}) {
    clients.push_back(std::make_shared<Client>(takes_gzip));
    renderings_->answer(
        "a", [this](Renderings::Done done) { started_.emplace_back("a", std::move(done)); },
        http::Responder(clients.back()));
  }
  finish(0, "the first came alone");
  const std::string text(5'000, 'x');
  finish(1, text);
  const auto& zipped = clients[1]->answer;
  EXPECT_EQ(http::gunzip(zipped.content(), 10'000).value(), text);
  EXPECT_EQ(zipped.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(zipped.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(zipped.shared_body, clients[3]->answer.shared_body);
  const auto& plain = clients[2]->answer;
  EXPECT_EQ(plain.content(), text);
  EXPECT_FALSE(plain.headers.has("Content-Encoding"));
  EXPECT_EQ(plain.shared_body, clients[4]->answer.shared_body);
}

TEST_F(RenderingTest, WhatIsEncodedAlreadyIsLeftAlone) {
  const auto client = std::make_shared<Client>(true);
  renderings_->answer(
      "a",
      [](const Renderings::Done& done) {
        done({.status = 200, .headers = {{"Content-Encoding", "br"}}, .body = std::string(5'000, 'x')});
      },
      http::Responder(client));
  EXPECT_EQ(client->answer.content(), std::string(5'000, 'x'));
  EXPECT_EQ(client->answer.headers.get("Content-Encoding"), "br");
}

TEST_F(RenderingTest, NoMoreRunAtOnceThanTheLimit) {
  for (const char* key : {"a", "b", "c"}) ask(key);
  EXPECT_EQ(started_.size(), 2u);
  finish(0, "x");
  ASSERT_EQ(started_.size(), 3u);
  EXPECT_EQ(started_[2].first, "c");
  finish(1, "x");
  finish(2, "x");
}

TEST_F(RenderingTest, WhoWaitsTooLongIsToldToComeAgain) {
  renderings_ = std::make_shared<Renderings>(
      loop_, Renderings::Options{.running_max = 1, .wait_max = std::chrono::milliseconds(1)});
  ask("a");
  ask("b");
  EXPECT_EQ(answers_[1]->get_future().get().status, 503);
  finish(0, "x");
  EXPECT_EQ(answered(0), "x");
}

}  // namespace
}  // namespace stoa::api
