#include "containers/posix/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "containers/posix/testing.h"

namespace stoa::containers {
namespace {

using testing::TemporaryDirectory;

struct stat status_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

mode_t mode_of(const std::string& path) { return status_of(path).st_mode & 07777; }

const ports::SandboxPath executor_path =
    ports::executor_sandbox_path(AgentId("a"), FrameworkId("f"), ExecutorId("e"), ContainerId("c"));

class SandboxTest : public ::testing::Test {
 protected:
  Result<> make(const ports::SandboxPath& path, const std::optional<User>& user = {},
                const ports::SandboxPath& link = {}) {
    return make_sandbox(base_.get(), path, user, link);
  }
  TemporaryDirectory directory_;
  Descriptor base_{::open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
};

// AGT-074 SEC-100 AGT-070 CON-194
TEST_F(SandboxTest, IsClosedToOthersAndItsParentsCannotBeListed) {
  const mode_t umask_before = ::umask(077);
  ASSERT_TRUE(make(executor_path));
  ::umask(umask_before);
  const std::string runs = directory_.path() + "/slaves/a/frameworks/f/executors/e/runs";
  for (std::string parent = runs; parent != directory_.path(); parent = parent.substr(0, parent.rfind('/'))) {
    EXPECT_EQ(mode_of(parent), 0711u) << parent;
    EXPECT_EQ(status_of(parent).st_uid, ::geteuid());
  }
  EXPECT_EQ(mode_of(runs + "/c"), 0750u);
  EXPECT_EQ(mode_of(runs + "/c/stdout"), 0640u);
  EXPECT_EQ(mode_of(runs + "/c/stderr"), 0640u);
}

// AGT-074 SEC-100
TEST_F(SandboxTest, BelongsToTheUserAndTheAgentsGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const Result<User> nobody = find_user("nobody");
  ASSERT_TRUE(nobody);
  ASSERT_TRUE(make({"containers", "c"}, *nobody));
  for (const std::string name : {"", "/stdout", "/stderr"}) {
    const struct stat status = status_of(directory_.path() + "/containers/c" + name);
    EXPECT_EQ(status.st_uid, nobody->id);
    EXPECT_EQ(status.st_gid, ::getegid());
  }
  EXPECT_EQ(status_of(directory_.path() + "/containers").st_uid, 0u);
  EXPECT_EQ(mode_of(directory_.path() + "/containers/c"), 0750u);
}

// AGT-070
TEST_F(SandboxTest, LatestPointsAtTheNewestRun) {
  ports::SandboxPath path = executor_path;
  ports::SandboxPath link = path;
  link.back() = "latest";
  ASSERT_TRUE(make(path, {}, link));
  path.back() = "d";
  ASSERT_TRUE(make(path, {}, link));
  const std::string runs = directory_.path() + "/slaves/a/frameworks/f/executors/e/runs";
  EXPECT_EQ(std::filesystem::read_symlink(runs + "/latest"), "d");
  EXPECT_TRUE(std::filesystem::exists(runs + "/latest/stdout"));
}

// AGT-071
TEST_F(SandboxTest, OfANestedContainerLiesInItsParents) {
  ASSERT_TRUE(make(executor_path));
  ASSERT_TRUE(make(ports::nested_sandbox_path(executor_path, "n")));
  EXPECT_TRUE(
      std::filesystem::exists(directory_.path() + "/slaves/a/frameworks/f/executors/e/runs/c/containers/n/stdout"));
}

// EXE-140
TEST_F(SandboxTest, OfATaskIsFoundByItsLinkInTheExecutors) {
  ports::SandboxPath link = executor_path;
  link.insert(link.end(), {"tasks", "t"});
  ASSERT_TRUE(make(executor_path));
  ASSERT_TRUE(make(ports::nested_sandbox_path(executor_path, "n"), {}, link));
  const std::string sandbox = directory_.path() + "/slaves/a/frameworks/f/executors/e/runs/c";
  EXPECT_EQ(std::filesystem::read_symlink(sandbox + "/tasks/t"), "../containers/n");
  EXPECT_TRUE(std::filesystem::exists(sandbox + "/tasks/t/stdout"));
}

// CON-190 CON-191
TEST_F(SandboxTest, NoLinkIsMadeThroughALink) {
  const TemporaryDirectory outside;
  ASSERT_TRUE(make({"containers", "c"}));
  std::filesystem::create_directory_symlink(outside.path(), directory_.path() + "/containers/c/tasks");
  EXPECT_EQ(make({"containers", "c", "containers", "n"}, {}, {"containers", "c", "tasks", "t"}).error().code,
            Code::permission_denied);
  EXPECT_TRUE(std::filesystem::is_empty(outside.path()));
}

TEST_F(SandboxTest, WhatExistsIsKept) {
  ASSERT_TRUE(make({"containers", "c"}));
  std::ofstream(directory_.path() + "/containers/c/stdout") << "kept";
  ASSERT_TRUE(make({"containers", "c"}));
  EXPECT_EQ(testing::read_whole(directory_.path() + "/containers/c/stdout"), "kept");
}

// CON-190 CON-191
TEST_F(SandboxTest, IsNeverMadeOrOpenedThroughALink) {
  const TemporaryDirectory outside;
  ASSERT_TRUE(make({"containers", "c"}));
  // What the user of a sandbox can do in it.
  std::filesystem::create_directory_symlink(outside.path(), directory_.path() + "/containers/c/containers");
  EXPECT_EQ(make({"containers", "c", "containers", "n"}).error().code, Code::permission_denied);
  EXPECT_TRUE(std::filesystem::is_empty(outside.path()));
  EXPECT_EQ(open_directory(base_.get(), {"containers", "c", "containers"}).error().code, Code::permission_denied);
  EXPECT_TRUE(open_directory(base_.get(), {"containers", "c"}));
}

// AGT-076 SEC-108
TEST_F(SandboxTest, BadPartsCreateNothing) {
  for (const std::string bad : {"", ".", "..", "a/b", "a\tb"}) {
    EXPECT_EQ(make({"new", bad, "c"}).error().code, Code::invalid_argument);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace stoa::containers
