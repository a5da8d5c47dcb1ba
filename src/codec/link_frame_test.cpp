#include "codec/link_frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace stoa::codec {
namespace {

using namespace std::string_literals;
using Frames = std::vector<std::string>;

Frames take_all(LinkFrameReader& reader) {
  Frames frames;
  while (auto frame = reader.next()) frames.push_back(*std::move(frame));
  return frames;
}

TEST(LinkFrame, TheLengthIsFourBytesMostSignificantFirst) {
  EXPECT_EQ(frame_link("abc"), "\0\0\0\3abc"s);
  EXPECT_EQ(frame_link(std::string(258, 'x')).substr(0, 4), "\0\0\1\2"s);
}

TEST(LinkFrame, FramesDoNotDependOnHowTheStreamIsCut) {
  const std::string stream = frame_link("a") + frame_link("") + frame_link(std::string(300, 'b')) + frame_link("c");
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    for (const bool take_at_once : {false, true}) {
      LinkFrameReader reader(300);
      Frames frames;
      for (std::size_t at = 0; at < stream.size(); at += piece) {
        ASSERT_TRUE(reader.feed(std::string_view(stream).substr(at, piece)).has_value());
        if (take_at_once) std::ranges::move(take_all(reader), std::back_inserter(frames));
      }
      std::ranges::move(take_all(reader), std::back_inserter(frames));
      ASSERT_EQ(frames, (Frames{"a", "", std::string(300, 'b'), "c"}));
      ASSERT_FALSE(reader.in_frame());
    }
  }
}

TEST(LinkFrame, AFrameLargerThanTheLimitBreaksTheStreamBeforeItsBytesCome) {
  LinkFrameReader reader(10);
  const Result<> status = reader.feed("\0\0\0\2ok\0\0\0\x0b"s);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::resource_exhausted);
  EXPECT_EQ(take_all(reader), Frames{"ok"});
  EXPECT_FALSE(reader.feed(frame_link("x")).has_value());
  EXPECT_TRUE(take_all(reader).empty());
}

TEST(LinkFrame, AStreamThatEndsInsideAFrameIsToldApart) {
  LinkFrameReader reader(10);
  ASSERT_TRUE(reader.feed("\0\0"s).has_value());
  EXPECT_TRUE(reader.in_frame());
  ASSERT_TRUE(reader.feed("\0\1x"s).has_value());
  EXPECT_EQ(take_all(reader), Frames{"x"});
  EXPECT_FALSE(reader.in_frame());
}

}  // namespace
}  // namespace stoa::codec
