#include "agent/update_streams.h"

#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;

const TaskKey task_a{FrameworkId("f"), TaskId("a")};
const TaskKey task_b{FrameworkId("f"), TaskId("b")};
const TaskKey other_framework{FrameworkId("g"), TaskId("a")};

class UpdateStreamsTest : public testing::Test {
 protected:
  UpdateStreams::Status status(const std::string& uuid, v1::TaskState state = v1::TASK_RUNNING) {
    auto result = std::make_shared<v1::TaskStatus>();
    result->mutable_task_id()->set_value("t");
    result->set_uuid(uuid);
    result->set_state(state);
    return result;
  }
  void add(const TaskKey& key, const std::string& uuid, v1::TaskState state = v1::TASK_RUNNING) {
    streams.durable(key, streams.add(key, status(uuid, state)), now, sends);
  }
  void acknowledge(const TaskKey& key, const std::string& uuid) {
    ASSERT_NE(streams.acknowledge(key, uuid), UpdateStreams::Acknowledged::no);
    streams.acknowledgement_durable(key, now, sends);
  }
  // The uuids sent since the last call.
  std::string sent() {
    std::string result;
    for (const auto& send : sends) result += send.status->uuid();
    sends.clear();
    return result;
  }
  std::string sent_until(Duration time) {
    const TimePoint end = now + time;
    while (streams.next_wakeup() && *streams.next_wakeup() <= end) {
      now = *streams.next_wakeup();
      streams.advance(now, sends);
    }
    now = end;
    return sent();
  }

  Random random{1};
  UpdateStreams streams{{.jitter = 0, .burst_max = 2, .burst_interval = 100ms}, random};
  UpdateStreams::Sends sends;
  TimePoint now{1h};
};

// AGT-060 SCH-215 EXE-074
TEST_F(UpdateStreamsTest, OneUpdateOfATaskIsUnderWayAndTheNextFollowsItsAcknowledgement) {
  streams.resume(now, sends);
  add(task_a, "1");
  add(task_a, "2");
  add(task_b, "x");
  EXPECT_EQ(sent(), "1x");
  EXPECT_EQ(streams.acknowledge(task_a, "2"), UpdateStreams::Acknowledged::no);
  EXPECT_EQ(streams.acknowledge(task_b, "1"), UpdateStreams::Acknowledged::no);
  acknowledge(task_a, "1");
  EXPECT_EQ(sent(), "2");
}

// AGT-064 SCH-216
TEST_F(UpdateStreamsTest, NothingIsSentBeforeItAndThePreviousAcknowledgementAreDurable) {
  streams.resume(now, sends);
  const auto added = streams.add(task_a, status("1"));
  EXPECT_EQ(sent(), "");
  streams.durable(task_a, added, now, sends);
  EXPECT_EQ(sent(), "1");
  add(task_a, "2");
  EXPECT_EQ(streams.acknowledge(task_a, "1"), UpdateStreams::Acknowledged::status);
  EXPECT_EQ(sent_until(1h), "");
  streams.acknowledgement_durable(task_a, now, sends);
  EXPECT_EQ(sent(), "2");
}

// AGT-061 SCH-214
TEST_F(UpdateStreamsTest, AnUpdateIsRepeatedAfterTenSecondsThenTwiceAsLongUpToTenMinutes) {
  streams.resume(now, sends);
  add(task_a, "1");
  sent();
  for (const auto wait : {10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s}) {
    EXPECT_EQ(sent_until(wait - 1ns), "");
    EXPECT_EQ(sent_until(1ns), "1");
  }
}

// AGT-062 AGT-061
TEST_F(UpdateStreamsTest, WithoutMasterNothingIsSentAndAfterwardsEverythingAtOnceWithTheShortestWait) {
  streams.resume(now, sends);
  add(task_a, "1");
  add(other_framework, "2");
  sent_until(40s);
  streams.pause();
  add(task_b, "3");
  EXPECT_EQ(sent_until(24h), "");
  streams.resume(now, sends);
  EXPECT_EQ(sent(), "132");
  EXPECT_EQ(sent_until(10s), "132");
}

// AGT-042 AGT-061
TEST_F(UpdateStreamsTest, ANewSchedulerGetsThePendingUpdatesOfItsFrameworkAtOnce) {
  streams.resume(now, sends);
  add(task_a, "1");
  add(other_framework, "2");
  sent_until(35s);
  streams.resend(FrameworkId("f"), now, sends);
  EXPECT_EQ(sent(), "1");
  EXPECT_EQ(sent_until(10s), "1");
}

// AGT-063
TEST_F(UpdateStreamsTest, AnUpdateNamesTheNewestDurableStateOfItsTask) {
  streams.resume(now, sends);
  add(task_a, "1", v1::TASK_RUNNING);
  EXPECT_EQ(sends.back().latest->state(), v1::TASK_RUNNING);
  add(task_a, "2", v1::TASK_FINISHED);
  sent_until(9s);
  streams.advance(now += 1s, sends);
  ASSERT_FALSE(sends.empty());
  EXPECT_EQ(sends.back().status->uuid(), "1");
  EXPECT_EQ(sends.back().latest->state(), v1::TASK_FINISHED);
}

// AGT-065 SCH-223
TEST_F(UpdateStreamsTest, AcknowledgingTheTerminalUpdateClosesTheStreamAndRepetitionsAreIgnored) {
  streams.resume(now, sends);
  add(task_a, "1", v1::TASK_FAILED);
  EXPECT_EQ(streams.acknowledge(task_a, "1"), UpdateStreams::Acknowledged::terminal);
  EXPECT_EQ(streams.acknowledge(task_a, "1"), UpdateStreams::Acknowledged::no);
  streams.acknowledgement_durable(task_a, now, sends);
  EXPECT_FALSE(streams.contains(task_a));
  EXPECT_EQ(streams.acknowledge(task_a, "1"), UpdateStreams::Acknowledged::no);
  EXPECT_EQ(streams.next_wakeup(), std::nullopt);
}

// AGT-068
TEST_F(UpdateStreamsTest, AfterAFailoverTheUpdatesOfOneFrameworkComeInBursts) {
  for (const char* name : {"1", "2", "3", "4", "5"}) add({FrameworkId("f"), TaskId(name)}, name);
  add({FrameworkId("g"), TaskId("6")}, "6");
  streams.resume(now, sends);
  EXPECT_EQ(sent(), "126");
  EXPECT_EQ(sent_until(100ms), "34");
  EXPECT_EQ(sent_until(100ms), "5");
}

// AGT-068
TEST_F(UpdateStreamsTest, RepetitionsAreSpreadOverATenthOfTheWait) {
  UpdateStreams jittered({}, random);
  jittered.resume(now, sends);
  std::set<TimePoint> times;
  for (int i = 0; i < 100; ++i) {
    const TaskKey key{FrameworkId("f"), TaskId(std::to_string(i))};
    jittered.durable(key, jittered.add(key, status("u")), now, sends);
    times.insert(*jittered.next_wakeup());
    EXPECT_GE(*jittered.next_wakeup(), now + 10s);
    EXPECT_LE(*jittered.next_wakeup(), now + 11s);
  }
  EXPECT_GT(times.size(), 3U);
}

}  // namespace
}  // namespace stoa::agent
