#include "codec/gzip.h"

#include <gtest/gtest.h>

namespace stoa::codec {
namespace {

constexpr std::size_t limit = std::size_t{4} << 20;

// HTTP-108 HTTP-110
TEST(Gzip, WhatWasCompressedIsReadBack) {
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 300'000; ++i)
    noise.push_back(static_cast<char>((x = x * 1664525 + 1013904223) >> 24));
  for (const std::string& text : {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise}) {
    const std::string compressed = gzip_compress(text);
    EXPECT_TRUE(compressed.starts_with("\x1f\x8b"));
    EXPECT_EQ(gzip_decompress(compressed, limit), text);
  }
  EXPECT_EQ(gzip_decompress(gzip_compress("a") + gzip_compress("b"), limit), "ab");
}

// HTTP-111 SEC-216
TEST(Gzip, TheLimitAppliesToTheInflatedSize) {
  const std::string bomb = gzip_compress(std::string(std::size_t{64} << 20, '\0'));
  EXPECT_LT(bomb.size(), std::size_t{1} << 20);
  EXPECT_EQ(gzip_decompress(bomb, limit).error().code, Code::resource_exhausted);
  const std::string exact = gzip_compress(std::string(1000, 'x'));
  EXPECT_TRUE(gzip_decompress(exact, 1000).has_value());
  EXPECT_EQ(gzip_decompress(exact, 999).error().code, Code::resource_exhausted);
  EXPECT_TRUE(gzip_decompress(gzip_compress(""), 0).has_value());
}

// HTTP-110
TEST(Gzip, DamagedAndTruncatedDataIsMalformed) {
  const std::string good = gzip_compress("some text that is long enough to be compressed, compressed, compressed");
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto result = gzip_decompress(good.substr(0, size), limit);
    ASSERT_FALSE(result.has_value()) << size;
    ASSERT_EQ(result.error().code, Code::malformed);
  }
  std::string damaged = good;
  damaged[good.size() - 6] = static_cast<char>(damaged[good.size() - 6] ^ 1);  // In the checksum.
  EXPECT_EQ(gzip_decompress(damaged, limit).error().code, Code::malformed);
  EXPECT_EQ(gzip_decompress(good + "x", limit).error().code, Code::malformed);
  EXPECT_EQ(gzip_decompress("{\"type\":\"REVIVE\"}", limit).error().code, Code::malformed);
}

}  // namespace
}  // namespace stoa::codec
