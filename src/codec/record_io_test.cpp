#include "codec/record_io.h"

#include <gtest/gtest.h>

#include <vector>

namespace stoa::codec {
namespace {

using Records = std::vector<std::string>;

Records take_all(RecordReader& reader) {
  Records records;
  while (auto record = reader.next()) records.push_back(*std::move(record));
  return records;
}

// HTTP-084 HTTP-085
TEST(RecordIo, ARecordIsItsLengthInBytesALineFeedAndTheBytes) {
  EXPECT_EQ(frame_record(R"({"type":"HEARTBEAT"})"), "20\n{\"type\":\"HEARTBEAT\"}");
  EXPECT_EQ(frame_record("ü"), "2\nü");
}

// HTTP-084 HTTP-094
TEST(RecordIo, RecordsDoNotDependOnHowTheStreamIsCut) {
  const std::string stream = frame_record("a") + frame_record("bc\n1\nx") + frame_record(std::string(1000, 'd'));
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    RecordReader reader(1000);
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_TRUE(reader.feed(std::string_view(stream).substr(at, piece)).has_value());
    }
    ASSERT_EQ(take_all(reader), (Records{"a", "bc\n1\nx", std::string(1000, 'd')}));
    ASSERT_FALSE(reader.in_record());
  }
}

// HTTP-097
TEST(RecordIo, LeadingZerosAreAcceptedAndEmptyRecordsPassedOver) {
  RecordReader reader(10);
  ASSERT_TRUE(reader.feed("003\nabc0\n000\n1\nx").has_value());
  EXPECT_EQ(take_all(reader), (Records{"abc", "x"}));
}

// HTTP-097 HTTP-085
TEST(RecordIo, ALengthThatIsNotADecimalNumberBreaksTheStream) {
  for (const char* bad :
       {"-1\nx", "+1\nx", " 1\nx", "1 \nx", "x", "\nx", "1\r\nx", "0x1\nx", "000000000000000000001\n"}) {
    RecordReader reader(10);
    const Result<> status = reader.feed(std::string("2\nok") + bad);
    ASSERT_FALSE(status.has_value()) << bad;
    EXPECT_EQ(status.error().code, Code::malformed);
    EXPECT_EQ(take_all(reader), Records{"ok"});
    EXPECT_FALSE(reader.feed("1\nx").has_value());
    EXPECT_TRUE(take_all(reader).empty());
  }
}

// HTTP-111
TEST(RecordIo, ARecordLargerThanTheLimitIsRefusedBeforeItsBytesCome) {
  for (const char* length : {"11\n", "11", "99999999999999999999\n"}) {
    RecordReader reader(10);
    const Result<> status = reader.feed(length);
    ASSERT_FALSE(status.has_value()) << length;
    EXPECT_EQ(status.error().code, Code::resource_exhausted);
  }
  RecordReader reader(10);
  EXPECT_TRUE(reader.feed("10\n0123456789").has_value());
}

// HTTP-106
TEST(RecordIo, AStreamThatEndsInsideARecordIsToldApart) {
  RecordReader reader(10);
  EXPECT_FALSE(reader.in_record());
  for (const char* piece : {"2", "\n", "a"}) {
    ASSERT_TRUE(reader.feed(piece).has_value());
    EXPECT_TRUE(reader.in_record());
  }
  ASSERT_TRUE(reader.feed("b").has_value());
  EXPECT_FALSE(reader.in_record());
}

}  // namespace
}  // namespace stoa::codec
