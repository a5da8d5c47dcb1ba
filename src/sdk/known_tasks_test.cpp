#include "sdk/known_tasks.h"

#include <gtest/gtest.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

namespace stoa::sdk {
namespace {

mesos::v1::scheduler::Call launch(const std::vector<std::string>& ids) {
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::ACCEPT);
  for (const std::string& id : ids) {
    auto& operation = *call.mutable_accept()->add_operations();
    auto& task = id.starts_with("group") ? *operation.mutable_launch_group()->mutable_task_group()->add_tasks()
                                         : *operation.mutable_launch()->add_task_infos();
    task.mutable_task_id()->set_value(id);
    task.mutable_agent_id()->set_value("A1");
  }
  return call;
}

mesos::v1::TaskStatus status(const std::string& id, mesos::v1::TaskState state) {
  mesos::v1::TaskStatus out;
  out.mutable_task_id()->set_value(id);
  out.set_state(state);
  return out;
}

std::string in_question(const KnownTasks& tasks) {
  std::string out;
  for (const KnownTasks::Task& task : tasks.in_question()) out += task.id + "@" + task.agent_id + " ";
  return out;
}

TEST(KnownTasks, AreInQuestionUntilAnUpdateComes) {
  KnownTasks tasks;
  tasks.launched(launch({"a", "b", "group-c"}));
  EXPECT_EQ(in_question(tasks), "");
  tasks.question_all();
  EXPECT_EQ(in_question(tasks), "a@A1 b@A1 group-c@A1 ");
  tasks.updated(status("a", mesos::v1::TASK_RUNNING));
  EXPECT_EQ(in_question(tasks), "b@A1 group-c@A1 ");
  EXPECT_EQ(tasks.size(), 3);
}

TEST(KnownTasks, AreForgottenWithTheirEndAndLearntFromUpdates) {
  KnownTasks tasks;
  tasks.launched(launch({"a", "b"}));
  tasks.updated(status("a", mesos::v1::TASK_FINISHED));
  tasks.updated(status("b", mesos::v1::TASK_UNKNOWN));
  EXPECT_EQ(tasks.size(), 0);
  mesos::v1::TaskStatus lost_sight = status("c", mesos::v1::TASK_UNREACHABLE);
  lost_sight.mutable_agent_id()->set_value("A2");
  tasks.updated(lost_sight);
  tasks.question_all();
  EXPECT_EQ(in_question(tasks), "c@A2 ");
}

TEST(KnownTasks, OfAnAcceptAloneAreQuestionedOrForgotten) {
  KnownTasks tasks;
  tasks.launched(launch({"a"}));
  tasks.launched(launch({"b"}));
  tasks.question(launch({"b"}));
  EXPECT_EQ(in_question(tasks), "b@A1 ");
  tasks.refused(launch({"b"}));
  EXPECT_EQ(in_question(tasks), "");
  EXPECT_EQ(tasks.size(), 1);
}

}  // namespace
}  // namespace stoa::sdk
