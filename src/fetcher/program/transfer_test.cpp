#include "fetcher/program/transfer.h"

#include <gtest/gtest.h>

namespace stoa::fetcher {
namespace {

// SEC-115
TEST(Redirects, StayWithinTheWebAndNeverLoseTheirEncryption) {
  EXPECT_TRUE(redirect_is_allowed("http", "http"));
  EXPECT_TRUE(redirect_is_allowed("http", "https"));
  EXPECT_TRUE(redirect_is_allowed("https", "https"));
  EXPECT_FALSE(redirect_is_allowed("https", "http"));
  for (const char* other : {"file", "ftp", "ftps", "gopher", ""})
    EXPECT_FALSE(redirect_is_allowed("http", other)) << other;
}

// AGT-112
TEST(Proxies, ComeFromTheEnvironment) {
  const Environment environment{{"http_proxy", "http://p:1"},
                                {"HTTPS_PROXY", "http://s:2"},
                                {"all_proxy", "socks5://a:3"},
                                {"no_proxy", "localhost, .example.org,10.0.0.1"}};
  EXPECT_EQ(proxy_for(environment, "http", "h"), "http://p:1");
  EXPECT_EQ(proxy_for(environment, "https", "h"), "http://s:2");
  EXPECT_EQ(proxy_for(environment, "ftp", "h"), "socks5://a:3");
  for (const char* exempt : {"localhost", "example.org", "A.Example.Org", "10.0.0.1"}) {
    EXPECT_EQ(proxy_for(environment, "http", exempt), "") << exempt;
  }
  EXPECT_EQ(proxy_for(environment, "http", "notexample.org"), "http://p:1");
  EXPECT_EQ(proxy_for({{"HTTP_PROXY", "http://evil"}}, "http", "h"), "");
  EXPECT_EQ(proxy_for({{"http_proxy", "http://p"}, {"no_proxy", "*"}}, "http", "h"), "");
}

}  // namespace
}  // namespace stoa::fetcher
