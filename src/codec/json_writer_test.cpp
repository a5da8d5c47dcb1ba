#include "codec/json_writer.h"

#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"

namespace stoa::codec {
namespace {

TEST(JsonWriter, CommasStandBetweenMembersAndElementsOnly) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  writer.key("a").begin_array().end_array();
  writer.key("b").begin_array().integer(-1).unsigned_integer(2).begin_object().end_object().string("x").end_array();
  writer.key("c").begin_object().key("d").boolean(true).key("e").null().end_object();
  writer.key("f").raw("[1]").key("g").raw("{}");
  writer.end_object();
  EXPECT_EQ(out, R"({"a":[],"b":[-1,2,{},"x"],"c":{"d":true,"e":null},"f":[1],"g":{}})");
}

// V0-034
TEST(JsonWriter, KeysAndStringsAreEscaped) {
  std::string out;
  JsonWriter(out).begin_object().key("a\"b").string("\n\xff").end_object();
  EXPECT_EQ(out, "{\"a\\\"b\":\"\\n\xef\xbf\xbd\"}");
}

// V0-027
TEST(JsonWriter, NumbersShowAFraction) {
  std::string out;
  JsonWriter(out).begin_array().number(3).number(0.1).integer(3).end_array();
  EXPECT_EQ(out, "[3.0,0.1,3]");
}

TEST(JsonWriter, MessagesLookAsInTheApis) {
  mesos::v1::Label label;
  label.set_key("k");
  std::string out = "jsonp(";
  JsonWriter writer(out);
  writer.begin_array().message(label).message(label).end_array();
  EXPECT_EQ(out, R"(jsonp([{"key":"k"},{"key":"k"}])");
}

TEST(JsonWriterDeathTest, AValueInAnObjectNeedsAKey) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  EXPECT_DEATH(writer.integer(1), "needs a key");
  EXPECT_DEATH(writer.end_array(), "brackets");
}

TEST(JsonWriter, ADocumentThatGrowsStringByStringKeepsEveryByte) {
  std::string text;
  std::string expected = "[";
  JsonWriter out(text);
  out.begin_array();
  for (std::size_t length = 0; length < 300; ++length) {
    const std::string word(length, 'x');
    out.string(word);
    expected += (length == 0 ? "\"" : ",\"") + word + "\"";
    ASSERT_EQ(text, expected);
  }
}

}  // namespace
}  // namespace stoa::codec
