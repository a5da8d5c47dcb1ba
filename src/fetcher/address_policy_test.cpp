#include "fetcher/address_policy.h"

#include <gtest/gtest.h>

namespace stoa::fetcher {
namespace {

bool allows(const AddressPolicy& policy, std::string_view text) { return policy.allows(*net::Address::parse(text)); }

// SEC-114 SEC-234
TEST(AddressPolicy, RefusesWhatIsTheHostsOwnAndAllowsPrivateNetworks) {
  const AddressPolicy policy;
  for (const char* bad : {"127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "169.254.169.254", "fe80::1", "224.0.0.1",
                          "ff02::1", "255.255.255.255", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
                          "2002:7f00:1::1", "::127.0.0.1", "fd00:ec2::254", "100.100.100.200"}) {
    EXPECT_FALSE(allows(policy, bad)) << bad;
  }
  for (const char* good :
       {"10.0.0.1", "192.168.1.1", "172.16.0.1", "8.8.8.8", "fd00::1", "2001:db8::1", "64:ff9b::808:808"}) {
    EXPECT_TRUE(allows(policy, good)) << good;
  }
}

// SEC-114
TEST(AddressPolicy, FlagsAdjustItAndARefusalWins) {
  const auto policy = AddressPolicy::parse({"127.0.0.0/8", "::1"}, {"10.0.0.0/8", "127.0.0.2"});
  ASSERT_TRUE(policy);
  EXPECT_TRUE(allows(*policy, "127.0.0.1"));
  EXPECT_TRUE(allows(*policy, "::1"));
  EXPECT_FALSE(allows(*policy, "127.0.0.2"));
  EXPECT_FALSE(allows(*policy, "10.1.2.3"));
  EXPECT_FALSE(allows(*policy, "64:ff9b::a01:203"));
  EXPECT_FALSE(AddressPolicy::parse({"nonsense"}, {}));
}

}  // namespace
}  // namespace stoa::fetcher
