#include "agent/command_executor.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;

const TimePoint start{1h};

// The actions in words: a state for a report, else what is done to the process.
std::string words(const ExecutorActions& actions) {
  std::string result;
  for (const auto& action : actions) {
    if (!result.empty()) result += ' ';
    if (const auto* report = std::get_if<Report>(&action)) result += v1::TaskState_Name(report->state).substr(5);
    if (std::holds_alternative<StartProcess>(action)) result += "start";
    if (std::holds_alternative<SaveKill>(action)) result += "save";
    if (std::holds_alternative<TerminateProcess>(action)) result += "term";
    if (std::holds_alternative<DestroyProcess>(action)) result += "destroy";
  }
  return result;
}

CommandExecutor running(CommandExecutor::Options options = {.kill_grace = 3s}) {
  CommandExecutor executor(options);
  executor.start();
  executor.launched(4711, start);
  return executor;
}

Report end_of(CommandExecutor executor, const ContainerExited& exit) {
  const auto actions = executor.exited(exit);
  return actions.empty() ? Report{} : std::get<Report>(actions.front());
}

// EXE-114 SCH-211
TEST(CommandExecutor, ReportsStartingThenStartsTheProcessThenReportsRunning) {
  CommandExecutor executor({});
  EXPECT_EQ(words(executor.start()), "STARTING start");
  EXPECT_EQ(words(executor.launched(4711, start)), "RUNNING");
  EXPECT_EQ(words(executor.exited({.wait_status = 0})), "FINISHED");
}

// EXE-119
TEST(CommandExecutor, TheEndOfTheProcessIsToldInWords) {
  struct Case {
    int wait_status;
    v1::TaskState state;
    std::string message;
  };
  for (const auto& [wait_status, state, message] :
       {Case{0, v1::TASK_FINISHED, "Command exited with status 0"},
        Case{256 * 3, v1::TASK_FAILED, "Command exited with status 3"},
        Case{SIGKILL, v1::TASK_FAILED, "Command terminated with signal Killed"},
        Case{SIGTERM, v1::TASK_FAILED, "Command terminated with signal Terminated"},
        Case{SIGSEGV | 0x80, v1::TASK_FAILED, "Command terminated with signal Segmentation fault (core dumped)"}}) {
    const Report report = end_of(running(), {.wait_status = wait_status});
    EXPECT_EQ(report.state, state);
    EXPECT_EQ(report.message, message);
    EXPECT_FALSE(report.from_agent);
  }
}

// EXE-120
TEST(CommandExecutor, AKillIsTermThenAfterTheGraceDestruction) {
  CommandExecutor executor = running({.task_killing = true, .kill_grace = 3s});
  EXPECT_EQ(words(executor.kill(std::nullopt, start)), "KILLING save");
  EXPECT_EQ(words(executor.kill_saved(start + 1s)), "term");
  EXPECT_EQ(executor.deadline(), start + 4s);
  EXPECT_EQ(words(executor.advance(start + 3s)), "");
  EXPECT_EQ(words(executor.advance(start + 4s)), "destroy");
  EXPECT_EQ(words(executor.exited({.wait_status = SIGKILL})), "KILLED");
}

// EXE-120
TEST(CommandExecutor, TaskKillingIsSentOnlyToFrameworksThatKnowIt) {
  CommandExecutor executor = running();
  EXPECT_EQ(words(executor.kill(10s, start)), "save");
  executor.kill_saved(start);
  EXPECT_EQ(executor.deadline(), start + 10s);
}

// EXE-121
TEST(CommandExecutor, AKilledTaskEndsKilledEvenIfItExitsWithZero) {
  CommandExecutor executor = running();
  executor.kill(std::nullopt, start);
  EXPECT_EQ(end_of(executor, {.wait_status = 0}).state, v1::TASK_KILLED);
  executor.kill_saved(start);
  EXPECT_EQ(end_of(executor, {.wait_status = 256}).state, v1::TASK_KILLED);
}

// EXE-122 SCH-198
TEST(CommandExecutor, AnotherKillMayShortenTheGraceAndNeverLengthensIt) {
  CommandExecutor executor = running({.task_killing = true, .kill_grace = 60s});
  executor.kill(std::nullopt, start);
  executor.kill_saved(start);
  EXPECT_EQ(words(executor.kill(90s, start + 1s)), "");
  EXPECT_EQ(words(executor.kill(std::nullopt, start + 1s)), "");
  EXPECT_EQ(executor.deadline(), start + 60s);
  EXPECT_EQ(words(executor.kill(10s, start + 2s)), "");
  EXPECT_EQ(executor.deadline(), start + 10s);
  EXPECT_EQ(words(executor.kill(1s, start + 3s)), "destroy");
}

// EXE-120 EXE-125
TEST(CommandExecutor, WhatIsMeantToBeEndlessIsNotOverAtOnce) {
  CommandExecutor executor = running({.kill_grace = Duration::max(), .completion_max = Duration::max()});
  EXPECT_EQ(words(executor.advance(start + 1h)), "");
  executor.kill(std::nullopt, start + 1h);
  EXPECT_EQ(words(executor.kill_saved(start + 1h)), "term");
  EXPECT_EQ(words(executor.advance(start + 2h)), "");
}

// EXE-103 SCH-201
TEST(CommandExecutor, AKillBeforeDeliveryEndsTheTaskWithoutAProcess) {
  CommandExecutor executor({});
  const auto actions = executor.kill(std::nullopt, start);
  ASSERT_EQ(words(actions), "KILLED");
  const Report& report = std::get<Report>(actions.front());
  EXPECT_EQ(report.reason, v1::TaskStatus::REASON_TASK_KILLED_DURING_LAUNCH);
  EXPECT_EQ(report.message, "Killed before delivery to the executor");
  EXPECT_TRUE(report.from_agent);
  EXPECT_EQ(words(executor.start()), "");
}

// EXE-123
TEST(CommandExecutor, AKillWhileTheProcessIsStartedWinsOverTheStart) {
  CommandExecutor executor({.kill_grace = 3s});
  executor.start();
  EXPECT_EQ(words(executor.kill(std::nullopt, start)), "save");
  EXPECT_EQ(words(executor.kill_saved(start)), "");
  EXPECT_EQ(words(executor.launched(4711, start)), "destroy");
  EXPECT_EQ(words(executor.exited({.wait_status = SIGKILL})), "KILLED");
}

// EXE-097 EXE-130
TEST(CommandExecutor, AProcessThatCannotBeStartedFailsTheTaskWithTheReason) {
  CommandExecutor executor({});
  executor.start();
  const auto actions = executor.launched(fail(Code::not_found, "execve /no/such: No such file or directory"), start);
  ASSERT_EQ(words(actions), "FAILED");
  const Report& report = std::get<Report>(actions.front());
  EXPECT_EQ(report.reason, v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED);
  EXPECT_EQ(report.message, "Failed to launch container: execve /no/such: No such file or directory");
}

// EXE-125
TEST(CommandExecutor, ATaskOutOfTimeIsKilledWithoutGraceAndFails) {
  CommandExecutor executor = running({.task_killing = true, .kill_grace = 3s, .completion_max = 5s});
  EXPECT_EQ(executor.deadline(), start + 5s);
  EXPECT_EQ(words(executor.advance(start + 5s)), "save");
  EXPECT_EQ(words(executor.kill_saved(start + 5s)), "term destroy");
  const Report report = end_of(executor, {.wait_status = SIGKILL});
  EXPECT_EQ(report.state, v1::TASK_FAILED);
  EXPECT_EQ(report.reason, v1::TaskStatus::REASON_MAX_COMPLETION_TIME_REACHED);
  EXPECT_FALSE(report.from_agent);
}

// EXE-125
TEST(CommandExecutor, ARestartDoesNotGiveATaskMoreTime) {
  CommandExecutor executor({.completion_max = 60s});
  EXPECT_EQ(words(executor.recover(
                {.latest = v1::TASK_RUNNING, .ran = 50s, .container = RecoveredContainer{.running = true, .pid = 4711}},
                start)),
            "");
  EXPECT_EQ(executor.deadline(), start + 10s);
}

// EXE-099 EXE-101 SCH-228
TEST(CommandExecutor, ALimitThatWasHitIsTheReason) {
  auto limitation = std::make_shared<v1::TaskResourceLimitation>();
  limitation->add_resources()->set_name("mem");
  const Report report = end_of(
      running(),
      {.wait_status = SIGKILL, .message = "Memory limit exceeded", .limit = Limit::memory, .limitation = limitation});
  EXPECT_EQ(report.state, v1::TASK_FAILED);
  EXPECT_EQ(report.reason, v1::TaskStatus::REASON_CONTAINER_LIMITATION_MEMORY);
  EXPECT_EQ(report.message, "Memory limit exceeded");
  EXPECT_EQ(report.limitation, limitation);
  EXPECT_EQ(end_of(running(), {.limit = Limit::disk}).reason, v1::TaskStatus::REASON_CONTAINER_LIMITATION_DISK);
  EXPECT_EQ(end_of(running(), {.limit = Limit::other}).reason, v1::TaskStatus::REASON_CONTAINER_LIMITATION);
}

// EXE-099
TEST(CommandExecutor, AnEndThatNobodySawIsAFailure) {
  const Report report = end_of(running(), {});
  EXPECT_EQ(report.state, v1::TASK_FAILED);
  EXPECT_EQ(report.reason, v1::TaskStatus::REASON_EXECUTOR_TERMINATED);
  EXPECT_EQ(report.message, "Executor terminated");
}

// EXE-077
TEST(CommandExecutor, NothingFollowsATerminalState) {
  CommandExecutor executor = running();
  executor.exited({.wait_status = 0});
  EXPECT_EQ(words(executor.exited({.wait_status = 256})), "");
  EXPECT_EQ(words(executor.kill(std::nullopt, start)), "");
  EXPECT_EQ(words(executor.launched(4711, start)), "");
  EXPECT_EQ(executor.deadline(), std::nullopt);
}

// AGT-056 EXE-045
TEST(CommandExecutor, AProcessThatWasNeverLetGoIsNoFailureOfTheTask) {
  const RecoveredContainer cut_off{.never_ran = true};
  for (const auto latest : {std::optional<v1::TaskState>(), std::optional(v1::TASK_STARTING)}) {
    CommandExecutor executor({});
    const auto actions = executor.recover({.latest = latest, .kill = {}, .ran = {}, .container = cut_off}, start);
    ASSERT_EQ(actions.size(), 1U);
    const Report& report = std::get<Report>(actions.front());
    EXPECT_EQ(report.state, v1::TASK_DROPPED);
    EXPECT_EQ(report.reason, v1::TaskStatus::REASON_AGENT_RESTARTED);
    EXPECT_EQ(report.message, "Task launched during agent restart");
  }
  CommandExecutor killed({});
  const auto actions = killed.recover(
      {.latest = v1::TASK_STARTING, .kill = CommandExecutor::SavedKill{.grace = 3s}, .ran = {}, .container = cut_off},
      start);
  EXPECT_EQ(std::get<Report>(actions.front()).state, v1::TASK_KILLED);
}

// EXE-045 EXE-121
TEST(CommandExecutor, WhatARestartFindsDecidesHowTheTaskGoesOn) {
  const RecoveredContainer alive{.running = true, .pid = 4711};
  const RecoveredContainer ended{.wait_status = 256};
  const CommandExecutor::SavedKill kill{.grace = 3s};
  struct Case {
    CommandExecutor::Recovery recovery;
    std::string actions;
  };
  for (const auto& [recovery, actions] :
       {Case{{}, "DROPPED"}, Case{{.container = alive}, "STARTING RUNNING"}, Case{{.container = ended}, "FAILED"},
        Case{{.latest = v1::TASK_STARTING}, "FAILED"},
        Case{{.latest = v1::TASK_STARTING, .container = alive}, "RUNNING"},
        Case{{.latest = v1::TASK_RUNNING, .container = alive}, ""},
        Case{{.latest = v1::TASK_RUNNING, .kill = kill, .container = alive}, "term"},
        Case{{.latest = v1::TASK_RUNNING, .kill = kill, .container = ended}, "KILLED"},
        Case{{.latest = v1::TASK_RUNNING, .kill = kill}, "KILLED"}}) {
    CommandExecutor executor({});
    EXPECT_EQ(words(executor.recover(recovery, start)), actions);
  }
}

}  // namespace
}  // namespace stoa::agent
