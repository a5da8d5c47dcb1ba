#include "fetcher/program/local.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "fetcher/testing.h"

namespace stoa::fetcher {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool comes(const std::function<bool()>& condition) {
  for (int i = 0; i < 4'000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
  return condition();
}

// AGT-111
TEST(Hadoop, WhatTheClientStartedEndsWithTheProgramThatIsKilled) {
  const testing::TemporaryDirectory directory;
  fs::create_directories(directory.path / "bin");
  const fs::path note = directory.path / "pid";
  const fs::path client = directory.path / "bin/hadoop";
  testing::write_text(client, "#!/bin/sh\nsleep 1000 &\necho $! > " + note.string() + ".new\nmv " + note.string() +
                                  ".new " + note.string() + "\nwait\n");
  ::chmod(client.c_str(), 0755);
  const pid_t program = ::fork();
  ASSERT_GE(program, 0);
  if (program == 0) {
    ::setsid();  // As the agent starts it.
    Settings settings;
    settings.hadoop_home = directory.path.string();
    settings.stall_timeout = 1min;
    const Descriptor out(::open((directory.path / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    (void)fetch_by_hadoop(settings, "hdfs://h/x", out.get(), -1);
    ::_exit(0);
  }
  ASSERT_TRUE(comes([&] { return fs::exists(note); }));
  const pid_t sleeper = std::stoi(testing::read_text(note));
  ASSERT_EQ(::kill(sleeper, 0), 0);
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  // Whoever inherits it may take its time to reap it.
  const auto is_gone = [&] {
    std::ifstream stat("/proc/" + std::to_string(sleeper) + "/stat");
    std::string text;
    std::getline(stat, text);
    return text.empty() || text[text.rfind(')') + 2] == 'Z';
  };
  EXPECT_TRUE(comes(is_gone));
  ::kill(sleeper, SIGKILL);
}

}  // namespace
}  // namespace stoa::fetcher
