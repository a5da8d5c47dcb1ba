#include "sdk/unacknowledged.h"

#include <gtest/gtest.h>
#include <mesos/v1/executor/executor.pb.h>

namespace stoa::sdk {
namespace {

mesos::v1::TaskInfo task(const std::string& id) {
  mesos::v1::TaskInfo out;
  out.mutable_task_id()->set_value(id);
  return out;
}

mesos::v1::TaskStatus status(const std::string& id, const std::string& uuid) {
  mesos::v1::TaskStatus out;
  out.mutable_task_id()->set_value(id);
  out.set_uuid(uuid);
  return out;
}

std::string told(const Unacknowledged& waiting) {
  mesos::v1::executor::Call call;
  waiting.tell(call);
  std::string out;
  for (const auto& task : call.subscribe().unacknowledged_tasks()) out += task.task_id().value() + " ";
  for (const auto& update : call.subscribe().unacknowledged_updates()) out += update.status().uuid() + " ";
  return out;
}

TEST(Unacknowledged, UpdatesAreToldInOrderAndTasksUntilTheFirstOfTheirUpdatesIsAcknowledged) {
  Unacknowledged waiting;
  waiting.launched(task("b"));
  waiting.launched(task("a"));
  waiting.updated(status("b", "b1"));
  waiting.updated(status("b", "b2"));
  waiting.updated(status("a", "a1"));
  EXPECT_EQ(told(waiting), "b a b1 b2 a1 ");
  EXPECT_TRUE(waiting.acknowledged("b", "b1"));
  EXPECT_EQ(told(waiting), "a b2 a1 ");
  EXPECT_TRUE(waiting.acknowledged("a", "a1"));
  EXPECT_EQ(told(waiting), "b2 ");
}

TEST(Unacknowledged, AnAcknowledgementOfNothingChangesNothing) {
  Unacknowledged waiting;
  waiting.launched(task("a"));
  waiting.updated(status("a", "a1"));
  EXPECT_FALSE(waiting.acknowledged("a", "x"));
  EXPECT_FALSE(waiting.acknowledged("b", "a1"));
  EXPECT_EQ(told(waiting), "a a1 ");
}

}  // namespace
}  // namespace stoa::sdk
