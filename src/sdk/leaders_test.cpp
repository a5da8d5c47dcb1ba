#include "sdk/leaders.h"

#include <gtest/gtest.h>

namespace stoa::sdk {
namespace {

std::string next(Leaders& leaders) {
  std::string found;
  leaders.find([&](const Result<net::Url>& url) { found = url->to_string(); });
  return found;
}

TEST(Leaders, TakeTheListInTurnButTheLeaderKnownLastFirst) {
  net::Loop loop(1);
  const auto leaders = make_leaders("a:1, [::1]:2,http://c:3/master", loop);
  ASSERT_TRUE(leaders) << leaders.error().message;
  EXPECT_EQ((*leaders)->candidates(), 3);
  EXPECT_EQ(next(**leaders), "http://a:1/");
  (*leaders)->leads(*net::Url::parse("http://elsewhere:9/"));
  EXPECT_EQ(next(**leaders), "http://elsewhere:9/");
  EXPECT_EQ(next(**leaders), "http://[::1]:2/");
  EXPECT_EQ(next(**leaders), "http://c:3/master");
  EXPECT_EQ(next(**leaders), "http://a:1/");
}

TEST(Leaders, RefuseWhatCannotBeAsked) {
  net::Loop loop(1);
  for (const char* text : {"", "a,,b", "a:port", "::1:5050", "zk://", "zk://a//x"}) {
    const auto leaders = make_leaders(text, loop);
    ASSERT_FALSE(leaders) << text;
    EXPECT_EQ(leaders.error().code, Code::invalid_argument) << text;
  }
  for (const char* text : {"https://a:5050"}) {
    const auto leaders = make_leaders(text, loop);
    ASSERT_FALSE(leaders) << text;
    EXPECT_EQ(leaders.error().code, Code::unimplemented) << text;
  }
}

}  // namespace
}  // namespace stoa::sdk
