#include "fetcher/program/unpack.h"

#include <gtest/gtest.h>

#include "fetcher/testing.h"

namespace stoa::fetcher {
namespace {

using testing::Member;
using testing::pack;
using testing::Packing;
using testing::read_text;
namespace fs = std::filesystem;

class UnpackTest : public ::testing::Test {
 protected:
  UnpackTest() {
    fs::create_directory(root());
    testing::write_text(outside(), "mine");
  }
  fs::path root() const { return directory_.path / "sandbox"; }
  fs::path outside() const { return directory_.path / "outside"; }

  Result<Unpacked> unpack(const std::string& bytes, UnpackLimits limits = {.bytes_max = 1 << 20, .members_max = 100}) {
    const Sandbox sandbox(Descriptor(::open(root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    const fs::path file = directory_.path / "archive";
    testing::write_text(file, bytes);
    const Descriptor archive(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    return bytes.starts_with("PK") ? unpack_zip(archive.get(), sandbox, limits)
                                   : unpack_tar(archive.get(), sandbox, limits);
  }
  std::string failure(const std::vector<Member>& members) {
    const auto unpacked = unpack(pack(members));
    EXPECT_EQ(read_text(outside()), "mine");
    return unpacked ? "" : unpacked.error().message;
  }

  testing::TemporaryDirectory directory_;
};

// AGT-114
TEST_F(UnpackTest, EveryPackingComesOutTheSame) {
  const std::vector<Member> members{{.name = "d/", .content = {}, .type = AE_IFDIR, .mode = 0700},
                                    {.name = "d/run.sh", .content = "#!/bin/sh\n", .mode = 0755},
                                    {.name = "./deep/er/file", .content = std::string(300'000, 'x')}};
  for (const Packing packing : {Packing::tar, Packing::tar_gzip, Packing::tar_bzip2, Packing::tar_xz, Packing::zip}) {
    fs::remove_all(root());
    fs::create_directory(root());
    const auto unpacked = unpack(pack(members, packing));
    ASSERT_TRUE(unpacked) << unpacked.error().message;
    EXPECT_EQ(unpacked->members, 3u);
    EXPECT_EQ(unpacked->bytes, 300'010u);
    EXPECT_EQ(read_text(root() / "d/run.sh"), "#!/bin/sh\n");
    EXPECT_EQ(fs::file_size(root() / "deep/er/file"), 300'000u);
    EXPECT_EQ(fs::status(root() / "d/run.sh").permissions(), fs::perms(0755));
    EXPECT_EQ(fs::status(root() / "d").permissions(), fs::perms(0700));
  }
}

// AGT-114
TEST_F(UnpackTest, LinksThatStayInsideAreMade) {
  EXPECT_EQ(failure({{.name = "a/b/file", .content = "x"},
                     {.name = "a/up", .content = {}, .type = AE_IFLNK, .link = "../a/b"},
                     {.name = "a/up/other", .content = "y"},
                     {.name = "hard", .content = {}, .hard_link = "a/b/file"},
                     {.name = "dangling", .content = {}, .type = AE_IFLNK, .link = "later"}}),
            "");
  EXPECT_EQ(read_text(root() / "a/b/other"), "y");
  EXPECT_EQ(read_text(root() / "hard"), "x");
  EXPECT_EQ(fs::read_symlink(root() / "dangling"), "later");
}

// SEC-112
TEST_F(UnpackTest, LinksOfTwoArchivesThatLeadOutsideTogetherAreFound) {
  const auto first = unpack(pack({{.name = "d/", .content = {}, .type = AE_IFDIR, .mode = 0755},
                                  {.name = "a", .content = {}, .type = AE_IFLNK, .link = "d/e/../../outside"}}));
  ASSERT_TRUE(first) << first.error().message;
  const auto second = unpack(pack({{.name = "d/e", .content = {}, .type = AE_IFLNK, .link = ".."}}));
  ASSERT_TRUE(second) << second.error().message;
  const Sandbox sandbox(Descriptor(::open(root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  EXPECT_EQ(first->links.size(), 1U);
  const auto checked = check_links(sandbox, first->links);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().message.contains("leads outside"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(root() / "a")));
}

// AGT-116 SEC-112 SEC-237
TEST_F(UnpackTest, AMemberThatLeadsOutsideFailsTheWhole) {
  EXPECT_TRUE(failure({{.name = "/etc/x", .content = "evil"}}).contains("absolute"));
  EXPECT_TRUE(failure({{.name = "../outside", .content = "evil"}}).contains("'..'"));
  EXPECT_TRUE(failure({{.name = "a/../../outside", .content = "evil"}}).contains("'..'"));
  EXPECT_TRUE(
      failure({{.name = "l", .content = {}, .type = AE_IFLNK, .link = "/etc/shadow"}}).contains("leads outside"));
  EXPECT_TRUE(
      failure({{.name = "l", .content = {}, .type = AE_IFLNK, .link = "../outside"}}).contains("leads outside"));
  EXPECT_TRUE(failure({{.name = "h", .content = {}, .hard_link = "../outside"}}).contains("'..'"));
  EXPECT_TRUE(failure({{.name = "h", .content = {}, .hard_link = "/etc/shadow"}}).contains("absolute"));
}

// AGT-116 SEC-112
TEST_F(UnpackTest, ALinkThroughALinkLeadsNowhereElse) {
  const Member up{.name = "p/q/up", .content = {}, .type = AE_IFLNK, .link = "../.."};
  const Member through{.name = "out", .content = {}, .type = AE_IFLNK, .link = "p/q/up/../outside"};
  EXPECT_TRUE(failure({up, through}).contains("leads outside"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(root() / "out")));
  const Member through_directory{.name = "dir", .content = {}, .type = AE_IFLNK, .link = "p/q/up/.."};
  EXPECT_NE(failure({up, through_directory, {.name = "dir/outside", .content = "evil"}}), "");
  EXPECT_TRUE(failure({up, {.name = "other", .content = {}, .hard_link = "p/q/up"}}).contains("no file"));
}

// SEC-112
TEST_F(UnpackTest, AFileIsNotWrittenThroughALinkThatWasThere) {
  fs::create_symlink(outside(), root() / "log");
  EXPECT_EQ(failure({{.name = "log", .content = "new"}}), "");
  EXPECT_EQ(read_text(root() / "log"), "new");
}

// AGT-116 SEC-112 SEC-237
TEST_F(UnpackTest, DevicesAndSetIdBitsFail) {
  EXPECT_TRUE(failure({{.name = "null", .content = {}, .type = AE_IFCHR}}).contains("special file"));
  EXPECT_TRUE(failure({{.name = "disk", .content = {}, .type = AE_IFBLK}}).contains("special file"));
  EXPECT_TRUE(failure({{.name = "pipe", .content = {}, .type = AE_IFIFO}}).contains("special file"));
  EXPECT_TRUE(failure({{.name = "su", .content = "x", .mode = 04755}}).contains("set-id"));
  EXPECT_TRUE(failure({{.name = "sg", .content = "x", .mode = 02755}}).contains("set-id"));
}

// SEC-112 SEC-237
TEST_F(UnpackTest, ABombFailsAtItsLimits) {
  const std::string bomb = pack({{.name = "zeros", .content = std::string(8 << 20, '\0')}}, Packing::tar_gzip);
  ASSERT_LT(bomb.size(), 100'000u);
  const auto too_big = unpack(bomb);
  ASSERT_FALSE(too_big);
  EXPECT_TRUE(too_big.error().message.contains("more than the 1048576 bytes"));
  EXPECT_FALSE(fs::exists(root() / "zeros") && fs::file_size(root() / "zeros") > (1 << 20));
  std::vector<Member> many;
  for (int i = 0; i < 101; ++i) many.push_back({.name = std::to_string(i), .content = {}});
  EXPECT_TRUE(failure(many).contains("more than 100 members"));
  EXPECT_TRUE(failure({{.name = "a", .content = std::string(600'000, 'x')},
                       {.name = "b", .content = std::string(600'000, 'x')}})
                  .contains("more than the 1048576 bytes"));
}

// SEC-112
TEST_F(UnpackTest, WhatIsNoArchiveOrIsCutFails) {
  EXPECT_FALSE(unpack("this is no archive at all, whatever its name says"));
  const std::string whole = pack({{.name = "a", .content = std::string(100'000, 'x')}}, Packing::tar);
  EXPECT_FALSE(unpack(whole.substr(0, 50'000)));
  const std::string zip = pack({{.name = "a", .content = std::string(100'000, 'x')}}, Packing::zip);
  EXPECT_FALSE(unpack(zip.substr(0, zip.size() / 2)));
}

// AGT-114 SEC-112
TEST_F(UnpackTest, GunzipsToALimit) {
  const std::string bytes = pack({{.name = "a", .content = std::string(100'000, 'x')}}, Packing::gzip);
  testing::write_text(directory_.path / "in", bytes);
  const auto run = [&](std::uint64_t limit, const std::string& content) {
    testing::write_text(directory_.path / "in", content);
    const Descriptor from(::open((directory_.path / "in").c_str(), O_RDONLY | O_CLOEXEC));
    const Descriptor to(::open((directory_.path / "out").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    return gunzip(from.get(), to.get(), limit);
  };
  EXPECT_EQ(run(100'000, bytes).value_or(0), 100'000u);
  EXPECT_EQ(read_text(directory_.path / "out"), std::string(100'000, 'x'));
  EXPECT_FALSE(run(99'999, bytes));
  EXPECT_FALSE(run(100'000, "plain text"));
  EXPECT_FALSE(run(100'000, bytes.substr(0, bytes.size() - 20)));
}

}  // namespace
}  // namespace stoa::fetcher
