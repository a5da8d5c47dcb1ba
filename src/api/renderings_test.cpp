#include "api/renderings.h"

#include "api/testing.h"

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
