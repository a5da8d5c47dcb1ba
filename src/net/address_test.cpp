#include "net/address.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <future>
#include <unordered_set>

#include "net/entropy.h"
#include "net/interfaces.h"
#include "net/loop.h"
#include "net/prefix.h"
#include "net/url.h"

namespace stoa::net {
namespace {

using namespace std::chrono_literals;

// IP6-002
TEST(Address, PrintsCanonicallyWhateverTheSpelling) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"::1", "::1"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"::", "::"},
      {"2001:DB8::0001", "2001:db8::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"fe80::1%eth0", "fe80::1%eth0"},
      {"127.0.0.1", "127.0.0.1"},
      {"::ffff:10.1.2.3", "10.1.2.3"},
      {"::ffff:a01:203", "10.1.2.3"},
  };
  for (const auto& [spelling, canonical] : cases) EXPECT_EQ(Address::parse(spelling)->to_string(), canonical);
  EXPECT_EQ(*Address::parse("::1"), *Address::parse("0:0::0:1"));
  EXPECT_EQ(std::unordered_set<Address>({*Address::parse("::1"), *Address::parse("0::1")}).size(), 1u);
  for (const auto* wrong :
       {"", "1.2.3", "1.2.3.4.5", "[::1]", "::1::", "12345::", "host", "1.2.3.4%eth0", "::1%", " ::1"})
    EXPECT_FALSE(Address::parse(wrong)) << wrong;
}

// IP6-003
TEST(Address, MappedAddressesAreIpv4) {
  EXPECT_EQ(*Address::parse("::ffff:127.0.0.1"), Address::loopback_v4());
  EXPECT_TRUE(Address::parse("::ffff:127.0.0.1")->is_v4());
  EXPECT_TRUE(Address::parse("::ffff:127.0.0.1")->is_loopback());
}

// HTTP-183 IP6-020
TEST(Address, TheNumberOfMasterInfoIsInNetworkOrder) {
  EXPECT_EQ(Address::loopback_v4().v4_number(), 16777343u);
  EXPECT_EQ(Address::loopback_v6().v4_number(), 0u);
}

// IP6-005
TEST(Address, OnlyReachableAddressesAreAdvertised) {
  for (const auto* text : {"fe80::1", "::", "0.0.0.0", "ff02::1", "224.0.0.1", "::1", "127.1.2.3", "169.254.1.1"})
    EXPECT_FALSE(Address::parse(text)->is_advertisable()) << text;
  for (const auto* text : {"10.0.0.1", "fd00::1", "2001:db8::1"}) EXPECT_TRUE(Address::parse(text)->is_advertisable());
  EXPECT_EQ(Address::parse("fe80::1%eth0")->to_string_without_zone(), "fe80::1");
}

// IP6-015
TEST(Address, HasAReverseName) {
  EXPECT_EQ(Address::parse("10.1.2.3")->reverse_name(), "3.2.1.10.in-addr.arpa");
  EXPECT_EQ(Address::parse("2001:db8::567:89ab")->reverse_name(),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

// IP6-001 HTTP-026
TEST(Endpoint, BracketsAreForIpv6Only) {
  for (const auto* text : {"[::1]:5050", "10.0.0.1:80", "[fe80::1%eth0]:0"})
    EXPECT_EQ(Endpoint::parse(text)->to_string(), text);
  EXPECT_NE(Endpoint::parse("::1:5050").error().message.find("[::1]:5050"), std::string::npos);
  EXPECT_NE(HostPort::parse("fd00::5:5050").error().message.find("[fd00::5]:5050"), std::string::npos);
  for (const auto* text :
       {"10.0.0.1", "[::1]", "[10.0.0.1]:80", "[::1]5050", "10.0.0.1:65536", "10.0.0.1:", "10.0.0.1:-1"})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  EXPECT_EQ(HostPort::parse("[0::1]", 80)->to_string(), "[::1]:80");
  EXPECT_EQ(HostPort::parse("name:81", 80)->to_string(), "name:81");
  EXPECT_FALSE(HostPort::parse("name"));
}

TEST(Prefix, ContainsAddressesOfItsFamily) {
  const auto private_v4 = *Prefix::parse("10.1.2.3/8");
  EXPECT_EQ(private_v4.to_string(), "10.0.0.0/8");
  EXPECT_TRUE(private_v4.contains(*Address::parse("10.255.0.1")));
  EXPECT_FALSE(private_v4.contains(*Address::parse("11.0.0.1")));
  EXPECT_FALSE(Prefix::parse("::/0")->contains(*Address::parse("10.0.0.1")));
  EXPECT_TRUE(Prefix::parse("fd00::/8")->overlaps(*Prefix::parse("fd00:1::/48")));
  EXPECT_FALSE(Prefix::parse("fd00::/48")->overlaps(*Prefix::parse("fd00:1::/48")));
  for (const auto* wrong : {"10.0.0.0/33", "::/129", "::/-1", "::/", "fe80::%eth0/64"})
    EXPECT_FALSE(Prefix::parse(wrong)) << wrong;
}

// IP6-006
TEST(Url, HostsOfBothFamiliesParseAndPrint) {
  const auto url = *Url::parse("HTTP://user:secret@[FD00::1]:5050/a/b?x=[y]#z");
  EXPECT_EQ(url.host, "fd00::1");
  EXPECT_EQ(url.port, 5050);
  EXPECT_EQ(url.user, "user:secret");
  EXPECT_EQ(url.target(), "/a/b?x=[y]");
  EXPECT_EQ(url.to_string(), "http://[fd00::1]:5050/a/b?x=[y]");
  EXPECT_EQ(Url::parse("https://host")->port, 443);
  EXPECT_EQ(Url::parse("http://host:80/")->authority(), "host");
  EXPECT_EQ(Url::parse("http://[fe80::1%25eth0]/")->host, "fe80::1%eth0");
  EXPECT_EQ(Url::parse("http://[fe80::1%25eth0]/")->to_string(), "http://[fe80::1%25eth0]/");
  for (const auto* wrong : {"host", "//host", "http://", "http://::1/", "http://a b/", "http://h:x/", "http://h/\r\n"})
    EXPECT_FALSE(Url::parse(wrong)) << wrong;
}

TEST(Url, ReferencesResolveAgainstTheirBase) {
  const auto base = *Url::parse("http://a:1/b/c?d");
  EXPECT_EQ(Url::resolve(base, "//[::1]:2/x")->to_string(), "http://[::1]:2/x");
  EXPECT_EQ(Url::resolve(base, "/x?y")->to_string(), "http://a:1/x?y");
  EXPECT_EQ(Url::resolve(base, "x")->to_string(), "http://a:1/b/x");
  EXPECT_EQ(Url::resolve(base, "http://h/")->to_string(), "http://h/");
}

// HTTP-186 V0-007
TEST(Url, QueriesAreDecodedAndTheLastDuplicateCounts) {
  const auto query = *parse_query("a=1&b=x+y%2B&a=2&&c");
  EXPECT_EQ(query, (Query{{"a", "2"}, {"b", "x y+"}, {"c", ""}}));
  for (const auto* wrong : {"a=%", "a=%1", "%zz=1"}) EXPECT_FALSE(parse_query(wrong)) << wrong;
  EXPECT_EQ(percent_encode("a/b c~\xff", "/"), "a/b%20c~%FF");
  EXPECT_EQ(*percent_decode(percent_encode("slave(1)")), "slave(1)");
}

TEST(Loop, PostsRunInOrderAndTimersCanBeCancelled) {
  Loop loop(1);
  std::promise<void> done;
  std::string order;
  for (const char c : std::string("abc")) loop.post([&order, c] { order += c; });
  auto cancelled = loop.after(0ns, [&] { order += "!"; });
  cancelled.cancel();
  const auto timer = loop.after(1ms, [&] { done.set_value(); });
  done.get_future().get();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, WatchesADescriptorUntilDropped) {
  Loop loop(2);
  const int descriptor = eventfd(0, EFD_NONBLOCK);
  std::promise<void> twice;
  int calls = 0;
  auto watch = loop.watch_readable(descriptor, [&] {
    std::uint64_t value;
    if (read(descriptor, &value, sizeof value) == sizeof value && ++calls == 2) twice.set_value();
    if (calls == 1) eventfd_write(descriptor, 1);
  });
  eventfd_write(descriptor, 1);
  twice.get_future().get();
  watch.cancel();
  close(descriptor);
}

// HTTP-098
TEST(Entropy, UuidsAreVersion4AndDistinct) {
  const auto uuid = random_uuid();
  EXPECT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(uuid, random_uuid());
}

// IP6-011 IP6-015
TEST(Interfaces, TheLoopbackIsFoundInEveryFamilyTheHostHas) {
  const auto loopbacks = loopback_addresses();
  ASSERT_FALSE(loopbacks.empty());
  for (const auto& loopback : loopbacks) {
    bool found = false;
    for (const auto& interface : *interfaces())
      for (const auto& address : interface.addresses) found = found || address == loopback;
    EXPECT_TRUE(found) << loopback.to_string();
  }
  EXPECT_EQ(*resolve("0:0::1"), std::vector{Address::loopback_v6()});
  EXPECT_EQ(resolve("fe80::1%nowhere").error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace stoa::net
