#include "codec/name_index.h"

#include <gtest/gtest.h>

#include <string>

namespace stoa::codec {
namespace {

TEST(NameIndex, FindsEveryNameOfAnyLengthAndNothingElse) {
  std::vector<std::string> texts;
  for (std::size_t length = 0; length <= 40; ++length) {
    for (const char c : {'a', 'b'}) {
      if (length > 0 || c == 'a') texts.push_back(std::string(length, c));
    }
    // Differs from another in the middle only.
    if (length > 16) texts.push_back(std::string(length / 2, 'a') + 'b' + std::string(length - length / 2 - 1, 'a'));
  }
  const NameIndex index(std::vector<std::string_view>(texts.begin(), texts.end()));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(index.find(std::string(texts[i])), i) << texts[i];
    EXPECT_EQ(index.find(texts[i] + 'c'), NameIndex::none) << texts[i];
    if (!texts[i].empty()) EXPECT_EQ(index.find("c" + texts[i].substr(1)), NameIndex::none) << texts[i];
  }
}

TEST(NameIndex, AnEmptyOneFindsNothing) {
  EXPECT_EQ(NameIndex().find("a"), NameIndex::none);
  EXPECT_EQ(NameIndex().find(""), NameIndex::none);
  EXPECT_EQ(NameIndex(std::vector<std::string_view>()).find("a"), NameIndex::none);
}

}  // namespace
}  // namespace stoa::codec
