#include "fetcher/protocol.h"

#include <gtest/gtest.h>

namespace stoa::fetcher {
namespace {

Job job() {
  Job job{.user = User{.id = 7, .group = 8, .groups = {8, 9}}};
  job.settings = {
      .stall_timeout = std::chrono::seconds(3), .bytes_max = 5, .frameworks_home = "/f", .local_paths = {"/a", "/b"}};
  job.place = Place{.items = {{.uri = "http://h/a",
                               .executable = true,
                               .extract = false,
                               .output_file = "x",
                               .source = 3,
                               .failure = "no"}}};
  return job;
}

TEST(Protocol, AJobComesBackAsItWas) {
  const Result<Job> read = decode_job(encode(job()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->settings, job().settings);
  EXPECT_EQ(read->place, job().place);
  EXPECT_EQ(read->user->groups, job().user->groups);
}

TEST(Protocol, ACutJobIsNone) {
  const std::string bytes = encode(job());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_job(bytes.substr(0, size)));
  EXPECT_FALSE(decode_job(bytes + "x"));
}

TEST(Protocol, AReplyComesBackAsItWasAndALongTextIsCut) {
  const Reply reply{.kind = Reply::Kind::sized, .version = {.tag = "t", .modified = "m", .bytes = 9}, .text = "why"};
  EXPECT_EQ(*decode_reply(encode(reply)), reply);
  EXPECT_LT(encode(Reply{.text = std::string(100'000, 'x')}).size(), message_bytes_max);
  EXPECT_FALSE(decode_reply("garbage"));
}

}  // namespace
}  // namespace stoa::fetcher
