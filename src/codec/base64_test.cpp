#include "codec/base64.h"

#include <gtest/gtest.h>

namespace stoa::codec {
namespace {

// HTTP-119
TEST(Base64, IsWrittenWithPaddingAndWithoutLineBreaks) {
  // The vectors of RFC 4648, section 10.
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(to_base64(std::string(300, '\0')).size(), 400U);
}

// HTTP-139
TEST(Base64, IsReadForgivingly) {
  EXPECT_EQ(from_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(from_base64("Zm9vYmE"), "fooba");
  EXPECT_EQ(from_base64(" Zm9v\r\n\tYg = ="), "foob");
  EXPECT_EQ(from_base64("Zg==Zg=="), "f");
  EXPECT_EQ(from_base64(""), "");
  for (const char* text : {"Zm9_", "Zm9-", "Zm9v!", "Z", "Zm9vY", "\xff"}) {
    ASSERT_FALSE(from_base64(text).has_value()) << text;
    EXPECT_EQ(from_base64(text).error().code, Code::invalid_argument);
  }
}

}  // namespace
}  // namespace stoa::codec
