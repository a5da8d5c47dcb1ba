#include "fetcher/source.h"

#include <gtest/gtest.h>

namespace stoa::fetcher {
namespace {

std::string error_of(std::string_view uri, std::string_view home = {}) {
  const auto source = parse_source(uri, home);
  return source ? "" : source.error().message;
}

// AGT-111 SEC-110
TEST(Source, TheSchemeSaysWhoFetches) {
  const auto scheme = [](std::string_view uri) { return parse_source(uri, {})->scheme; };
  EXPECT_EQ(scheme("/a/b"), Scheme::local);
  EXPECT_EQ(scheme("file:///a/b"), Scheme::local);
  EXPECT_EQ(scheme("http://h/a"), Scheme::http);
  EXPECT_EQ(scheme("HTTPS://h/a"), Scheme::https);
  EXPECT_EQ(scheme("ftp://h/a"), Scheme::ftp);
  EXPECT_EQ(scheme("ftps://h/a"), Scheme::ftps);
  EXPECT_EQ(scheme("hdfs://h/a"), Scheme::other);
  EXPECT_EQ(parse_source("file:///a/b", {})->uri, "/a/b");
  EXPECT_EQ(parse_source("file://localhost/a/b", {})->uri, "/a/b");
}

// AGT-111
TEST(Source, ARelativePathNeedsAHome) {
  EXPECT_EQ(parse_source("a/b", "/home/f")->uri, "/home/f/a/b");
  EXPECT_NE(error_of("a/b"), "");
}

// AGT-113
TEST(Source, TheNameIsTheLastSegmentWithoutQueryAndFragment) {
  const auto name = [](std::string_view uri) { return parse_source(uri, {})->name; };
  EXPECT_EQ(name("http://h/a/b.tar?x=/y"), "b.tar");
  EXPECT_EQ(name("http://h/a/b#/c"), "b");
  EXPECT_EQ(name("/a/b?c"), "b?c");
  EXPECT_EQ(name("http://[::1]:80/a/b"), "b");
  EXPECT_EQ(name("http://h/a/.."), "");
  EXPECT_EQ(name("http://h/a/?q"), "");
}

// AGT-116 SEC-110
TEST(Source, IllegalCharactersAndAMissingPathAreNamed) {
  using namespace std::string_view_literals;
  for (const std::string_view uri :
       {"http://h/a\\b"sv, "http://h/a'b"sv, "http://h/a\0b"sv, "http://h/a\nb"sv, "/a\x7f"sv}) {
    EXPECT_EQ(error_of(uri), "Illegal characters in URI");
  }
  for (const std::string_view uri :
       {"http://h"sv, "http://h/"sv, "http://h?a=/b"sv, "file://"sv, "file://h/a"sv, ""sv, "/"sv}) {
    EXPECT_TRUE(error_of(uri).starts_with("Malformed URI (missing path)")) << uri;
  }
}

// AGT-113 SEC-111 SEC-238
TEST(OutputFile, IsRelativeAndInsideOfTheSandbox) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(*parse_output_file("a"), Parts{"a"});
  EXPECT_EQ(*parse_output_file("./a//b/./c"), (Parts{"a", "b", "c"}));
  for (const char* bad : {"/x", "../../x", "a/../../x", "a/..", ".."}) {
    const auto parts = parse_output_file(bad);
    ASSERT_FALSE(parts) << bad;
    EXPECT_EQ(parts.error().message, "URI output file must be within the sandbox directory");
  }
  for (const std::string& bad :
       {std::string(""), std::string("."), std::string("a/"), std::string("a\nb"), std::string(300, 'x')}) {
    EXPECT_FALSE(parse_output_file(bad)) << bad;
  }
}

// SEC-115
TEST(Shown, HasNoCredentialsAndNoControlCharacters) {
  EXPECT_EQ(shown("http://me:secret@h:80/a/b?token=secret#x"), "http://h:80/a/b?...");
  EXPECT_EQ(shown("http://a@b@h/c@d"), "http://h/c@d");
  EXPECT_EQ(shown("/a/b"), "/a/b");
  EXPECT_FALSE(shown("/a\nb").contains('\n'));
}

// AGT-114
TEST(Archives, AreKnownByTheirSuffixes) {
  for (const char* name : {"a.tar", "a.tgz", "a.tar.gz", "a.tbz2", "a.tar.bz2", "a.txz", "a.tar.xz"}) {
    EXPECT_EQ(archive_of(name), Archive::tar) << name;
  }
  EXPECT_EQ(archive_of("a.zip"), Archive::zip);
  EXPECT_EQ(archive_of("a.gz"), Archive::gzip);
  EXPECT_EQ(archive_of("a.jar"), Archive::none);
  EXPECT_EQ(gunzipped_name("a.b.gz"), "a.b");
}

}  // namespace
}  // namespace stoa::fetcher
