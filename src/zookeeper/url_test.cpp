#include "zookeeper/url.h"

#include <gtest/gtest.h>

namespace stoa::zookeeper {
namespace {

std::string parsed(std::string_view text) {
  const Result<Url> url = Url::parse(text);
  if (!url) return url.error().message;
  std::string out = url->credentials + "|";
  for (const net::HostPort& server : url->servers) out += server.to_string() + ",";
  return out + "|" + url->path;
}

// HA-010 HA-011
TEST(ZooKeeperUrl, ServersCredentialsAndPath) {
  EXPECT_EQ(parsed("zk://a:1/mesos"), "|a:1,|/mesos");
  EXPECT_EQ(parsed("  zk://a,b:2,[fd00::1]:3,[::1]\n"), "|a:2181,b:2,[fd00::1]:3,[::1]:2181,|/");
  EXPECT_EQ(parsed("zk://a/x/y/"), "|a:2181,|/x/y");
  EXPECT_EQ(parsed("zk://u:p@a/x"), "u:p|a:2181,|/x");
  // The path starts at the first slash, and the last @ before it ends the credentials.
  EXPECT_EQ(parsed("zk://u:p@w:d@a:1,b/x@y"), "u:p@w:d|a:1,b:2181,|/x@y");
}

// HA-010 HA-011
TEST(ZooKeeperUrl, RefusesTheRest) {
  EXPECT_EQ(parsed("http://a/x"), "Expecting 'zk://' at the beginning of the URL");
  EXPECT_EQ(parsed(""), "Expecting 'zk://' at the beginning of the URL");
  for (const char* text : {"zk://", "zk:///x", "zk://a,/x", "zk://user@a/x", "zk://:p@a/x", "zk://a//x",
                           "zk://a/x/../y", "zk://a:port/x", "zk://::1:2181/x", "zk://u:p@/x"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
}

// HA-011
TEST(ZooKeeperUrl, PasswordsAreNeverShown) {
  EXPECT_EQ(Url::parse("zk://u:se@cret@a,[::1]:1/x")->to_string(), "zk://u:****@a:2181,[::1]:1/x");
  EXPECT_EQ(Url::parse("zk://a/")->to_string(), "zk://a:2181/");
  for (const char* text : {"zk://u:secret@a:port/x", "zk://secret@a/x", "zk://u:secret@/x"}) {
    EXPECT_EQ(Url::parse(text).error().message.find("secret"), std::string::npos) << text;
  }
}

TEST(ZooKeeperUrl, ChildrenOfTheRootHaveOneSlash) {
  EXPECT_EQ(Url::parse("zk://a")->child("x"), "/x");
  EXPECT_EQ(Url::parse("zk://a/m")->child("x"), "/m/x");
}

}  // namespace
}  // namespace stoa::zookeeper
