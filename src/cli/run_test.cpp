#include <gtest/gtest.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/testing.h"

namespace stoa::cli {
namespace {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran run(int (*command)(std::span<const std::string>), const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.code = command(words);
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

using Strings = std::vector<std::string>;

TEST(Run, PrintsWhatTheTaskPrintsEachToItsOwnStream) {
  FakeCluster cluster;
  cluster.files = {{"/sandbox/stdout", "hello\n"}, {"/sandbox/stderr", "oh\n"}};
  const Ran ran = run(run_task, {cluster.master(), "--", "echo", "hello"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "hello\n");
  EXPECT_EQ(ran.err, "oh\n");
}

// FE-077
TEST(Run, ExitsAsTheTaskDoes) {
  for (const auto& [message, code] :
       {std::pair("Command exited with status 3", 3), std::pair("Command terminated with signal Killed", 137)}) {
    FakeCluster cluster;
    cluster.end_state = mesos::v1::TASK_FAILED;
    cluster.end_message = message;
    EXPECT_EQ(run(run_task, {cluster.master(), "-q", "false"}).code, code);
  }
}

TEST(Run, SpeaksAsAFrameworkAndLeavesWhenItsTaskHasEnded) {
  FakeCluster cluster;
  EXPECT_EQ(run(run_task, {cluster.master(), "true"}).code, 0);
  Strings calls = cluster.calls();
  ASSERT_EQ(calls.front(), "SUBSCRIBE");
  ASSERT_EQ(std::ranges::count(calls, "ACCEPT"), 1);
  EXPECT_GE(std::ranges::count(calls, "ACKNOWLEDGE"), 1);
  EXPECT_EQ(std::ranges::count(calls, "TEARDOWN"), 1);
}

TEST(Run, PrefixesTheLinesOfSeveralInstances) {
  FakeCluster cluster;
  cluster.files = {{"/sandbox/stdout", "a\nb"}};
  // The fake's agent knows only the task launched last.
  const Ran ran = run(run_task, {cluster.master(), "-n2", "--name=x", "true"});
  EXPECT_NE(ran.out.find("1 | a\n1 | b\n"), std::string::npos) << ran.out;
}

TEST(Run, DetachedPrintsTheIdAndLeavesTheTaskAlone) {
  FakeCluster cluster;
  cluster.ends_by_itself = false;
  const Ran ran = run(run_task, {cluster.master(), "-d", "--name=web", "sleep", "9"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, cluster.last_task_id() + "\n");
  EXPECT_TRUE(ran.out.starts_with("web-"));
  EXPECT_EQ(std::ranges::count(cluster.calls(), "TEARDOWN"), 0);
}

// FE-077
TEST(Run, TimesOutWithItsOwnCodeAndEndsTheTask) {
  FakeCluster cluster;
  cluster.ends_by_itself = false;
  EXPECT_EQ(run(run_task, {cluster.master(), "--timeout=50ms", "sleep", "9"}).code, 6);
  EXPECT_EQ(std::ranges::count(cluster.calls(), "KILL"), 1);
}

TEST(Run, DeclinesOffersThatAreTooSmall) {
  FakeCluster cluster;
  cluster.offered_cpus = 0.5;
  EXPECT_EQ(run(run_task, {cluster.master(), "--cpus=1", "--timeout=50ms", "true"}).code, 6);
  EXPECT_EQ(std::ranges::count(cluster.calls(), "DECLINE"), 1);
  EXPECT_EQ(std::ranges::count(cluster.calls(), "ACCEPT"), 0);
}

constexpr const char* one_task = R"({
  "slaves":[{"id":"A1","hostname":"h1","pid":"slave(1)@ENDPOINT","active":true,
             "resources":{"cpus":4.0,"mem":1024.0},"used_resources":{"cpus":1.0,"mem":512.0}}],
  "frameworks":[{"id":"F1","name":"batch","active":true,"connected":true,"roles":["eng"],
    "used_resources":{"cpus":1.0,"mem":512.0},
    "executors":[{"id":"t-1","directory":"/s"}],
    "tasks":[{"id":"t-1","state":"TASK_RUNNING","slave_id":"A1","resources":{"cpus":1.0,"mem":512.0}}],
    "completed_tasks":[{"id":"t-0","state":"TASK_FINISHED","slave_id":"A1","resources":{"cpus":1.0,"mem":32.0}}]}]})";

void show(FakeCluster& cluster) {
  cluster.state = one_task;
  cluster.state.replace(cluster.state.find("ENDPOINT"), 8, cluster.endpoint().to_string());
}

TEST(Lists, ShowTasksAgentsAndFrameworks) {
  FakeCluster cluster;
  show(cluster);
  EXPECT_EQ(run(list_tasks, {cluster.master(), "--no-headers"}).out, "t-1  TASK_RUNNING    1  512 MB  h1  batch\n");
  EXPECT_EQ(run(list_tasks, {cluster.master(), "-aq"}).out, "t-1\nt-0\n");
  EXPECT_NE(run(list_agents, {cluster.master()}).out.find("1 / 4"), std::string::npos);
  EXPECT_NE(run(list_frameworks, {cluster.master()}).out.find("50.0% mem"), std::string::npos);
  EXPECT_TRUE(run(list_tasks, {cluster.master(), "-o", "json"}).out.starts_with("[\n{\"id\":\"t-1\""));
}

TEST(Logs, ShowAllOrTheLastLines) {
  FakeCluster cluster;
  show(cluster);
  cluster.files = {{"/s/stdout", "one\ntwo\nthree\n"}, {"/s/stderr", "bad\n"}};
  EXPECT_EQ(run(show_logs, {cluster.master(), "t-1"}).out, "one\ntwo\nthree\n");
  EXPECT_EQ(run(show_logs, {cluster.master(), "-n", "2", "t-1"}).out, "two\nthree\n");
  EXPECT_EQ(run(show_logs, {cluster.master(), "-n0", "t-1"}).out, "");
  EXPECT_EQ(run(show_logs, {cluster.master(), "-n9", "t-1"}).out, "one\ntwo\nthree\n");
  EXPECT_EQ(run(show_logs, {cluster.master(), "--stderr", "t-1"}).out, "bad\n");
  EXPECT_EQ(run(show_logs, {cluster.master(), "nothing"}).code, 3);
}

TEST(Logs, FollowUntilTheTaskHasEndedEvenIfNobodyAcknowledgesIt) {
  FakeCluster cluster;
  show(cluster);
  const std::string executor = R"({"id":"t-1","directory":"/s")";
  const std::string ended = executor + R"(,"completed_tasks":[{"id":"t-1","state":"TASK_FINISHED"}])";
  cluster.state.replace(cluster.state.find(executor), executor.size(), ended);
  cluster.files = {{"/s/stdout", "one\n"}};
  EXPECT_EQ(run(show_logs, {cluster.master(), "-f", "t-1"}).out, "one\n");
}

TEST(Kill, ExplainsThatOnlyTheFrameworkCanKill) {
  FakeCluster cluster;
  show(cluster);
  const Ran ran = run(kill_task, {cluster.master(), "t-1"});
  EXPECT_EQ(ran.code, 7);
  EXPECT_NE(ran.err.find("only that framework can kill it"), std::string::npos);
  EXPECT_TRUE(cluster.calls().empty());
}

// FE-077
TEST(Commands, SayThatNobodyAnswers) {
  std::string nobody;
  {
    FakeCluster cluster;
    nobody = cluster.master();
  }
  EXPECT_EQ(run(list_tasks, {nobody}).code, 5);
  EXPECT_EQ(run(run_task, {nobody, "true"}).code, 5);
  EXPECT_EQ(run(list_tasks, {"--nonsense"}).code, 2);
}

}  // namespace
}  // namespace stoa::cli
