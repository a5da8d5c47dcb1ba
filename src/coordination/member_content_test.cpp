#include "coordination/member_content.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::coordination {
namespace {

using mesos::v1::MasterInfo;

MasterInfo info() {
  MasterInfo info;
  info.set_id("4f1c0f5e-0d5c-4b55-9a53-1e7d8a6c2f10");
  info.set_ip(16777226);
  info.set_port(5050);
  info.set_pid("master@10.0.0.1:5050");
  info.set_hostname("m1.example");
  info.set_version("1.12.0");
  info.mutable_address()->set_hostname("m1.example");
  info.mutable_address()->set_ip("10.0.0.1");
  info.mutable_address()->set_port(5050);
  for (const auto type :
       {MasterInfo::Capability::AGENT_UPDATE, MasterInfo::Capability::AGENT_DRAINING, MasterInfo::Capability::QUOTA_V2})
    info.add_capabilities()->set_type(type);
  return info;
}

// HA-022
TEST(MemberContent, HasExactlyTheKeysThatStrictReadersWant) {
  const std::string written = *write_member(info());
  for (const char* part :
       {R"("id":"4f1c0f5e-0d5c-4b55-9a53-1e7d8a6c2f10")", R"("ip":16777226)", R"("port":5050)",
        R"("pid":"master@10.0.0.1:5050")", R"("hostname":"m1.example")", R"("version":"1.12.0")",
        R"({"type":"AGENT_UPDATE"},{"type":"AGENT_DRAINING"},{"type":"QUOTA_V2"})", R"("ip":"10.0.0.1")"})
    EXPECT_NE(written.find(part), std::string::npos) << part << " in " << written;
  EXPECT_EQ(written.find("domain"), std::string::npos);
}

// HA-028
TEST(MemberContent, IsSmall) {
  MasterInfo large = info();
  large.set_hostname(std::string(5000, 'x'));
  EXPECT_FALSE(write_member(large));
}

// HA-026
TEST(MemberContent, IsReadInEveryForm) {
  const election::Member member{info().id(), "m1.example", 5050, "10.0.0.1"};
  EXPECT_EQ(*read_member("json.info_0000000001", *write_member(info())), member);
  EXPECT_EQ(*read_member("info_0000000001", info().SerializeAsString()), member);
  EXPECT_EQ(*read_member("0000000001", "master@10.0.0.1:5050"),
            (election::Member{"master@10.0.0.1:5050", "10.0.0.1", 5050, "10.0.0.1"}));
  EXPECT_EQ(read_member("0000000001", "master@[fd00::1]:5050")->address, "fd00::1");
  // Old masters wrote no address.
  EXPECT_EQ(read_member("json.info_1", R"({"id":"x","ip":16777226,"port":5050})")->host, "10.0.0.1");
}

// HA-023
TEST(MemberContent, AnIpv6MasterHasNoNumberAndNoBrackets) {
  MasterInfo six = info();
  six.set_ip(0);
  six.mutable_address()->set_ip("fd00::1");
  six.set_pid("master@[fd00::1]:5050");
  const std::string written = *write_member(six);
  EXPECT_NE(written.find(R"("ip":0)"), std::string::npos);
  EXPECT_EQ(read_member("json.info_1", written)->address, "fd00::1");
}

// HA-026
TEST(MemberContent, WhatIsNotAsTheNameSaysIsRefusedWithTheName) {
  for (const auto& [name, content] :
       std::vector<std::pair<std::string, std::string>>{{"json.info_7", "not json"},
                                                        {"json.info_7", R"({"id":"x"})"},
                                                        {"json.info_7", R"({"id":"x","ip":0,"port":5050})"},
                                                        {"json.info_7", R"({"id":"x","ip":1,"port":99999})"},
                                                        {"json.info_7", info().SerializeAsString()},
                                                        {"info_7", "\xff\xff"},
                                                        {"0000000007", "10.0.0.1:5050"},
                                                        {"0000000007", "master@10.0.0.1"}}) {
    const auto member = read_member(name, content);
    ASSERT_FALSE(member) << name << " " << content;
    EXPECT_EQ(member.error().code, Code::malformed);
    EXPECT_NE(member.error().message.find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace stoa::coordination
