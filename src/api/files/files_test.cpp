#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api/files/browse.h"
#include "api/files/download.h"
#include "api/files/file_space.h"
#include "api/testing.h"

namespace stoa::api {
namespace {

using ::testing::HasSubstr;

class Files : public ::testing::Test {
 protected:
  Files() {
    char pattern[] = "/tmp/files_test.XXXXXX";
    top_ = mkdtemp(pattern);
    root_ = top_ + "/runs/abc";
    std::filesystem::create_directories(root_ + "/sub");
    std::filesystem::create_directories(top_ + "/runs/abc-evil");
    write("stdout", "hello");
    write("../abc-evil/secret", "foreign");
    write("../../passwd", "foreign");
    space_ = FileSpace({{"/sandbox", root_}});
  }
  ~Files() override { std::filesystem::remove_all(top_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(root_ + "/" + name) << text; }
  void link(const std::string& target, const std::string& name) {
    ASSERT_EQ(symlink(target.c_str(), (root_ + "/" + name).c_str()), 0);
  }
  http::Response read(const std::string& path, net::Query more = {{"offset", "0"}}) {
    more.emplace("path", path);
    return read_file_text(space_, more);
  }
  http::Response browse(const std::string& path) { return browse_files(space_, {{"path", path}}); }

  std::string top_;
  std::string root_;
  FileSpace space_;
};

// V0-091 AGT-131 AGT-132
TEST_F(Files, ReadGivesSizeFirstThenBytesFromTheOffset) {
  EXPECT_EQ(read("/sandbox/stdout", {}).body, R"({"data":"","offset":5})");
  EXPECT_EQ(read("/sandbox/stdout", {{"offset", "-1"}}).body, R"({"data":"","offset":5})");
  EXPECT_EQ(read("/sandbox/stdout", {{"offset", "1"}, {"length", "3"}}).body, R"({"data":"ell","offset":1})");
  EXPECT_EQ(read("/sandbox/stdout", {{"offset", "9"}}).body, R"({"data":"","offset":9})");
  write("big", std::string(100'000, 'x'));
  EXPECT_EQ(read("/sandbox/big", {{"offset", "0"}, {"length", "-1"}}).body.size(),
            file_read_bytes_max + std::string_view(R"({"data":"","offset":0})").size());
}

// V0-091 AGT-131 SEC-206
TEST_F(Files, NumbersThatAreNoneAreRefused) {
  for (const auto& query : {net::Query{{"offset", "18446744073709551615"}}, net::Query{{"offset", "1e9"}},
                            net::Query{{"offset", "-2"}}, net::Query{{"offset", "0"}, {"length", "-2"}}}) {
    EXPECT_EQ(read("/sandbox/stdout", query).status, 400);
  }
  EXPECT_THAT(read("/sandbox/stdout", {{"offset", "-2"}}).body, HasSubstr("Negative offset provided"));
  EXPECT_THAT(read("/sandbox/stdout", {{"offset", "x"}}).body, HasSubstr("Failed to parse offset"));
  EXPECT_EQ(browse_files(space_, {}).body, "Expecting 'path=value' in query.");
  EXPECT_EQ(browse_files(space_, {{"path", ""}}).status, 400);
}

// SEC-101 SEC-201 SEC-202 AGT-136
TEST_F(Files, APathThatCouldClimbIsRefusedBeforeAnyLookUp) {
  for (const std::string& path :
       {std::string("/sandbox/../../passwd"), std::string("/nowhere/.."), std::string("/sandbox/%2e%2e/x"),
        std::string("/sandbox/..\\x"), std::string("/sandbox/stdout\0", 16), std::string("/sandbox/a\\b")}) {
    EXPECT_EQ(read(path).status, 400) << path;
    EXPECT_EQ(browse(path).status, 400) << path;
  }
  EXPECT_EQ(read("//sandbox/./stdout/").body, R"({"data":"hello","offset":0})");
}

// SEC-102 SEC-105 SEC-207 AGT-135 V0-096
TEST_F(Files, OnlyWhatLiesBelowAnAttachedPathIsFound) {
  for (const char* path :
       {"/", "/sandbo", "/sandbox-evil/secret", "/sandbox/none", "/sandbox/stdout/x", "/etc/passwd"}) {
    EXPECT_EQ(read(path).status, 404) << path;
    EXPECT_EQ(browse(path).status, 404) << path;
  }
}

// SEC-103 SEC-203
TEST_F(Files, LinksAreFollowedInsideAndNeverOutside) {
  link("stdout", "inside");
  link(root_ + "/stdout", "absolute");
  link("../abc-evil/secret", "sibling");
  link("/etc/passwd", "outside");
  link("outside", "twice");
  EXPECT_EQ(read("/sandbox/inside").body, R"({"data":"hello","offset":0})");
  EXPECT_EQ(read("/sandbox/absolute").body, R"({"data":"hello","offset":0})");
  for (const char* name : {"sibling", "outside", "twice"}) {
    const http::Response response = read(std::string("/sandbox/") + name);
    EXPECT_EQ(response.status, 400) << name;
    EXPECT_THAT(response.body, HasSubstr("inaccessible"));
  }
  const std::string listing = browse("/sandbox").body;
  EXPECT_THAT(listing,
              ::testing::ContainsRegex(R"("path":"/sandbox/inside","nlink":1,"size":5,"mtime":[0-9]+,"mode":"-)"));
  EXPECT_THAT(listing,
              ::testing::ContainsRegex(R"("path":"/sandbox/outside","nlink":1,"size":11,"mtime":[0-9]+,"mode":"l)"));
}

// SEC-204
TEST_F(Files, ALinkSwappedWhileReadingNeverLeadsOutside) {
  std::filesystem::create_directories(root_ + "/dir");
  write("dir/secret", "own");
  std::atomic<bool> stop = false;
  std::thread swapping([&] {
    const std::string link = root_ + "/link";
    const std::string aside = root_ + "/aside";
    while (!stop) {
      for (const char* target : {"dir", "../abc-evil"}) {
        if (symlink(target, aside.c_str()) == 0) std::rename(aside.c_str(), link.c_str());
      }
    }
  });
  int own = 0;
  for (int i = 0; i < 5000; ++i) {
    const http::Response response = read("/sandbox/link/secret");
    if (response.status == 200) {
      ASSERT_EQ(response.body, R"({"data":"own","offset":0})");
      ++own;
    } else {
      ASSERT_TRUE(response.status == 400 || response.status == 404) << response.body;
    }
  }
  stop = true;
  swapping.join();
  EXPECT_GT(own, 0);
}

// SEC-104 SEC-205
TEST_F(Files, WhatIsNoFileIsRefusedWithoutBeingOpened) {
  ASSERT_EQ(mkfifo((root_ + "/fifo").c_str(), 0600), 0);
  EXPECT_EQ(read("/sandbox/fifo").status, 400);
  EXPECT_EQ(read("/sandbox/sub").body, "Cannot read a directory.");
  EXPECT_EQ(space_.open("/sandbox/sub", "download").error().message, "Cannot download a directory.");
}

// V0-090 AGT-130
TEST_F(Files, BrowseListsSortedWithModes) {
  ASSERT_EQ(chmod((root_ + "/stdout").c_str(), 0640), 0);
  const std::string listing = browse("/sandbox/").body;
  EXPECT_THAT(
      listing,
      ::testing::ContainsRegex(
          R"(^\[\{"path":"/sandbox/stdout","nlink":1,"size":5,"mtime":[0-9]+,"mode":"-rw-r-----","uid":"[^"]+",)"
          R"("gid":"[^"]+"\},\{"path":"/sandbox/sub","nlink":2,"size":[0-9]+,"mtime":[0-9]+,"mode":"d)"));
  EXPECT_EQ(browse("/sandbox/stdout").body, "[]");
  EXPECT_EQ(browse("/sandbox/sub").body, "[]");
}

// AGT-139 V0-095
TEST_F(Files, DebugListsWhatIsAttachedAndStillThere) {
  const FileSpace space({{"/sandbox", root_}, {"/collected", top_ + "/gone"}});
  EXPECT_EQ(debug_files(space).body, R"({"/sandbox":")" + root_ + R"("})");
}

// V0-093 AGT-134
TEST_F(Files, ACharacterCutByTheWindowIsLeftForTheNextRead) {
  write("text", "ab\xe2\x82\xac");
  EXPECT_EQ(read("/sandbox/text", {{"offset", "0"}, {"length", "4"}}).body, R"({"data":"ab","offset":0})");
  EXPECT_EQ(read("/sandbox/text", {{"offset", "2"}}).body, "{\"data\":\"\xe2\x82\xac\",\"offset\":2}");
  EXPECT_EQ(read("/sandbox/text", {{"offset", "2"}, {"length", "1"}}).body, "{\"data\":\"\xef\xbf\xbd\",\"offset\":2}");
}

// SEC-106 SEC-208 V0-094
TEST_F(Files, ADownloadNamesTheFileWithoutBreakingTheHeader) {
  EXPECT_EQ(content_disposition("stdout"), "attachment; filename=\"stdout\"");
  EXPECT_EQ(content_disposition("a\"\r\nSet-Cookie: x=1"),
            "attachment; filename=\"a___Set-Cookie: x=1\"; filename*=UTF-8''a%22%0D%0ASet-Cookie%3A%20x%3D1");
}

// V0-094 AGT-133
TEST_F(Files, ADownloadIsTheWholeFileOrOneRange) {
  net::Loop loop(1);
  const auto download = [&](http::Headers headers) {
    http::Request request;
    request.query = {{"path", "/sandbox/stdout"}};
    request.headers = std::move(headers);
    std::promise<http::Response> answer;
    download_file(space_, request, http::Responder(std::make_shared<testing::CaughtExchange>(answer)), loop);
    return answer.get_future().get();
  };
  const http::Response whole = download({});
  EXPECT_EQ(whole.body, "hello");
  EXPECT_EQ(whole.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(whole.headers.get("Content-Security-Policy"), "sandbox");
  const http::Response part = download({{"Range", "bytes=1-2"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "el");
  EXPECT_EQ(part.headers.get("Content-Range"), "bytes 1-2/5");
  EXPECT_EQ(download({{"Range", "bytes=-2"}}).body, "lo");
  EXPECT_EQ(download({{"Range", "bytes=9-"}}).status, 416);
  EXPECT_EQ(download({{"Range", "bytes=0-1,3-4"}}).status, 200);
}

}  // namespace
}  // namespace stoa::api
