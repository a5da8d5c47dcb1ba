#include "election/names.h"

#include <gtest/gtest.h>

namespace stoa::election {
namespace {

using Names = std::vector<std::string>;

// HA-021 HA-025 HA-026 HA-029
TEST(MemberNames, TheSmallestNumberLeadsWhateverStandsBeforeIt) {
  EXPECT_EQ(leading_member({"json.info_0000000010", "json.info_0000000009", "log_replicas"}), "json.info_0000000009");
  EXPECT_EQ(leading_member({"json.info_0000000002", "info_0000000001", "0000000003"}), "info_0000000001");
  EXPECT_EQ(leading_member({"json.info_0000000002", "0000000000"}), "0000000000");
  // The counter of ZooKeeper grows beyond ten digits: numbers are compared, not texts.
  EXPECT_EQ(leading_member({"json.info_10000000000", "json.info_9999999999"}), "json.info_9999999999");
}

// HA-025
TEST(MemberNames, WhatIsNoMemberIsLeftOut) {
  for (const char* name : {"log_replicas", "", "json.info_", "json.info_12x", "json.info_-1", "info", "x_1", "info_ 1"})
    EXPECT_EQ(leading_member({name}), std::nullopt) << name;
  EXPECT_EQ(leading_member(Names{}), std::nullopt);
}

// HA-026
TEST(MemberNames, TheNameSaysHowToRead) {
  EXPECT_EQ(parse_member_name("json.info_0000000007")->form, MemberForm::json);
  EXPECT_EQ(parse_member_name("info_0000000007")->form, MemberForm::binary);
  EXPECT_EQ(parse_member_name("0000000007")->form, MemberForm::pid);
  EXPECT_EQ(parse_member_name("json.info_0000000007")->number, 7);
}

}  // namespace
}  // namespace stoa::election
