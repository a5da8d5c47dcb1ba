#include "sim/laws.h"

#include <gtest/gtest.h>

#include "agent/checkpoint.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

// A law that never complains proves nothing: each is shown a breach here.
namespace stoa::sim {
namespace {

using mesos::v1::TaskStatus;

TaskStatus status_of(mesos::v1::TaskState state, const std::string& uuid,
                     TaskStatus::Source source = TaskStatus::SOURCE_EXECUTOR) {
  TaskStatus status;
  status.mutable_task_id()->set_value("t");
  status.set_state(state);
  status.set_source(source);
  if (!uuid.empty()) status.set_uuid(uuid);
  return status;
}

const TaskStatus starting = status_of(mesos::v1::TASK_STARTING, "u1");
const TaskStatus running = status_of(mesos::v1::TASK_RUNNING, "u2");
const TaskStatus finished = status_of(mesos::v1::TASK_FINISHED, "u3");

Progress progress(std::initializer_list<TaskStatus> pending) {
  agent::StoredProgress stored{.key = {FrameworkId("f"), TaskId("t")}};
  for (const TaskStatus& status : pending) stored.pending.push_back(std::make_shared<const TaskStatus>(status));
  return progress_of("f/t", agent::encode(stored));
}

link::Update update(const TaskStatus& status) {
  link::Update message;
  message.mutable_framework_id()->set_value("f");
  *message.mutable_status() = status;
  return message;
}

std::string broken(const Laws& laws) { return laws.violation() ? laws.violation()->law : ""; }

Laws laws_with_three_durable() {
  Laws laws;
  laws.on_task_ended("t", {.state = mesos::v1::TASK_FINISHED});
  laws.on_progress(progress({starting, running, finished}), true);
  return laws;
}

TEST(Laws, StatusesInOrderWithRepetitionsOfTheLastOneAreLawful) {
  Laws laws = laws_with_three_durable();
  for (const TaskStatus& status : {starting, starting, running, finished, finished}) laws.on_status("f", status, true);
  EXPECT_EQ(broken(laws), "");
}

TEST(Laws, AStatusThatIsLeftOutIsABreach) {
  Laws laws = laws_with_three_durable();
  laws.on_status("f", running, true);
  EXPECT_EQ(broken(laws), "no status is left out");
}

TEST(Laws, AnEarlierStatusAfterALaterOneIsABreach) {
  Laws laws = laws_with_three_durable();
  for (const TaskStatus& status : {starting, running, starting}) laws.on_status("f", status, true);
  EXPECT_EQ(broken(laws), "statuses of a task come in order");
}

TEST(Laws, AnUpdateThatIsNotDurableMayNotBeSent) {
  Laws laws;
  laws.on_progress(progress({starting}), false);
  laws.on_update_sent(update(starting));
  EXPECT_EQ(broken(laws), "an update is durable before it is sent");
}

TEST(Laws, AnAcknowledgedUpdateMayNotBeSentAgain) {
  Laws laws = laws_with_three_durable();
  laws.on_progress(progress({running, finished}), false);
  laws.on_update_sent(update(starting));
  EXPECT_EQ(broken(laws), "an acknowledged update is not sent again");
}

TEST(Laws, AnAcknowledgedUpdateMayNotBePendingAgain) {
  Laws laws = laws_with_three_durable();
  laws.on_progress(progress({running, finished}), true);
  laws.on_progress(progress({starting, running, finished}), false);
  EXPECT_EQ(broken(laws), "an acknowledged update is never pending again");
}

TEST(Laws, AnUpdateIsAcknowledgedForGoodWhenItsRecordIsErased) {
  Laws laws = laws_with_three_durable();
  laws.on_progress(progress_of("f/t", std::nullopt), true);
  laws.on_update_sent(update(finished));
  EXPECT_EQ(broken(laws), "an acknowledged update is not sent again");
}

TEST(Laws, ATaskEndsOnce) {
  Laws laws = laws_with_three_durable();
  laws.on_progress(progress({finished, status_of(mesos::v1::TASK_FAILED, "u4")}), true);
  EXPECT_EQ(broken(laws), "nothing comes after a terminal status");
}

TEST(Laws, ATaskEndsAsItsProcessDid) {
  Laws laws;
  laws.on_task_ended("t", {.state = mesos::v1::TASK_FAILED});
  laws.on_progress(progress({starting, running, finished}), true);
  EXPECT_EQ(broken(laws), "a task ends as its process did");
}

TEST(Laws, ATaskThatFinishedIsKilledOnlyIfThatWasWishedBefore) {
  for (const bool wished : {true, false}) {
    Laws laws;
    if (wished) laws.on_may_be_killed("t");
    laws.on_task_ended("t", {.state = mesos::v1::TASK_FINISHED});
    laws.on_progress(progress({starting, status_of(mesos::v1::TASK_KILLED, "u4")}), true);
    EXPECT_EQ(broken(laws), wished ? "" : "a task ends as its process did");
  }
}

TEST(Laws, ATaskWhoseKillIsDurableDoesNotFinish) {
  Laws laws;
  laws.on_task_ended("t", {.state = mesos::v1::TASK_FINISHED});
  Progress killed = progress({starting, running});
  killed.is_killed = true;
  laws.on_progress(killed, true);
  laws.on_progress(progress({starting, running, finished}), true);
  EXPECT_EQ(broken(laws), "a task ends as its process did");
}

TEST(Laws, AnExecutorIsAnsweredWhenItsUpdateIsDurable) {
  Laws laws = laws_with_three_durable();
  laws.on_executor_answered(running);
  EXPECT_EQ(broken(laws), "");
  laws.on_executor_answered(status_of(mesos::v1::TASK_FINISHED, "u9"));
  EXPECT_EQ(broken(laws), "an executor is answered when its update is durable");
}

TEST(Laws, AnExecutorIsAnsweredForWhatItSaid) {
  Laws laws = laws_with_three_durable();
  laws.on_executor_answered(status_of(mesos::v1::TASK_FAILED, "u3"));
  EXPECT_EQ(broken(laws), "an executor is answered when its update is durable");
}

TEST(Laws, AtRestEveryDurableStatusWasSeen) {
  Laws laws = laws_with_three_durable();
  for (const TaskStatus& status : {starting, running}) laws.on_status("f", status, true);
  laws.on_rest("t");
  EXPECT_EQ(broken(laws), "every durable status reaches its framework");
}

TEST(Laws, ARecordThatCannotBeReadIsABreach) {
  Laws laws;
  laws.on_progress(progress_of("f/t", "nonsense"), true);
  EXPECT_EQ(broken(laws), "records can be read");
}

TEST(Laws, SchedulersMayNotSeeWhatIsNotDurable) {
  Laws laws = laws_with_three_durable();
  laws.on_status("f", status_of(mesos::v1::TASK_RUNNING, "u9"), true);
  EXPECT_EQ(broken(laws), "schedulers see durable statuses only");
}

TEST(Laws, AnAcknowledgementThatACrashLostIsForgotten) {
  Laws laws = laws_with_three_durable();
  laws.on_progress(progress({running, finished}), false);
  laws.on_agent_crash({"f/t"});
  laws.on_update_sent(update(starting));
  EXPECT_EQ(broken(laws), "");
}

TEST(Laws, ATaskHasOneFinalState) {
  Laws laws;
  laws.on_status("f", status_of(mesos::v1::TASK_GONE, "", TaskStatus::SOURCE_MASTER), true);
  laws.on_status("f", status_of(mesos::v1::TASK_RUNNING, "", TaskStatus::SOURCE_MASTER), true);
  EXPECT_EQ(broken(laws), "a task has one final state");
}

TEST(Laws, AnUnreachableTaskMayComeBack) {
  for (const bool partition_aware : {true, false}) {
    Laws laws;
    const auto lost = partition_aware ? mesos::v1::TASK_UNREACHABLE : mesos::v1::TASK_LOST;
    laws.on_status("f", status_of(lost, "", TaskStatus::SOURCE_MASTER), partition_aware);
    laws.on_status("f", status_of(mesos::v1::TASK_RUNNING, "", TaskStatus::SOURCE_MASTER), partition_aware);
    EXPECT_EQ(broken(laws), "");
  }
}

}  // namespace
}  // namespace stoa::sim
