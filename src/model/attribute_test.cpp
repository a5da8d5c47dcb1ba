#include "model/attribute.h"

#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
#include "model/v0_resources.h"

namespace stoa::model {
namespace {

std::vector<Attribute> parsed(std::string_view text) {
  auto attributes = parse_attributes(text);
  EXPECT_TRUE(attributes.has_value()) << text;
  return attributes.value_or(std::vector<Attribute>{});
}

// RES-070 AGT-023
TEST(Attribute, KindsByShape) {
  const std::vector<Attribute> expected{
      {"rack", "abc"}, {"zone", "west"}, {"level", 10.0}, {"keys", *Ranges::coalesced({{1000, 1500}})}};
  EXPECT_EQ(parsed("rack:abc;zone:west\nlevel:10;keys:[1000-1500]"), expected);
}

// RES-070 AGT-024
TEST(Attribute, NumbersAreScalarsAndOddOnesTexts) {
  for (const auto* text : {"-1", "1.2.3", "nan", "true", "0x10", "a:b", "http://x:80"}) {
    EXPECT_EQ(parsed("v:" + std::string(text)).front(), (Attribute{"v", text}));
  }
  EXPECT_EQ(parsed("rack: a b").front(), (Attribute{"rack", "ab"}));
  EXPECT_EQ(parsed("v: 1.5 ").front(), (Attribute{"v", 1.5}));
}

// RES-070 RES-071 AGT-023
TEST(Attribute, BrokenPairsAreRefused) {
  for (const auto* text : {"rack", ":a", "rack:", "rack: ", "a:1;b", "bugs:{a,b}"}) {
    const auto attributes = parse_attributes(text);
    ASSERT_FALSE(attributes.has_value()) << text;
    EXPECT_TRUE(attributes.error().message.contains("Invalid attribute key:value pair")) << text;
  }
}

// RES-072 HTTP-156
TEST(Attribute, OrderAndDuplicatesAreKept) {
  const std::vector<Attribute> expected{{"b", "x"}, {"a", "y"}, {"b", 3.0}};
  EXPECT_EQ(parsed("b:x;a:y;b:3"), expected);
}

// RES-073
TEST(Attribute, ListsCompareWithoutOrder) {
  EXPECT_TRUE(same_attributes(parsed("a:1;b:2"), parsed("b:2;a:1")));
  EXPECT_FALSE(same_attributes(parsed("a:1;b:2"), parsed("a:1")));
  EXPECT_FALSE(same_attributes(parsed("a:1"), parsed("a:2")));
  EXPECT_FALSE(same_attributes(parsed("a:1"), parsed("a:x")));
}

// HTTP-156
TEST(Attribute, MessageRoundTrip) {
  for (const Attribute& attribute : parsed("rack:abc;level:1.23456;keys:[1-2,5-9]")) {
    mesos::v1::Attribute message;
    attribute.to_message(message);
    EXPECT_EQ(Attribute::from_message(message), attribute);
  }
  mesos::v1::Attribute wrong;
  wrong.set_name("a");
  wrong.set_type(mesos::v1::Value::TEXT);
  EXPECT_FALSE(Attribute::from_message(wrong).has_value());
}

// V0-024
TEST(Attribute, FlatFormShowsTheLastOfAName) {
  const FlatObject expected{{"rack", "b"}, {"level", 2.0}, {"keys", "[1-2, 5-9]"}};
  EXPECT_EQ(flat_attributes(parsed("rack:a;level:2;keys:[5-9,1-2];rack:b")), expected);
}

}  // namespace
}  // namespace stoa::model
