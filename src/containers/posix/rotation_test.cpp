// Output files that turn over, written by real containers.
#include <sys/resource.h>

#include "containers/posix/testing.h"

namespace stoa::containers {
namespace {

class Rotation : public testing::RuntimeTest {
 protected:
  std::string file(const std::string& id, const std::string& name) {
    return options().work_directory + "/containers/" + id + "/" + name;
  }
  static ports::ContainerSpec rotating(const std::string& id, const std::string& command, unsigned files = 1000) {
    ports::ContainerSpec spec = shell(id, command);
    spec.standard_rotation = {.bytes_max = 4096, .files = files};
    spec.error_rotation = {.bytes_max = 8192, .files = files};
    return spec;
  }
  // All that there is of a stream, oldest first.
  std::string whole(const std::string& id, const std::string& name) {
    std::string text;
    for (int number = 1000; number > 0; --number)
      text += testing::read_whole(file(id, name + "." + std::to_string(number)));
    return text + testing::read_whole(file(id, name));
  }
};

// Lines of ten bytes.
constexpr const char* count_to_2000 = "i=10000; while [ $i -lt 12000 ]; do echo line$i; i=$((i+1)); done";

std::string counted() {
  std::string text;
  for (int i = 10000; i < 12000; ++i) text += "line" + std::to_string(i) + "\n";
  return text;
}

// AGT-156
TEST_F(Rotation, EachStreamIsCutAtItsOwnSizeAndNothingIsLost) {
  ASSERT_TRUE(launch(rotating("c", std::string("{ ") + count_to_2000 + "; }; { " + count_to_2000 + "; } >&2")));
  EXPECT_EQ(exits_->wait("c").wait_status, 0);
  EXPECT_EQ(whole("c", "stdout"), counted());
  EXPECT_EQ(whole("c", "stderr"), counted());
  for (const auto& [name, bytes_max] : std::map<std::string, std::uintmax_t>{{"stdout", 4096}, {"stderr", 8192}}) {
    for (int number = 0; number < 1000; ++number) {
      const std::string path = file("c", number == 0 ? name : name + "." + std::to_string(number));
      if (!std::filesystem::exists(path)) continue;
      EXPECT_LE(std::filesystem::file_size(path), bytes_max) << path;
      EXPECT_GT(std::filesystem::file_size(path), 0u) << path;
    }
  }
  EXPECT_TRUE(std::filesystem::exists(file("c", "stdout.4")));
}

// AGT-156
TEST_F(Rotation, OnlyAsManyFilesAreKeptAsWereAskedFor) {
  ASSERT_TRUE(launch(rotating("c", count_to_2000, 2)));
  exits_->wait("c");
  EXPECT_TRUE(std::filesystem::exists(file("c", "stdout.2")));
  EXPECT_FALSE(std::filesystem::exists(file("c", "stdout.3")));
  EXPECT_TRUE(testing::read_whole(file("c", "stdout")).ends_with("line11999\n"));
}

// AGT-156
TEST_F(Rotation, AnAgentThatRestartsDoesNotInterruptIt) {
  const testing::Signpost go(directory_.path() + "/go");
  ASSERT_TRUE(launch(rotating("c", "echo before; read x < " + go.path() + "; " + count_to_2000)));
  restart();
  ASSERT_EQ(recover({"c"}).at(0).state, ports::RecoveredContainer::State::running);
  std::ofstream(go.path()) << "on\n" << std::flush;
  EXPECT_EQ(exits_->wait("c").wait_status, 0);
  EXPECT_EQ(whole("c", "stdout"), "before\n" + counted());
}

// AGT-156
TEST_F(Rotation, WhatAKilledContainerWroteIsThereWhenItsEndIsKnown) {
  const testing::Signpost ready(directory_.path() + "/ready");
  ASSERT_TRUE(launch(rotating("c", "echo said; echo > " + ready.path() + "; trap '' TERM; sleep 1000 & wait; wait")));
  ready.read();
  runtime_->signal(ContainerId("c"), SIGTERM);  // Reaches the container, not what writes its files.
  runtime_->destroy(ContainerId("c"));
  exits_->wait("c");
  EXPECT_EQ(testing::read_whole(file("c", "stdout")), "said\n");
}

// AGT-158
TEST_F(Rotation, AFileThatCannotBeWrittenDropsThatOutputAndHoldsUpNothing) {
  ASSERT_TRUE(launch(rotating("c", "rm stdout; mkfifo stdout; head -c 200000 /dev/zero; echo done >&2")));
  EXPECT_EQ(exits_->wait("c").wait_status, 0);
  EXPECT_EQ(testing::read_whole(file("c", "stderr")), "done\n");
}

// AGT-158
TEST_F(Rotation, ATaskThatBarsItsFilesFromTurningOverLosesOutputAndHoldsUpNothing) {
  const char* bars[] = {"chmod 555 .", "mkdir stdout.1", "ln stdout stdout.1"};
  for (int i = 0; i < 3; ++i) {
    const std::string id = "c" + std::to_string(i);
    ports::ContainerSpec spec = rotating(id, std::string(bars[i]) + "; head -c 500000 /dev/zero; echo done >&2", 1);
    if (::geteuid() == 0) spec.user = "nobody";
    ASSERT_TRUE(launch(std::move(spec)));
    EXPECT_EQ(exits_->wait(id).wait_status, 0) << bars[i];
    EXPECT_EQ(testing::read_whole(file(id, "stderr")), "done\n") << bars[i];
    EXPECT_LE(std::filesystem::file_size(file(id, "stdout")), 4096U) << bars[i];
  }
}

// AGT-156
TEST_F(Rotation, TheFilesBelongToTheContainersUser) {
  ports::ContainerSpec spec = rotating("c", count_to_2000);
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  spec.user = "nobody";
  ASSERT_TRUE(launch(std::move(spec)));
  EXPECT_EQ(exits_->wait("c").wait_status, 0);
  struct stat first{};
  struct stat second{};
  ASSERT_EQ(::stat(file("c", "stdout").c_str(), &first), 0);
  ASSERT_EQ(::stat(file("c", "stdout.1").c_str(), &second), 0);
  EXPECT_NE(first.st_uid, 0u);
  EXPECT_EQ(first.st_uid, second.st_uid);
  EXPECT_EQ(first.st_mode & 0777, 0640u);
  EXPECT_EQ(whole("c", "stdout"), counted());
}

}  // namespace
}  // namespace stoa::containers
