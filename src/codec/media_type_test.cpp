#include "codec/media_type.h"

#include <gtest/gtest.h>

namespace stoa::codec {
namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view protobuf = "application/x-protobuf";

// HTTP-062 HTTP-065
TEST(MediaType, ContentTypesMatchWithoutRegardToCaseAndParameters) {
  EXPECT_EQ(parse_content_type("application/json"), MediaType::json);
  EXPECT_EQ(parse_content_type("application/x-protobuf"), MediaType::protobuf);
  EXPECT_EQ(parse_content_type("Application/JSON; charset=utf-8"), MediaType::json);
  EXPECT_EQ(parse_content_type(" application/X-Protobuf ;messageType=x"), MediaType::protobuf);
}

// HTTP-063
TEST(MediaType, AnAbsentContentTypeIsABadRequest) {
  EXPECT_EQ(parse_content_type(std::nullopt).error(),
            (Error{Code::invalid_argument, "Expecting 'Content-Type' to be present"}));
}

// HTTP-064 HTTP-071
TEST(MediaType, OtherContentTypesAreUnsupported) {
  const Error error{Code::unimplemented, "Expecting 'Content-Type' of application/json or application/x-protobuf"};
  for (const char* type : {"", "text/plain", "application/jsonx", "application/recordio", "application/*", "json"}) {
    EXPECT_EQ(parse_content_type(type).error(), error) << type;
  }
  EXPECT_EQ(parse_content_type("application/recordio", {.record_io_allowed = true}), MediaType::record_io);
  EXPECT_EQ(parse_content_type("text/plain", {.record_io_allowed = true}).error().message,
            error.message + " or application/recordio");
}

// HTTP-078
TEST(MediaType, NamesHaveNoParameters) {
  EXPECT_EQ(media_type_name(MediaType::json), "application/json");
  EXPECT_EQ(media_type_name(MediaType::protobuf), "application/x-protobuf");
  EXPECT_EQ(media_type_name(MediaType::record_io), "application/recordio");
}

// HTTP-072
TEST(MediaType, AnAbsentAcceptAllowsEverythingAnEmptyOneNothing) {
  EXPECT_EQ(negotiate_accept(std::nullopt), MediaType::json);
  EXPECT_TRUE(accepts(std::nullopt, protobuf));
  EXPECT_EQ(negotiate_accept(""), std::nullopt);
  EXPECT_EQ(negotiate_accept(" , "), std::nullopt);
}

// HTTP-073 HTTP-075
TEST(MediaType, JsonIsPreferredThenProtobufWhateverTheOrderAndWeights) {
  EXPECT_EQ(negotiate_accept("application/x-protobuf, application/json;q=0.1"), MediaType::json);
  EXPECT_EQ(negotiate_accept("application/x-protobuf"), MediaType::protobuf);
  EXPECT_EQ(negotiate_accept("text/html, */*;q=0.1"), MediaType::json);
  EXPECT_EQ(negotiate_accept("text/html"), std::nullopt);
  EXPECT_EQ(negotiate_accept("*/*;q=0"), std::nullopt);
}

// HTTP-074
TEST(MediaType, AnExactEntryDecidesThenTheFamilyThenAll) {
  EXPECT_TRUE(accepts("APPLICATION / JSON", "application / json"));
  EXPECT_TRUE(accepts(" text/html , Application/Json ", json));
  EXPECT_TRUE(accepts("application/*", json));
  EXPECT_TRUE(accepts("*/*", json));
  EXPECT_FALSE(accepts("text/*", json));
  EXPECT_FALSE(accepts("application/json;q=0, */*", json));
  EXPECT_FALSE(accepts("*/*, application/json; q = 0.000", json));
  EXPECT_FALSE(accepts("application/*;q=0,*/*", json));
  EXPECT_TRUE(accepts("application/*;q=0,application/json", json));
  EXPECT_TRUE(accepts("application/json;q=0.001", json));
  EXPECT_TRUE(accepts("application/json;level=0;charset=utf-8", json));
  EXPECT_EQ(negotiate_accept("application/json;q=0,*/*"), MediaType::protobuf);
}

// HTTP-079 HTTP-082
TEST(MediaType, RecordIoIsChosenOnlyWhereAllowedAndLast) {
  EXPECT_EQ(negotiate_accept("application/recordio"), std::nullopt);
  EXPECT_EQ(negotiate_accept("application/recordio", {.record_io_allowed = true}), MediaType::record_io);
  EXPECT_EQ(negotiate_accept("application/recordio,application/json", {.record_io_allowed = true}), MediaType::json);
}

// HTTP-108 HTTP-109
TEST(MediaType, GzipIsAcceptedWhenListedOrByTheWildcard) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, GZIP;q=0.5"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0, *"));
  EXPECT_FALSE(accepts_gzip("deflate"));
  EXPECT_FALSE(accepts_gzip("*;q=0"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip(std::nullopt));
}

}  // namespace
}  // namespace stoa::codec
