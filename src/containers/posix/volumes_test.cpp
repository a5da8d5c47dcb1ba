#include "containers/posix/volumes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "containers/posix/testing.h"

namespace stoa::containers {
namespace {

namespace fs = std::filesystem;
using testing::read_whole;
using testing::RuntimeTest;
using testing::TemporaryDirectory;

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

class VolumesTest : public ::testing::Test {
 protected:
  ports::VolumeDirectory volume(const std::string& id, const std::string& role = "web") const {
    return {.root = root_.path(), .path = {"volumes", "roles", role, id}};
  }
  std::string path(const std::string& id) const { return root_.path() + "/volumes/roles/web/" + id; }
  TemporaryDirectory root_;
};

// AGT-170 RES-117
TEST_F(VolumesTest, AreMadeForTheAgentAndRemovedWithAllThatIsInThem) {
  ASSERT_TRUE(change_volumes({volume("x"), volume("y", "eng db")}, {}));
  EXPECT_TRUE(fs::is_directory(root_.path() + "/volumes/roles/eng db/y"));
  struct stat status{};
  ASSERT_EQ(::stat(path("x").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
  fs::create_directories(path("x") + "/deep/er");
  write(path("x") + "/deep/er/file", "data");
  ASSERT_TRUE(change_volumes({}, {volume("x")}));
  EXPECT_FALSE(fs::exists(path("x")));
  EXPECT_TRUE(fs::is_directory(root_.path() + "/volumes/roles/eng db/y"));
}

// AGT-089 RES-117
TEST_F(VolumesTest, WhatIsThereIsKeptAndWhatIsGoneIsRemoved) {
  ASSERT_TRUE(change_volumes({volume("x")}, {}));
  write(path("x") + "/file", "data");
  ASSERT_TRUE(change_volumes({volume("x")}, {volume("y")}));
  EXPECT_EQ(read_whole(path("x") + "/file"), "data");
}

// AGT-170 RES-117
TEST_F(VolumesTest, AMountDiskIsEmptiedAndItsRootStays) {
  const ports::VolumeDirectory mount{.root = root_.path(), .path = {}};
  write(root_.path() + "/before", "data");
  ASSERT_TRUE(change_volumes({mount}, {}));
  EXPECT_EQ(read_whole(root_.path() + "/before"), "data");
  ASSERT_TRUE(change_volumes({}, {mount}));
  EXPECT_TRUE(fs::is_directory(root_.path()));
  EXPECT_TRUE(fs::is_empty(root_.path()));
}

// AGT-172
TEST_F(VolumesTest, IfOneCannotBeMadeNoneIs) {
  const auto made = change_volumes({volume("x"), {.root = "/nowhere/at/all", .path = {"volumes"}}}, {});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("/nowhere/at/all"), std::string::npos) << made.error().message;
  EXPECT_FALSE(fs::exists(path("x")));
}

// AGT-076 CON-190
TEST_F(VolumesTest, LinksAndClimbingPartsAreRefused) {
  TemporaryDirectory other;
  write(other.path() + "/file", "data");
  fs::create_directory_symlink(other.path(), root_.path() + "/volumes");
  EXPECT_FALSE(change_volumes({volume("x")}, {}));
  EXPECT_FALSE(change_volumes({{.root = root_.path(), .path = {"..", "x"}}}, {}));
  EXPECT_FALSE(change_volumes({}, {{.root = root_.path(), .path = {"volumes", ".."}}}));
  EXPECT_EQ(read_whole(other.path() + "/file"), "data");
}

class VolumeLinksTest : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    ASSERT_TRUE(change_volumes({source_}, {}));
  }
  Result<std::string> prepare_with(const std::string& container_path, std::optional<std::string> user = {},
                                   bool give_owner = true) {
    return prepare({.path = ports::standalone_sandbox_path(ContainerId("c")),
                    .user = std::move(user),
                    .volumes = {{source_, container_path, give_owner}}});
  }
  void release(const std::string& container_path) {
    runtime_->release_volumes(ports::standalone_sandbox_path(ContainerId("c")), {{source_, container_path, true}});
    sandbox_of("other");  // Comes after it on the runtime's thread.
  }

  TemporaryDirectory disk_;
  ports::VolumeDirectory source_{.root = disk_.path(), .path = {"volumes", "roles", "web", "x"}};
};

// RES-118 CON-088
TEST_F(VolumeLinksTest, AContainerWritesToItsVolumeAndTheDataStays) {
  auto sandbox = prepare_with("data");
  ASSERT_TRUE(sandbox) << sandbox.error().message;
  auto spec = shell("c", "echo kept > data/file");
  spec.sandbox_directory = *sandbox;
  ASSERT_TRUE(launch(spec));
  exits_->wait("c");
  release("data");
  EXPECT_FALSE(fs::exists(fs::symlink_status(*sandbox + "/data")));
  EXPECT_EQ(read_whole(path_of(source_) + "/file"), "kept\n");
}

// RES-118
TEST_F(VolumeLinksTest, APathOfSeveralPartsIsMadeAndAPathThatIsTakenIsRefused) {
  auto sandbox = prepare_with("a/b/data");
  ASSERT_TRUE(sandbox) << sandbox.error().message;
  EXPECT_EQ(fs::read_symlink(*sandbox + "/a/b/data"), path_of(source_));
  EXPECT_TRUE(prepare_with("a/b/data")) << "what is there already is kept";
  const auto taken = prepare_with("stdout");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "volume at 'stdout': the path is taken in the sandbox");
}

// RES-118 CON-190
TEST_F(VolumeLinksTest, APathOutsideOfTheSandboxIsRefused) {
  for (const char* bad : {"/etc/volume", "../data", "a/../../data", "", "."}) EXPECT_FALSE(prepare_with(bad)) << bad;
  ASSERT_TRUE(prepare_with("data"));
  release("stdout");
  EXPECT_TRUE(fs::exists(options().work_directory + "/containers/c/stdout")) << "only links to the volume are removed";
}

// RES-118
TEST_F(VolumeLinksTest, AVolumeThatIsMissingFailsTheSandbox) {
  fs::remove_all(path_of(source_));
  const auto sandbox = prepare_with("data");
  ASSERT_FALSE(sandbox);
  EXPECT_NE(sandbox.error().message.find("is missing"), std::string::npos) << sandbox.error().message;
}

// RES-118 CON-088 AGT-170
TEST_F(VolumeLinksTest, TheFirstUserBecomesTheOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto owner = [&] {
    struct stat status{};
    ::stat(path_of(source_).c_str(), &status);
    return status.st_uid;
  };
  EXPECT_EQ(owner(), 0);
  ASSERT_TRUE(prepare_with("data", "nobody", false));
  EXPECT_EQ(owner(), 0);
  ASSERT_TRUE(prepare_with("data", "nobody", true));
  EXPECT_EQ(owner(), find_user("nobody")->id);
}

}  // namespace
}  // namespace stoa::containers
