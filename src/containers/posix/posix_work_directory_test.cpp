#include "containers/posix/posix_work_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "containers/posix/testing.h"
#include "containers/posix/tree_removal.h"

namespace stoa::containers {
namespace {

namespace fs = std::filesystem;
using testing::read_whole;
using testing::TemporaryDirectory;

class WorkDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = PosixWorkDirectory::open(base_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    directory_ = *std::move(opened);
  }
  Result<> remove(const std::string& path) {
    std::promise<Result<>> answer;
    directory_->remove_tree(path, [&](Result<> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  std::vector<ports::FoundDirectory> find(const std::string& own) {
    std::promise<std::vector<ports::FoundDirectory>> answer;
    directory_->find(AgentId(own), [&](auto found) { answer.set_value(std::move(found)); });
    return answer.get_future().get();
  }
  std::string at(const std::string& path) const { return base_.path() + "/" + path; }
  void write(const std::string& path) const {
    fs::create_directories(fs::path(at(path)).parent_path());
    std::ofstream(at(path)) << "data";
  }

  TemporaryDirectory base_;
  std::unique_ptr<PosixWorkDirectory> directory_;
};

// AGT-103
TEST_F(WorkDirectoryTest, ATreeGoesWithoutFollowingItsLinks) {
  write("keep/file");
  write("tree/a/b/file");
  fs::create_directory_symlink(at("keep"), at("tree/a/link"));
  fs::create_symlink(at("keep/file"), at("tree/link"));
  ASSERT_TRUE(remove("tree"));
  EXPECT_FALSE(fs::exists(at("tree")));
  EXPECT_EQ(read_whole(at("keep/file")), "data");
}

// AGT-103 CON-190
TEST_F(WorkDirectoryTest, NothingOutsideOfTheWorkDirectoryIsRemoved) {
  TemporaryDirectory other;
  std::ofstream(other.path() + "/file") << "data";
  fs::create_directory_symlink(other.path(), at("link"));
  EXPECT_FALSE(remove("link"));
  EXPECT_FALSE(remove("link/file"));
  EXPECT_FALSE(remove("../" + fs::path(other.path()).filename().string()));
  EXPECT_FALSE(remove("/tmp"));
  EXPECT_FALSE(remove(""));
  EXPECT_EQ(read_whole(other.path() + "/file"), "data");
}

// AGT-103
TEST_F(WorkDirectoryTest, ATreeDeeperThanAnyPathGoesWithFewDescriptors) {
  int directory = ::open(base_.path().c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 3000; ++i) {
    const char* name = i == 0 ? "deep" : "d";
    ASSERT_EQ(::mkdirat(directory, name, 0755), 0);
    const int next = ::openat(directory, name, O_RDONLY | O_DIRECTORY);
    ::close(directory);
    directory = next;
  }
  ::close(directory);
  const auto removed = remove("deep");
  EXPECT_TRUE(removed) << removed.error().message;
  EXPECT_FALSE(fs::exists(at("deep")));
}

// AGT-103
TEST_F(WorkDirectoryTest, WhatIsNotThereIsRemoved) { EXPECT_TRUE(remove("never")); }

// AGT-103
TEST_F(WorkDirectoryTest, OneFileThatCannotBeRemovedDoesNotSaveTheRest) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  write("tree/a/file");
  write("tree/b/file");
  write("tree/c/file");
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  // A busy mount: it cannot be removed. remove_content is asked directly, since remove_tree would unmount it.
  ASSERT_EQ(::mount(at("tree/b").c_str(), at("tree/b").c_str(), nullptr, MS_BIND, nullptr), 0);
  const Descriptor tree(::open(at("tree").c_str(), O_RDONLY | O_DIRECTORY));
  const auto removed = remove_content(tree.get());
  EXPECT_FALSE(removed);
  EXPECT_EQ(read_whole(at("tree/b/file")), "data") << "nothing behind a mount is touched";
  EXPECT_FALSE(fs::exists(at("tree/a")));
  EXPECT_FALSE(fs::exists(at("tree/c")));
  // What dangles is unmounted; what is busy saves its tree.
  {
    const Descriptor busy(::open(at("tree/b/file").c_str(), O_RDONLY));
    EXPECT_FALSE(unmount_below(at("tree")));
  }
  EXPECT_TRUE(unmount_below(at("tree")));
  EXPECT_TRUE(remove_content(tree.get()));
  EXPECT_TRUE(fs::is_empty(at("tree")));
}

// AGT-088 AGT-093 AGT-100
TEST_F(WorkDirectoryTest, FindsRunsExecutorsFrameworksAndAgentsWithTheirAge) {
  const std::string run = "slaves/S1/frameworks/f/executors/e/runs/c1";
  write(run + "/stdout");
  fs::create_directory_symlink("c1", at("slaves/S1/frameworks/f/executors/e/runs/latest"));
  write("slaves/S0/frameworks/f/executors/e/runs/c0/stdout");
  fs::create_directories(at("meta/slaves/S0"));
  fs::create_directory_symlink("S0", at("meta/slaves/latest"));
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  ::utimensat(AT_FDCWD, at(run).c_str(), times, 0);
  const auto found = find("S1");
  std::vector<std::string> paths;
  for (const auto& directory : found) {
    paths.push_back(directory.path);
    if (directory.path == run) EXPECT_EQ(directory.modified, 1000);
  }
  std::ranges::sort(paths);
  EXPECT_EQ(paths, (std::vector<std::string>{"meta/slaves/S0", "slaves/S0", "slaves/S1", "slaves/S1/frameworks/f",
                                             "slaves/S1/frameworks/f/executors/e", run}));
  directory_->mark(run);
  for (const auto& directory : find("S1")) {
    if (directory.path == run) EXPECT_GT(directory.modified, 1'000'000);
  }
}

// AGT-106
TEST_F(WorkDirectoryTest, TellsHowFullTheDiskIs) {
  std::promise<std::optional<double>> answer;
  directory_->disk_used([&](std::optional<double> used) { answer.set_value(used); });
  const auto used = answer.get_future().get();
  ASSERT_TRUE(used);
  EXPECT_GT(*used, 0);
  EXPECT_LE(*used, 1);
}

}  // namespace
}  // namespace stoa::containers
