// Recovery of containers after the death of the agent that launched them, with real processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "containers/posix/instructions.h"
#include "containers/posix/posix_runtime.h"
#include "containers/posix/process.h"
#include "containers/posix/shim_process.h"
#include "containers/posix/testing.h"

namespace stoa::containers {
namespace {

using testing::read_whole;
using testing::Signpost;
using State = ports::RecoveredContainer::State;

// A shim ends only when nothing of its container is left.
bool ends(const Descriptor& process) {
  pollfd ended{.fd = process.get(), .events = POLLIN};
  return ::poll(&ended, 1, 20'000) == 1;
}

class RecoveryTest : public testing::RuntimeTest {
 protected:
  void SetUp() override {
    // Shims whose agent dies come to this process, which reaps them at the end.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  void TearDown() override {
    RuntimeTest::TearDown();
    runtime_.reset();
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  // Runs `life` in a process of its own, which then dies without any chance to tidy up.
  void live_and_die(const std::function<void()>& life) {
    const pid_t agent = ::fork();
    if (agent == 0) {
      restart();
      life();
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(agent, &status, 0), agent);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }

  Descriptor open_shim(const std::string& id) const {
    std::istringstream file(read_whole(runtime_path(id) + "/pid"));
    std::string boot;
    ProcessName name;
    file >> boot >> name.pid >> name.start_time;
    std::optional<Descriptor> shim = open_process(name);
    EXPECT_TRUE(shim) << id;
    return shim ? *std::move(shim) : Descriptor();
  }
};

// CON-021 AGT-080 EXE-109
TEST_F(RecoveryTest, ARunningContainerIsTakenOverUntouched) {
  const std::string sandbox = options().work_directory + "/containers/c";
  live_and_die([&] {
    sandbox_of("c");
    const Signpost gate(sandbox + "/gate");
    ports::ContainerSpec spec = shell("c", "echo before; read go < gate; echo after; exit 4");
    spec.sandbox_directory = sandbox;
    launch(spec);
  });
  restart();
  launched_ = {"c"};
  const auto recovered = recover({"c"});
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_EQ(recovered[0].state, State::running);
  EXPECT_EQ(::kill(recovered[0].pid, 0), 0);
  std::ofstream(sandbox + "/gate") << "go\n";
  EXPECT_EQ(exits_->wait("c").wait_status, 4 << 8);
  EXPECT_EQ(read_whole(sandbox + "/stdout"), "before\nafter\n");
}

// CON-021
TEST_F(RecoveryTest, AnAdoptedContainerIsSignalledAndReportsItsOwnEnd) {
  live_and_die([&] {
    const std::string sandbox = sandbox_of("c");
    const Signpost ready(sandbox + "/ready");
    ports::ContainerSpec spec = shell("c", "trap 'exit 9' TERM; echo > ready; while :; do sleep 0.01; done");
    spec.sandbox_directory = sandbox;
    launch(spec);
    ready.read();
  });
  restart();
  launched_ = {"c"};
  ASSERT_EQ(recover({"c"})[0].state, State::running);
  runtime_->signal(ContainerId("c"), SIGTERM);
  EXPECT_EQ(exits_->wait("c").wait_status, 9 << 8);
}

// CON-021 CON-020
TEST_F(RecoveryTest, AContainerThatEndedMeanwhileHasItsTrueStatus) {
  live_and_die([&] {
    launch(shell("c", "exit 42"));
    exits_->wait("c");
  });
  restart();
  const auto recovered = recover({"c"});
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_EQ(recovered[0].state, State::ended);
  EXPECT_EQ(recovered[0].wait_status, 42 << 8);
}

// AGT-091 CON-022
TEST_F(RecoveryTest, OrphansAreDestroyedAndNotReported) {
  live_and_die([&] { launch(shell("c", "sleep 1000")); });
  const Descriptor shim = open_shim("c");
  restart();
  EXPECT_TRUE(recover({}).empty());
  EXPECT_TRUE(ends(shim));
  recover({});  // What the end of the shim caused has run.
  EXPECT_EQ(exits_->count("c"), 0u);
}

// AGT-075 AGT-091
TEST_F(RecoveryTest, AContainerWhoseRuntimeDirectoryWasLostIsDestroyed) {
  live_and_die([&] { launch(shell("c", "sleep 1000")); });
  const Descriptor shim = open_shim("c");
  std::filesystem::remove_all(runtime_path("c"));
  restart();
  EXPECT_EQ(recover({"c"})[0].state, State::lost);
  EXPECT_TRUE(ends(shim));
}

// CON-018
TEST_F(RecoveryTest, OfWhatLeftNothingItIsCertainThatItNeverRanUnlessAllWasLost) {
  runtime_.reset();
  std::filesystem::remove_all(options().runtime_directory);
  restart();
  EXPECT_EQ(recover({"never"})[0].state, State::lost);
  restart();
  EXPECT_EQ(recover({"never"})[0].state, State::never_ran);
}

TEST_F(RecoveryTest, ALaunchThatWasCutOffIsToldFromOneWhoseEndWasLost) {
  restart();
  std::filesystem::create_directory(runtime_path("c"));
  EXPECT_EQ(recover({"c"})[0].state, State::never_ran);
  const std::string gone = " 999999999 1 999999999 1\n";
  std::ofstream(runtime_path("c") + "/pid") << boot_id() << gone;
  restart();
  EXPECT_EQ(recover({"c"})[0].state, State::lost);
  std::ofstream(runtime_path("c") + "/status") << "never ran\n";
  restart();
  EXPECT_EQ(recover({"c"})[0].state, State::never_ran);
}

TEST_F(RecoveryTest, AReusedPidIsNotTakenForTheContainer) {
  restart();
  std::filesystem::create_directory(runtime_path("c"));
  const std::string self = std::to_string(::getpid());
  std::ofstream(runtime_path("c") + "/pid") << boot_id() << " " << self << " 12345 " << self << " 12345\n";
  EXPECT_EQ(recover({"c"})[0].state, State::lost);
}

// AGT-082 CON-023
TEST_F(RecoveryTest, NothingOfAnEarlierBootIsLookedFor) {
  restart();
  std::filesystem::create_directory(runtime_path("c"));
  const std::string self = std::to_string(::getpid()) + " " + std::to_string(start_time(::getpid()));
  std::ofstream(runtime_path("c") + "/pid") << "00000000-0000-0000-0000-000000000000 " << self << " " << self << "\n";
  EXPECT_EQ(recover({"c"})[0].state, State::lost);
}

// AGT-087
TEST_F(RecoveryTest, TornFilesCountAsNeverWritten) {
  restart();
  std::filesystem::create_directory(runtime_path("c"));
  std::ofstream(runtime_path("c") + "/pid") << boot_id() << " 12";
  std::ofstream(runtime_path("c") + "/status") << "";
  EXPECT_EQ(recover({"c"})[0].state, State::lost);
}

// The shim by itself: what happens between the making of a process and its release.
class HeldProcessTest : public testing::RuntimeTest {
 protected:
  // Starts a shim whose program would leave a mark, and returns when the process is held.
  ShimProcess hold() {
    const std::string sandbox = sandbox_of("c");
    ports::ContainerSpec spec = shell("c", "echo ran > mark");
    std::filesystem::create_directory(runtime_path("c"));
    const Descriptor directory(::open(sandbox.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Result<std::string> instructions = encode_instructions(spec, {}, runtime_path("c"), boot_id());
    EXPECT_TRUE(instructions);
    Result<ShimProcess> shim = spawn_shim(STOA_SHIM_PATH, runtime_path("c"), *instructions, directory.get());
    EXPECT_TRUE(shim);
    shim::Report report;
    EXPECT_EQ(::read(shim->socket.get(), &report, sizeof report), static_cast<ssize_t>(sizeof report));
    EXPECT_EQ(report.stage, shim::Stage::held);
    held_ = report.number;
    return *std::move(shim);
  }
  bool has_run() const { return std::filesystem::exists(options().work_directory + "/containers/c/mark"); }
  pid_t held_ = 0;
};

// CON-010 CON-011
TEST_F(HeldProcessTest, ItsPidIsOnDiskBeforeItsProgramRuns) {
  const ShimProcess shim = hold();
  std::istringstream file(read_whole(runtime_path("c") + "/pid"));
  std::string boot;
  ProcessName shim_name;
  ProcessName main;
  file >> boot >> shim_name.pid >> shim_name.start_time >> main.pid >> main.start_time;
  EXPECT_EQ(boot, boot_id());
  EXPECT_EQ(shim_name.pid, shim.pid);
  EXPECT_EQ(main.pid, held_);
  EXPECT_TRUE(open_process(shim_name));
  EXPECT_TRUE(open_process(main));
  EXPECT_FALSE(has_run());
  const char release = 1;
  ASSERT_EQ(::write(shim.socket.get(), &release, 1), 1);
  int status = -1;
  ASSERT_EQ(::waitpid(shim.pid, &status, 0), shim.pid);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(has_run());
  EXPECT_EQ(read_whole(runtime_path("c") + "/status"), "0\n");
}

// CON-011 CON-010
TEST_F(HeldProcessTest, IfTheAgentDiesTheProcessEndsWithoutHavingRun) {
  ShimProcess shim = hold();
  const std::optional<Descriptor> main = open_process({held_, start_time(held_)});
  ASSERT_TRUE(main);
  shim.socket.reset();  // As the kernel does for a dead agent.
  ASSERT_EQ(::waitpid(shim.pid, nullptr, 0), shim.pid);
  EXPECT_TRUE(ends(*main));
  EXPECT_FALSE(has_run());
  EXPECT_EQ(read_whole(runtime_path("c") + "/status"), "never ran\n");
}

}  // namespace
}  // namespace stoa::containers
